import type { Leak } from "./leak-patterns.ts";

// Traces are told by their lines. A frame in a lesson names `app.py` or `index.js`; one of a running machine has a whole
// path, or a file of the runtime itself. Only a trace with such a frame counts.

const lineCharsLooked = 500;

const nodeFrame = /^\s+at .{1,400}:\d{1,7}:\d{1,7}\)?\s*$/u;
const pythonFrame = /^\s*File "[^"]{1,400}", line \d{1,7}/u;
const pythonHead = /^\s*Traceback \(most recent call last\)/u;
const errorLine = /^\s*(?:Uncaught )?[\w.]{0,80}(?:Error|Exception)\b/u;
const wholePath = /(?:^|[\s("'])(?:file:\/\/|\/[\w.-]+\/|[A-Za-z]:[\\/]|node:internal\/)/u;

/** Lines by which CUDA, ROCm, llama.cpp and the kernel tell what went wrong on which device. */
const deviceLines: readonly RegExp[] = [
  /CUDA out of memory\. Tried to allocate .*GPU \d/u,
  /\bCUDA error\b.*(?:\.cu:\d|\bdevice \d)/u,
  /^\s*current device: \d+, in function /u,
  /\bggml[\w/-]*\.(?:cu|cuh|cpp|c|m):\d+/u,
  /\bggml_(?:cuda|vulkan|metal|backend|gallocr)\w*: /u,
  /\bcuda(?:Malloc|MemGetInfo|StreamSynchronize)\w*\b.*(?:failed|out of memory)/u,
  /\bHIP (?:error|out of memory)\b.*\b(?:GPU|device) \d/u,
  /\bNVRM: (?:Xid|API mismatch)/u,
  /\bOut of memory: Killed process \d+/u,
  /\boom-kill:constraint=/u,
];

/** How a line begins that is, or may yet become, part of a trace; its end may not be there yet. */
const traceBeginning =
  /^\s*(?:at\b|File\b|Traceback\b|(?:Uncaught )?[\w.]{0,80}(?:Error|Exception)\b)|\b(?:CUDA|HIP|NVRM|Out of memory|oom-kill|current device)\b|\b(?:ggml|cuda)/u;

/** Whether a line of a text that still grows may come to be part of a trace. */
export function mayBelongToTrace(line: string): boolean {
  return traceBeginning.test(line.slice(0, lineCharsLooked));
}

/** Stack traces and what drivers say of a failure, whole lines of it. */
export function* traceLeaks(text: string): Generator<Leak> {
  const lines = linesOf(text);
  for (let at = 0; at < lines.length; at += 1) {
    const length = traceLength(lines, at);
    const isDevice = deviceLines.some((pattern) => pattern.test(lines[at]?.text ?? ""));
    const last = lines[at + Math.max(length, isDevice ? 1 : 0) - 1];
    const first = lines[at];
    if (last === undefined || first === undefined || last.start < first.start) continue;
    yield { kind: "trace", start: first.start, end: last.end };
    at = lines.indexOf(last, at);
  }
}

interface Line {
  readonly start: number;
  readonly end: number;
  /** Its beginning. */
  readonly text: string;
}

function linesOf(text: string): readonly Line[] {
  let start = 0;
  return text.split("\n").map((line) => {
    const from = start;
    start += line.length + 1;
    return { start: from, end: from + line.length, text: line.slice(0, lineCharsLooked) };
  });
}

/** How many lines from this one on are a trace of a running machine; 0 where none begins. */
function traceLength(lines: readonly Line[], at: number): number {
  const first = lines[at]?.text ?? "";
  if (pythonHead.test(first) || pythonFrame.test(first)) return pythonLength(lines, at);
  const from = errorLine.test(first) ? at + 1 : at;
  let end = from;
  while (nodeFrame.test(lines[end]?.text ?? "")) end += 1;
  return isOfMachine(lines.slice(from, end)) ? end - at : 0;
}

/** The frames with their lines of code, and the error behind them. */
function pythonLength(lines: readonly Line[], at: number): number {
  let end = at + 1;
  while (/^\s+\S/u.test(lines[end]?.text ?? "") || pythonFrame.test(lines[end]?.text ?? ""))
    end += 1;
  if (!isOfMachine(lines.slice(at, end))) return 0;
  return (errorLine.test(lines[end]?.text ?? "") ? end + 1 : end) - at;
}

const isOfMachine = (frames: readonly Line[]): boolean =>
  frames.some(({ text }) => wholePath.test(text));
