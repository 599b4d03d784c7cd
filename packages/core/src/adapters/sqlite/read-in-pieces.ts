import type { SQLInputValue, SQLOutputValue, StatementSync } from "node:sqlite";

/**
 * Records read with one statement, and the pause behind it. A statement reads a snapshot, and the write-ahead log begins anew
 * only while nobody reads: read without a pause, a gigabyte of records would let it grow so long that the commit which cuts
 * it waits a tenth of a second.
 */
const recordsAtOnce = 4_000;
const pauseMs = 3;

const hold = new Int32Array(new SharedArrayBuffer(4));

/**
 * The rows of all records up to `lastSeq`, piece by piece, for a thread of its own. The statement's last two parameters are
 * the first and the last record of a piece.
 */
export function* readInPieces(
  rows: StatementSync,
  lastSeq: number,
  ...bound: SQLInputValue[]
): Generator<Record<string, SQLOutputValue>> {
  for (let from = 1; from <= lastSeq; from += recordsAtOnce) {
    yield* rows.iterate(...bound, from, Math.min(from + recordsAtOnce - 1, lastSeq));
    Atomics.wait(hold, 0, 0, pauseMs);
  }
}
