import { createReadStream } from "node:fs";
import { checkedLines } from "@adyton/core/export-lines";
import { type ExportLine, importLinesMax, Problem } from "@adyton/protocol";
import { Failure } from "./failure.ts";
import { textLines } from "./text-lines.ts";
import type { Translate } from "./texts/translate.ts";

/** Characters of one line: a document at its largest, every character of it escaped once, with room for the rest. */
export const exportLineCharsMax = 16 * 1024 * 1024;
/** Characters of the lines of one part, unless one line alone has more. */
const partCharsMax = 2 * 1024 * 1024;

/** What an export holds, by its manifest. */
export type Contents = Extract<ExportLine["item"], { readonly kind: "manifest" }>;

/** Checks lines as they come: each against those before it, and at the end that nothing is missing. */
export class ExportCheck {
  readonly #t: Translate;
  #last: ExportLine | undefined;

  constructor(t: Translate) {
    this.#t = t;
  }

  /** Throws `Failure` that names the line, for one that was changed, left out or put elsewhere. */
  take(line: string): void {
    const parsed: unknown = parseJson(line);
    try {
      const [checked] = checkedLines([parsed], this.#last);
      this.#last = checked;
    } catch (error) {
      throw this.#refusal(error);
    }
  }

  /** What the manifest says. Throws `Failure` where there is none: the export was cut off. */
  end(): Contents {
    const item = this.#last?.item;
    if (item?.kind === "manifest") return item;
    throw new Failure("failed", {
      title: this.#t("export.cut_off", { line: this.#last?.line ?? 0 }),
    });
  }

  /** The refusal of the line that comes next. */
  tampered(detail: string | undefined): Failure {
    const line = (this.#last?.line ?? 0) + 1;
    return new Failure("failed", { title: this.#t("export.tampered", { line }), detail });
  }

  #refusal(error: unknown): unknown {
    const problem = error instanceof Error && "problem" in error ? error.problem : undefined;
    const parsed = Problem.safeParse(problem);
    return parsed.success ? this.tampered(parsed.data.errors?.[0]?.message) : error;
  }
}

/** The whole of an exported file, checked before anything of it is taken. */
export async function checkFile(file: string, t: Translate): Promise<Contents> {
  const check = new ExportCheck(t);
  try {
    for await (const line of fileLines(file)) check.take(line);
  } catch (cause) {
    if (cause instanceof RangeError) throw check.tampered(cause.message);
    const code: unknown = cause instanceof Error ? Reflect.get(cause, "errno") : undefined;
    if (code === undefined) throw cause;
    const title = t("memory.unreadable", { code: String(Reflect.get(Object(cause), "code")) });
    throw new Failure("failed", { title, cause });
  }
  return check.end();
}

/** The lines of a file in parts that a request may carry. */
export async function* fileParts(file: string): AsyncGenerator<unknown[], void, undefined> {
  let part: unknown[] = [];
  let chars = 0;
  for await (const line of fileLines(file)) {
    if (part.length > 0 && (part.length >= importLinesMax || chars + line.length > partCharsMax)) {
      yield part;
      part = [];
      chars = 0;
    }
    part.push(parseJson(line));
    chars += line.length;
  }
  if (part.length > 0) yield part;
}

function fileLines(file: string): AsyncGenerator<string, void, undefined> {
  return textLines(createReadStream(file, "utf8"), exportLineCharsMax);
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    // What is not JSON is no line of an export; the check says so by its number.
    return undefined;
  }
}
