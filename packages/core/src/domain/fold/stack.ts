/** Frames of a stack that tell one fault from another. */
const framesMax = 5;

const nodeFrame = /^\s*at (?:async )?(?:(.+?) \()?(?:file:\/\/)?([^()\s]+?):\d+(?::\d+)?\)?$/;
const javaFrame = /^\s*at ([\w.$]+)\.([\w$<>]+)\(([\w.$ ]+)(?::\d+)?\)/;
const pythonFrame = /^\s*File "([^"]+)", line \d+, in (.+)$/;
const foreign =
  /node_modules|node:|site-packages|dist-packages|\/usr\/lib|\/python\d|^(?:java|javax|jdk|sun|kotlin|scala)\.|^org\.(?:springframework|apache|hibernate)\./;
const exceptionLine =
  /^(?:Caused by: |Uncaught |Unhandled \w+: |Exception in thread "[^"]*" )?((?:[\p{L}_$][\p{L}\p{N}_$]*[.:]{1,2})*[\p{Lu}][\p{L}\p{N}_$]*(?:Error|Exception|Warning|Interrupt|Fault|Panic))(?=[:\s(]|$)/u;

export interface Fault {
  /** The exception's type; empty where none is named. */
  readonly exception: string;
  /** `module:function`, the innermost first, of the program's own code where any is. */
  readonly frames: readonly string[];
  /** Whether the frames are the program's own. */
  readonly isOwn: boolean;
}

/** What a message and the stack behind it say about where the fault lies. */
export function faultOf(message: string, stack: readonly string[]): Fault {
  const named = exceptionLine.exec(message)?.[1] ?? lastException(stack);
  if (stack.length === 0) return { exception: named, frames: [], isOwn: false };
  const frames = stack.map(frameOf).filter((frame) => frame !== undefined);
  // Python writes the innermost frame last.
  const ordered = stack.some((line) => pythonFrame.test(line)) ? frames.toReversed() : frames;
  const own = ordered.filter(({ isOwn }) => isOwn);
  const chosen = (own.length > 0 ? own : ordered).slice(0, framesMax);
  return {
    exception: named,
    frames: chosen.map(({ text }) => text),
    isOwn: own.length > 0,
  };
}

/** The line of a stack that names its exception in words, as Python writes it last. */
export function exceptionMessage(stack: readonly string[]): string | undefined {
  // Some forms of journald's indent every line of a message but the first.
  return stack.findLast((line) => exceptionLine.test(line.trimStart()))?.trimStart();
}

function lastException(stack: readonly string[]): string {
  const line = exceptionMessage(stack);
  return line === undefined ? "" : (exceptionLine.exec(line)?.[1] ?? "");
}

function frameOf(line: string): { text: string; isOwn: boolean } | undefined {
  const python = pythonFrame.exec(line);
  if (python !== null) {
    const [, file = "", name = ""] = python;
    return { text: `${moduleOf(file)}:${name}`, isOwn: !foreign.test(file) };
  }
  const java = javaFrame.exec(line);
  if (java !== null) {
    const [, type = "", name = ""] = java;
    return { text: `${type.split(".").at(-1) ?? type}:${name}`, isOwn: !foreign.test(type) };
  }
  const node = nodeFrame.exec(line);
  if (node === null) return undefined;
  const [, name = "", file = ""] = node;
  return { text: `${moduleOf(file)}:${withoutDigits(name)}`, isOwn: !foreign.test(file) };
}

/** A file's name alone: folders differ from one machine to the next and tell who runs it. */
function moduleOf(file: string): string {
  const name = file.split(/[\\/]/).at(-1) ?? "";
  return withoutDigits(name.replace(/\.[A-Za-z]{1,4}$/, ""));
}

/** Builds put hashes into names. */
const withoutDigits = (name: string): string =>
  name.replace(/[-.][0-9a-f]{6,}\b/g, "").slice(0, 80);
