import { foldLineCharsMax } from "@adyton/protocol";
import { csvHeader, csvRecords } from "./csv-log.ts";
import { exportEntries, isExport } from "./journal-export.ts";
import { fromFields } from "./json-line.ts";
import { parseLine } from "./line-format.ts";
import { lineCharsMax, type LogRecord, type ParsedLine, stackLinesMax } from "./log-record.ts";
import type { LogClock } from "./log-time.ts";
import { exceptionMessage } from "./stack.ts";

/** What became of the lines; together they are all of them. */
export interface LineCounts {
  lines: number;
  /** Not in the form they begin with, or not UTF-8. They are folded as plain text. */
  malformed: number;
  /** Longer than `lineCharsMax`. */
  cut: number;
  /** Lines of a stack, which belong to the line before them. */
  joined: number;
}

/** Indented lines and those that go on with a stack. */
const continuation =
  /^(?:[ \t]+\S|Caused by: |Traceback \(most recent call last\)|During handling of the above|\.\.\. \d+ more|[}\])]+[,;]?$)/;
const pythonEnd = /^[\p{L}_][\p{L}\p{N}_.]*(?::|$)/u;

interface OpenRecord {
  readonly line: number;
  readonly parsed: ParsedLine;
  readonly stack: string[];
  /** Within a traceback of Python, whose last line is not indented. */
  isTraceback: boolean;
}

/** Turns lines into records, one stack to one record. Lines without a time have that of the line before. */
export class LogReader {
  readonly counts: LineCounts = { lines: 0, malformed: 0, cut: 0, joined: 0 };
  readonly #clock: LogClock;
  readonly #take: (record: LogRecord) => void;
  #open: OpenRecord | undefined;
  #timeMs: number | undefined;

  constructor(clock: LogClock, take: (record: LogRecord) => void) {
    this.#clock = clock;
    this.#take = take;
  }

  /** Takes the next line, without its end. */
  line(raw: string): void {
    const { counts } = this;
    counts.lines += 1;
    const whole = raw.endsWith("\r") ? raw.slice(0, -1) : raw;
    // A record in fields may be longer than what is looked at of its message.
    const charsMax = whole.startsWith("{") ? foldLineCharsMax : lineCharsMax;
    if (whole.length > charsMax) counts.cut += 1;
    const text = whole.slice(0, charsMax);
    if (text.trim() === "") return;
    const open = this.#open;
    if (open !== undefined && this.#goesOn(open, text)) {
      counts.joined += 1;
      if (open.stack.length < stackLinesMax) open.stack.push(text);
      return;
    }
    this.end();
    const parsed = parseLine(text, this.#clock);
    if (parsed.isMalformed || text.includes("\ufffd")) counts.malformed += 1;
    this.#begin(parsed);
  }

  /** Takes a record that is in fields already; `false` counts as malformed. */
  fields(fields: Readonly<Record<string, unknown>>, isWhole: boolean): void {
    this.end();
    this.counts.lines += 1;
    const parsed = fromFields(fields, this.#clock);
    if (!isWhole || parsed === undefined) this.counts.malformed += 1;
    if (parsed !== undefined) this.#begin(parsed);
  }

  /** No line follows. */
  end(): void {
    const open = this.#open;
    if (open === undefined) return;
    this.#open = undefined;
    const { parsed, stack, line } = open;
    const { timeMs = this.#timeMs, level, unit, message, fingerprint } = parsed;
    this.#timeMs = timeMs;
    // Where only a heading stands before a traceback, the exception's own words are the message.
    const said = message.startsWith("Traceback (") ? exceptionMessage(stack) : undefined;
    this.#take({ line, timeMs, level, unit, message: said ?? message, stack, fingerprint });
  }

  #begin(read: ParsedLine): void {
    if (read.message.length > lineCharsMax) this.counts.cut += 1;
    const parsed = { ...read, message: read.message.slice(0, lineCharsMax) };
    const isTraceback = parsed.message.startsWith("Traceback (");
    const stack = parsed.stack.slice(0, stackLinesMax);
    this.#open = { line: this.counts.lines, parsed, stack, isTraceback };
  }

  #goesOn(open: OpenRecord, text: string): boolean {
    if (continuation.test(text)) {
      if (text.startsWith("Traceback (")) open.isTraceback = true;
      return true;
    }
    if (!open.isTraceback) return false;
    open.isTraceback = false;
    return pythonEnd.test(text);
  }
}

/** What is read: the bytes of a log, and the first line of its file where only the tail was read. */
export interface LogBytes {
  readonly bytes: Uint8Array;
  readonly firstLine?: string | undefined;
}

/** Reads a whole log, in whichever form: a step ends after so many lines, and a caller may let others do something. */
export function* readLog(
  { bytes, firstLine }: LogBytes,
  reader: LogReader,
  stepLines: number,
): Generator<void> {
  let steps = 0;
  for (const take of records(bytes, firstLine, reader)) {
    take();
    steps += 1;
    if (steps % stepLines === 0) yield;
  }
  reader.end();
}

const newline = 10;
const decoder = new TextDecoder();

function* records(bytes: Uint8Array, firstLine: string | undefined, reader: LogReader) {
  if (isExport(bytes)) {
    for (const { fields, isWhole } of exportEntries(bytes))
      yield () => reader.fields(fields, isWhole);
    return;
  }
  const end = bytes.indexOf(newline);
  const top = end === -1 ? bytes.length : end;
  const header = csvHeader(firstLine ?? decoder.decode(bytes.subarray(0, top)));
  if (header !== undefined) {
    const below = firstLine === undefined ? bytes.subarray(top + 1) : bytes;
    for (const { fields, isWhole } of csvRecords(decoder.decode(below), header))
      yield () => reader.fields(fields, isWhole);
    return;
  }
  for (let from = 0; from < bytes.length;) {
    const to = bytes.indexOf(newline, from);
    // Each line by itself: a word that is kept would hold on to the text that it was cut from.
    const line = decoder.decode(bytes.subarray(from, to === -1 ? bytes.length : to));
    from = to === -1 ? bytes.length : to + 1;
    yield () => reader.line(line);
  }
}
