import { fieldKeys } from "./json-line.ts";

/**
 * A log as a table (RFC 4180): a line of names, then a record a line, where a value in quotes may hold line ends. It is
 * taken for one only when a column is named as loggers name their message and another as their time or level.
 */
export interface CsvHeader {
  readonly separator: string;
  readonly names: readonly string[];
}

export interface CsvRecord {
  readonly fields: Readonly<Record<string, string>>;
  /** It has as many values as there are names, and its quotes are closed. */
  readonly isWhole: boolean;
}

/** Lines that one value in quotes may span; beyond them the quote counts as never closed. */
const valueLinesMax = 200;
const columnsMax = 256;
const nameForm = /^[\p{L}_@][\p{L}\p{N}_.@ -]{0,63}$/u;

/** The header of a table of logs; `undefined` where the line is none. */
export function csvHeader(line: string): CsvHeader | undefined {
  const text = line.replace(/^\ufeff/, "").replace(/\r$/, "");
  for (const separator of [",", ";", "\t"]) {
    const names = valuesOf(text, separator)?.map((name) => name.trim().toLowerCase()) ?? [];
    if (names.length < 2 || names.length > columnsMax) continue;
    if (!names.every((name) => nameForm.test(name))) continue;
    const has = (keys: readonly string[]): boolean =>
      keys.some((key) => names.includes(key.toLowerCase()));
    if (has(fieldKeys.message) && (has(fieldKeys.time) || has(fieldKeys.level)))
      return { separator, names };
  }
  return undefined;
}

/** The records below the header. A line that cannot be split is a record of its own, not whole, with the line for message. */
export function* csvRecords(text: string, { separator, names }: CsvHeader): Generator<CsvRecord> {
  for (let at = 0; at < text.length;) {
    const { values, line, next } = nextRecord(text, at, separator);
    at = next;
    if (line.trim() === "") continue;
    if (values === undefined) yield { fields: { message: line }, isWhole: false };
    else {
      const fields = Object.fromEntries(names.map((name, column) => [name, values[column] ?? ""]));
      yield { fields, isWhole: values.length === names.length };
    }
  }
}

function nextRecord(text: string, from: number, separator: string) {
  let to = from;
  for (let lines = 0; lines < valueLinesMax; lines += 1) {
    const end = text.indexOf("\n", to);
    to = end === -1 ? text.length : end;
    const values = valuesOf(text.slice(from, to).replace(/\r$/, ""), separator);
    if (values !== undefined) return { values, line: text.slice(from, to), next: to + 1 };
    if (end === -1) break;
    to += 1;
  }
  const end = text.indexOf("\n", from);
  const stop = end === -1 ? text.length : end;
  return { values: undefined, line: text.slice(from, stop), next: stop + 1 };
}

/** The values of a line; `undefined` while a quote is open. */
function valuesOf(line: string, separator: string): string[] | undefined {
  const values: string[] = [];
  let at = 0;
  for (;;) {
    if (line.charAt(at) === '"') {
      const close = closingQuote(line, at + 1);
      if (close === -1) return undefined;
      values.push(line.slice(at + 1, close).replaceAll('""', '"'));
      at = close + 1;
      // What stands between a closed quote and the separator belongs to no value.
      const next = line.indexOf(separator, at);
      if (next === -1) return values;
      at = next + 1;
    } else {
      const next = line.indexOf(separator, at);
      values.push(line.slice(at, next === -1 ? line.length : next));
      if (next === -1) return values;
      at = next + 1;
    }
  }
}

function closingQuote(line: string, from: number): number {
  for (let at = line.indexOf('"', from); at !== -1; at = line.indexOf('"', at + 2))
    if (line.charAt(at + 1) !== '"') return at;
  return -1;
}
