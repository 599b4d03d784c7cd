// Rows are read through these and not through zod: in a thread of its own the library takes 5 MB of resident memory
// (measured), and a row of one's own table needs no more than its types checked.
import { SearchError } from "../../domain/search/search-contract.ts";

export type Row = Readonly<Record<string, unknown>>;

function unexpected(column: string): SearchError {
  return new SearchError("storage", `the search index holds an unexpected value in ${column}`);
}

/** A text column. Throws `SearchError` "storage" for anything else. */
export function text(row: Row, column: string): string {
  const value = row[column];
  if (typeof value !== "string") throw unexpected(column);
  return value;
}

/** A text column that may be null. */
export function textOrNull(row: Row, column: string): string | null {
  return row[column] === null ? null : text(row, column);
}

/** An integer column. */
export function whole(row: Row, column: string): number {
  const value = row[column];
  if (typeof value !== "number" || !Number.isSafeInteger(value)) throw unexpected(column);
  return value;
}

/** A column of bytes. */
export function bytes(row: Row, column: string): Uint8Array {
  const value = row[column];
  if (!(value instanceof Uint8Array)) throw unexpected(column);
  return value;
}

/** A column that holds a JSON array of texts. */
export function texts(row: Row, column: string): string[] {
  const value: unknown = JSON.parse(text(row, column));
  if (!Array.isArray(value)) throw unexpected(column);
  return value.map((item: unknown) => {
    if (typeof item !== "string") throw unexpected(column);
    return item;
  });
}
