import { glob, readdir, stat } from "node:fs/promises";
import { extname, join } from "node:path";
import { isReadable } from "./document-file.ts";
import { Failure } from "./failure.ts";
import { plainLine } from "./terminal-text.ts";
import type { Translate } from "./texts/translate.ts";

/** Files of one import, and folders within each other. More are refused before anything is added. */
const bounds = { filesMax: 100_000, foldersDeepMax: 64 };

export interface FoundFiles {
  readonly files: readonly string[];
  /** How many files of folders are of a kind that cannot be read, by their ending. */
  readonly passedOver: ReadonlyMap<string, number>;
}

/**
 * The files that paths name: files themselves, folders with all they hold, patterns such as `notes/*.md`. In folders, what
 * begins with a dot and `node_modules` are passed over, and links are not followed, so that no circle is walked. Throws
 * `Failure` for a path where nothing is, for too many files and for folders too deep.
 */
export async function findFiles(
  paths: readonly string[],
  t: Translate,
  limits: typeof bounds = bounds,
): Promise<FoundFiles> {
  const search = new Search(t, limits);
  for (const path of paths) await search.add(path);
  return { files: [...search.files].toSorted(), passedOver: search.passedOver };
}

class Search {
  readonly files = new Set<string>();
  readonly passedOver = new Map<string, number>();
  readonly #t: Translate;
  readonly #limits: typeof bounds;

  constructor(t: Translate, limits: typeof bounds) {
    this.#t = t;
    this.#limits = limits;
  }

  async add(path: string): Promise<void> {
    const status = await stat(path).catch(() => undefined);
    if (status?.isDirectory() === true) return this.#walk(path, 0);
    if (status !== undefined) return this.#take(path);
    let matches = 0;
    for await (const match of glob(path)) {
      matches += 1;
      await this.add(match);
    }
    if (matches === 0)
      throw new Failure("failed", { title: this.#t("import.nothing", { path: plainLine(path) }) });
  }

  async #walk(folder: string, depth: number): Promise<void> {
    const { foldersDeepMax: max } = this.#limits;
    if (depth > max) throw new Failure("failed", { title: this.#t("import.too_deep", { max }) });
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      const { name } = entry;
      if (name.startsWith(".") || name === "node_modules") continue;
      const path = join(folder, name);
      if (entry.isDirectory()) await this.#walk(path, depth + 1);
      else if (entry.isFile() && isReadable(name)) this.#take(path);
      else if (entry.isFile()) {
        const ending = extname(name).toLowerCase();
        this.passedOver.set(ending, (this.passedOver.get(ending) ?? 0) + 1);
      }
    }
  }

  #take(path: string): void {
    const { filesMax: max } = this.#limits;
    this.files.add(path);
    if (this.files.size > max)
      throw new Failure("failed", { title: this.#t("import.too_many", { max }) });
  }
}
