import {
  type Bilingual,
  type FoldArgs,
  foldBytesMax,
  foldLinesMax,
  foldWindowMsDefault,
  foldWindowMsMax,
  grantCovers,
  problem,
} from "@adyton/protocol";
import { parseDuration } from "@adyton/runtime/duration";
import { isExport } from "../../domain/fold/journal-export.ts";
import type { LogBytes } from "../../domain/fold/read-log.ts";
import { ProblemError } from "../../domain/problem-error.ts";
import type { Principal } from "../../ports/http.ts";
import type { RecordsPort } from "../../ports/journal.ts";
import type { LogsPort } from "../../ports/logs.ts";
import { foldProblems } from "./fold-problems.ts";
import { withJournal } from "./own-log.ts";

export interface ChooseOptions {
  readonly logs: LogsPort;
  readonly records: RecordsPort;
  readonly language: keyof Bilingual;
  readonly now: () => number;
}

/** What is to be folded. */
export interface Material extends LogBytes {
  readonly source: string;
  /** What the clusters are remembered under: a log that is handed in has a name only if its caller gives one. */
  readonly remembered: string;
  /** Older lines were left out, because a bound was reached. */
  readonly isTail: boolean;
  /** How long the window is; `undefined`: everything that was handed in. */
  readonly windowMs: number | undefined;
  /** The end of the window; `undefined`: the newest line. */
  readonly toMs: number | undefined;
  /** Before this the material has gaps. */
  readonly sinceMs: number | undefined;
}

const nodeLog = "node";
const handedIn = "lines";

/**
 * Where the lines come from. The node's own log tells about everybody who uses it, so it needs `admin`. Throws
 * `ProblemError`: `forbidden`, `not_found`, `invalid_body`.
 */
export async function chooseLog(
  options: ChooseOptions,
  args: FoldArgs,
  principal: Principal,
): Promise<Material> {
  const { source, window, lines } = withInput(args);
  const { language } = options;
  const windowMs = windowFrom(window, language);
  const remembered = rememberedAs(source, lines !== undefined);
  if (lines !== undefined) {
    const bytes = Buffer.from(typeof lines === "string" ? lines : lines.join("\n"));
    const all = { bytes, isTail: false };
    return {
      ...newest(all),
      source: handedIn,
      remembered,
      windowMs,
      toMs: undefined,
      sinceMs: undefined,
    };
  }
  const name = source ?? nodeLog;
  const say = (words: Bilingual): { detail: string } => ({ detail: words[language] });
  const { names } = options.logs;
  if (name === nodeLog && !grantCovers(principal.grants, "admin"))
    throw new ProblemError(problem("forbidden", say(foldProblems.ownLog(names))));
  const read = await options.logs.read(name, foldBytesMax);
  if (read === undefined)
    throw new ProblemError(problem("not_found", say(foldProblems.noSuchLog(name, names))));
  if (read.kind === "unreadable")
    throw new ProblemError(problem("not_found", say(foldProblems.unreadable(name, read.reason))));
  const toMs = options.now();
  const of = { source: name, remembered, windowMs: windowMs ?? foldWindowMsDefault, toMs };
  if (name !== nodeLog) return { ...newest(read), ...of, sinceMs: undefined };
  const { text, sinceMs } = withJournal(read.bytes.toString(), options.records, toMs);
  return { ...newest({ bytes: Buffer.from(text), isTail: read.isTail }), ...of, sinceMs };
}

/** The name under which the clusters of a log are remembered. */
export function rememberedAs(source: string | undefined, isHandedIn: boolean): string {
  return isHandedIn ? `${handedIn}/${source ?? ""}` : (source ?? nodeLog);
}

/** What follows the command in a message: several lines are the log itself, one line names a source and a window. */
function withInput({ input, ...args }: FoldArgs): FoldArgs {
  if (input === undefined) return args;
  if (input.includes("\n")) return { lines: input, ...args };
  const words = input.trim().split(/\s+/);
  const window = words.find((word) => /^\d/.test(word));
  const source = words.find((word) => word !== window)?.toLowerCase();
  return {
    ...(source === undefined ? {} : { source }),
    ...(window === undefined ? {} : { window }),
    ...args,
  };
}

function windowFrom(window: string | undefined, language: keyof Bilingual): number | undefined {
  if (window === undefined) return undefined;
  const parsed = parseDuration(window);
  if (parsed.kind === "ok" && parsed.value > 0 && parsed.value <= foldWindowMsMax)
    return parsed.value;
  const detail = foldProblems.badWindow[language];
  const errors = [{ path: "/args/window", message: foldProblems.badWindow.en }];
  throw new ProblemError(problem("invalid_body", { detail, errors }));
}

interface Read {
  readonly bytes: Buffer;
  readonly isTail: boolean;
  readonly firstLine?: string | undefined;
}

const newline = 10;

/** The newest lines that one call looks at. An entry of journald's export has many lines; its bytes are its bound. */
function newest(read: Read): Read {
  const { bytes, isTail } = read;
  if (isExport(bytes)) return read;
  let from = bytes.at(-1) === newline ? bytes.length - 1 : bytes.length;
  for (let lines = 0; lines < foldLinesMax; lines += 1) {
    from = from === 0 ? -1 : bytes.lastIndexOf(newline, from - 1);
    if (from === -1) return read;
  }
  const firstLine = isTail ? read.firstLine : bytes.subarray(0, bytes.indexOf(newline)).toString();
  return { bytes: bytes.subarray(from + 1), isTail: true, firstLine };
}
