import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { readInPieces } from "./read-in-pieces.ts";

const seqsUpTo = (lastSeq: number): number[] => {
  using database = new DatabaseSync(":memory:");
  database.exec("CREATE TABLE event (seq INTEGER PRIMARY KEY)");
  database.exec(
    `INSERT INTO event SELECT value FROM (
       WITH RECURSIVE n(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < 8002) SELECT value FROM n)`,
  );
  const rows = database.prepare("SELECT seq FROM event WHERE seq > ? AND seq BETWEEN ? AND ?");
  return Array.from(readInPieces(rows, lastSeq, 0), (row) => Number(row["seq"]));
};

for (const lastSeq of [0, 1, 3_999, 4_000, 4_001, 8_000, 8_001])
  test(`each of ${lastSeq} records is read once and in order, and none behind them`, () => {
    assert.deepEqual(
      seqsUpTo(lastSeq),
      Array.from({ length: lastSeq }, (_, at) => at + 1),
    );
  });
