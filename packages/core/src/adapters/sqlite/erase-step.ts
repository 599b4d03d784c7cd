import type { SeqRanges } from "../../ports/forgetting.ts";
import type { JournalWriter } from "./journal-writer.ts";
import { erasePayloads, erasureRecord } from "./retention.ts";

/** Records erased with one step, and bytes of them after which it ends: a step holds the writer for some milliseconds. */
export const eraseStepRecordsMax = 200;
export const eraseStepBytesMax = 512 * 1024;

export interface EraseStep {
  readonly erased: number;
  /** Everything up to here is erased; the next step goes on behind it. */
  readonly through: number;
}

/** Erases the payloads of some ranges, as many as one step takes, and tells of it with a record. */
export function eraseOnce(writer: JournalWriter, ranges: SeqRanges, reason: string): EraseStep {
  const present = writer.database.prepare(
    `SELECT seq, octet_length(data) AS bytes FROM payload
     WHERE seq BETWEEN ? AND ? AND data IS NOT NULL ORDER BY seq LIMIT ${eraseStepRecordsMax}`,
  );
  const seqs: number[] = [];
  let bytes = 0;
  const isFull = (): boolean => seqs.length >= eraseStepRecordsMax || bytes >= eraseStepBytesMax;
  for (const [from, to] of ranges) {
    if (isFull()) break;
    for (const row of present.iterate(from, to)) {
      if (isFull()) break;
      seqs.push(Number(row["seq"]));
      bytes += Number(row["bytes"]);
    }
  }
  if (seqs.length > 0)
    writer.withRecord(erasureRecord(seqs, reason), () => erasePayloads(writer.database, seqs));
  const through = isFull() ? seqs.at(-1) : ranges.at(-1)?.[1];
  return { erased: seqs.length, through: through ?? 0 };
}
