import type { DatabaseSync, SQLOutputValue } from "node:sqlite";
import { type KeyedHash, sealOf } from "./keyed-hash.ts";

/** The tables beside the chain: the columns a row's seal covers, in its order; the first is the key. */
const sealedTables = {
  dedupe: ["key", "fingerprint", "seq", "result", "expires"],
  token_use: ["name", "time"],
  retention: ["class", "looked_through"],
} as const;
type SealedTable = keyof typeof sealedTables;
const tableNames: readonly SealedTable[] = ["dedupe", "token_use", "retention"];

/** The keys of all rows whose seal does not fit, table by table. */
export function* unsealedRows(
  database: DatabaseSync,
  keyed: KeyedHash,
): Generator<readonly [SealedTable, SQLOutputValue]> {
  for (const table of tableNames) {
    const columns: readonly string[] = sealedTables[table];
    for (const row of database.prepare(`SELECT * FROM ${table}`).iterate()) {
      const seal = row["seal"];
      const values = columns.map((column) => plain(row[column]));
      const fits = seal instanceof Uint8Array && sealOf(keyed, table, ...values).equals(seal);
      if (!fits) yield [table, row[columns[0] ?? ""] ?? null];
    }
  }
}

/** Removes rows that were edited: a dedupe key, a token's last use or retention's place is then simply not known. */
export function dropUnsealed(database: DatabaseSync, keyed: KeyedHash): void {
  // All are found before the first goes: a table is not changed while it is read.
  const found = [...unsealedRows(database, keyed)];
  for (const [table, key] of found)
    database.prepare(`DELETE FROM ${table} WHERE ${sealedTables[table][0]} = ?`).run(key);
}

const plain = (value: SQLOutputValue | undefined): string | number | null | Uint8Array =>
  typeof value === "bigint" ? String(value) : (value ?? null);
