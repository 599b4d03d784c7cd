import * as fs from "node:fs";
import { join } from "node:path";
import { blankText, importsOf, lineAt, type Import } from "./source-text.ts";

/** A file of the repository as the rules see it. Paths are relative to the root and use `/`. */
export interface TidyFile {
  readonly path: string;
  readonly bytes: number;
  /** Empty for a binary file. */
  readonly text: string;
  /** For TypeScript: the text without comments and the insides of strings; else empty. */
  readonly code: string;
  readonly imports: readonly Import[];
}

export interface Offence {
  readonly rule: string;
  readonly path: string;
  readonly line: number;
  readonly message: string;
}

/** What a rule answers; the runner adds its name. */
export type Finding = Omit<Offence, "rule">;
export type Rule = (tree: Tree) => Iterable<Finding>;

export interface Manifest {
  readonly path: string;
  /** The package's folder with a final `/`; empty for the root. */
  readonly folder: string;
  readonly text: string;
  readonly name: string;
  /** From `.` or `./name`, perhaps with a `*`, to a file of the package. */
  readonly exports: ReadonlyMap<string, string>;
  readonly dependencies: ReadonlyMap<string, string>;
  readonly devDependencies: ReadonlyMap<string, string>;
}

export class Tree {
  readonly files: readonly TidyFile[];
  readonly sources: readonly TidyFile[];
  readonly manifests: readonly Manifest[];
  readonly #byPath: ReadonlyMap<string, TidyFile>;

  constructor(files: readonly TidyFile[]) {
    this.files = files;
    this.sources = files.filter((file) => file.path.endsWith(".ts"));
    this.#byPath = new Map(files.map((file) => [file.path, file]));
    this.manifests = files.filter((file) => /(^|\/)package\.json$/.test(file.path)).map(manifest);
  }

  get(path: string): TidyFile | undefined {
    return this.#byPath.get(path);
  }

  /** The package that a path belongs to: the nearest one above it. */
  owner(path: string): Manifest | undefined {
    return this.manifests
      .filter((each) => path.startsWith(each.folder))
      .toSorted((left, right) => right.folder.length - left.folder.length)[0];
  }
}

function manifest(file: TidyFile): Manifest {
  // The manifests are ours and reviewed; a wrong shape shows as a missing dependency.
  const json = JSON.parse(file.text) as {
    name?: string;
    exports?: Record<string, string>;
    dependencies?: Record<string, string>;
    devDependencies?: Record<string, string>;
  };
  return {
    path: file.path,
    folder: file.path.slice(0, -"package.json".length),
    text: file.text,
    name: json.name ?? "",
    exports: new Map(Object.entries(json.exports ?? {})),
    dependencies: new Map(Object.entries(json.dependencies ?? {})),
    devDependencies: new Map(Object.entries(json.devDependencies ?? {})),
  };
}

export function tidyFile(path: string, content: Buffer): TidyFile {
  const text = content.includes(0) ? "" : content.toString("utf8");
  const code = path.endsWith(".ts") ? blankText(text) : "";
  return { path, bytes: content.length, text, code, imports: importsOf(text, code) };
}

/** `.git` is a file in a further checkout of the same repository. */
const namesLeftOut = new Set([".git", "node_modules", ".cache", "coverage"]);
const filesLeftOut = /\.(?:log|tsbuildinfo)$/;

/** Reads every file below a folder, except what .gitignore names. */
export function readTree(root: string): Tree {
  const files: TidyFile[] = [];
  const walk = (folder: string) => {
    for (const entry of fs.readdirSync(join(root, folder), { withFileTypes: true })) {
      if (namesLeftOut.has(entry.name)) continue;
      const path = folder + entry.name;
      if (entry.isDirectory()) walk(`${path}/`);
      else if (entry.isFile() && !filesLeftOut.test(path))
        files.push(tidyFile(path, fs.readFileSync(join(root, path))));
    }
  };
  walk("");
  return new Tree(files);
}

/** One finding for each match of a pattern, at the line of the match. */
export function* matches(
  file: TidyFile,
  text: string,
  pattern: RegExp,
  message: string,
): Generator<Finding> {
  for (const found of text.matchAll(pattern))
    yield {
      path: file.path,
      line: lineAt(text, found.index),
      message: `${message}: ${found[0].trim()}`,
    };
}

export const isTest = (path: string) => path.endsWith(".test.ts") || /(^|\/)test\//.test(path);
