import type { RecordHeader, RecordsPort } from "../../ports/journal.ts";

const stepRecords = 100;

/** The newest records of the journal, the newest first, at most so many. Payloads are not read. */
export function* journalBackwards(
  records: RecordsPort,
  recordsMax: number,
): Generator<RecordHeader> {
  const newest = records.lastSeq();
  const lowest = Math.max(0, newest - recordsMax);
  for (let top = newest; top > lowest; top = Math.max(lowest, top - stepRecords)) {
    const below = Math.max(lowest, top - stepRecords);
    yield* records.headersAfter(below, top - below).toReversed();
  }
}
