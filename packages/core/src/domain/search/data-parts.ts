import { linesOf } from "./blocks.ts";
import type { Span } from "./sentences.ts";

/** Characters of a CSV header that stand above each group of its rows. */
export const csvHeaderCharsMax = 1_000;
/** Names of a JSON path that stand above a part; the outermost are left out of a longer one. */
export const jsonPathNamesMax = 16;
const jsonNameCharsMax = 200;
/** Containers of JSON divided within each other; what lies deeper is divided as text. */
const jsonDepthMax = 64;

/** A part of a text with what stands above it. Parts of one section may be joined. */
export interface Part extends Span {
  readonly heading: readonly string[];
  readonly section: number;
}

/** Whether a part need not be divided further. */
type Fits = (span: Span) => boolean;

/** The rows of a CSV text, each under the header row. A line break inside quotation marks ends no row. */
export function csvParts(text: string): Part[] {
  const rows = csvRows(text);
  const [first] = rows;
  const header = first === undefined ? "" : text.slice(first.start, first.end).trim();
  const heading = header === "" ? [] : [header.slice(0, csvHeaderCharsMax)];
  return rows.map((row) => ({ ...row, heading, section: 0 }));
}

function csvRows(text: string): Span[] {
  const rows: Span[] = [];
  let open: { start: number; end: number } | undefined;
  for (const { start, end, text: line } of linesOf(text)) {
    const isQuoted = (line.split('"').length - 1) % 2 === 1;
    if (open === undefined && !isQuoted) rows.push({ start, end });
    else if (open === undefined) open = { start, end };
    else {
      open.end = end;
      if (!isQuoted) continue;
      rows.push(open);
      open = undefined;
    }
  }
  if (open !== undefined) rows.push(open);
  return rows;
}

const continued = /^(?:\s|[)\]}]|at |caused by|\.{3} \d+ more|traceback|during handling of)/iu;

/** The entries of a log: a line, and those below it that go on with it, as stack traces do. */
export function logParts(text: string): Part[] {
  const parts: { start: number; end: number; heading: string[]; section: number }[] = [];
  for (const { start, end, text: line } of linesOf(text)) {
    const last = parts.at(-1);
    if (line.trim() === "") continue;
    if (last !== undefined && continued.test(line)) last.end = end;
    else parts.push({ start, end, heading: [], section: 0 });
  }
  return parts;
}

/**
 * The values of a JSON text, each under its path: as large as `fits` lets them be, so that what belongs together stays
 * together. `undefined` for a text that is no JSON.
 */
export function jsonParts(text: string, fits: Fits): Part[] | undefined {
  try {
    JSON.parse(text);
  } catch {
    return undefined;
  }
  const parts: Part[] = [];
  let sections = 0;
  const divide = (value: Span, path: readonly string[]): void => {
    sections += 1;
    const section = sections;
    const heading = path.slice(-jsonPathNamesMax);
    const members = path.length < jsonDepthMax && !fits(value) ? membersOf(text, value) : [];
    if (members.length === 0) parts.push({ ...value, heading, section });
    for (const member of members) {
      const whole = { start: member.start, end: member.value.end };
      if (fits(whole)) parts.push({ ...whole, heading, section });
      else divide(member.value, [...path, member.name.slice(0, jsonNameCharsMax)]);
    }
  };
  const start = text.search(/\S/u);
  divide({ start, end: text.trimEnd().length }, []);
  return parts;
}

interface Member {
  readonly name: string;
  /** Where its name starts; of an element of an array, the element. */
  readonly start: number;
  readonly value: Span;
}

/** What a container holds; nothing for a value that is none. The text is valid JSON. */
function membersOf(text: string, container: Span): Member[] {
  const open = text[container.start];
  if (open !== "{" && open !== "[") return [];
  const members: Member[] = [];
  const last = container.end - 1;
  for (let at = skipBlank(text, container.start + 1); at < last;) {
    const start = at;
    let name = `[${members.length}]`;
    if (open === "{") {
      const end = valueEnd(text, at);
      name = String(JSON.parse(text.slice(at, end)));
      at = skipBlank(text, skipBlank(text, end) + 1);
    }
    const end = valueEnd(text, at);
    members.push({ name, start, value: { start: at, end } });
    at = skipBlank(text, end);
    if (text[at] === ",") at = skipBlank(text, at + 1);
  }
  return members;
}

function skipBlank(text: string, from: number): number {
  let at = from;
  while (" \t\r\n".includes(text[at] ?? "x")) at += 1;
  return at;
}

/** Where the value that starts at `from` ends. */
function valueEnd(text: string, from: number): number {
  const first = text[from];
  if (first === '"') return stringEnd(text, from);
  if (first !== "{" && first !== "[") {
    let at = from;
    while (!",]} \t\r\n".includes(text[at] ?? ",")) at += 1;
    return at;
  }
  let depth = 0;
  for (let at = from; ; at += 1) {
    const mark = text[at];
    if (mark === '"') at = stringEnd(text, at) - 1;
    else if (mark === "{" || mark === "[") depth += 1;
    else if (mark === "}" || mark === "]") depth -= 1;
    if (depth === 0) return at + 1;
  }
}

function stringEnd(text: string, from: number): number {
  for (let at = from + 1; ; at += 1) {
    if (text[at] === "\\") at += 1;
    else if (text[at] === '"') return at + 1;
  }
}
