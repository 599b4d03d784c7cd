import type { SeqRanges } from "../ports/forgetting.ts";
import type { JournalRecord, RecordHeader, RecordsPort } from "../ports/journal.ts";

/**
 * The journal's records as everybody reads them. What is being forgotten is shown as erased from the moment that is on
 * disk, so that no history, answer or page that is made meanwhile takes it up again.
 */
export class FadingRecords implements RecordsPort {
  readonly #records: RecordsPort;
  readonly #fading = new Map<string, SeqRanges>();

  constructor(records: RecordsPort) {
    this.#records = records;
  }

  /** Shows these records as erased until `done` is called with the same id. */
  fade(id: string, ranges: SeqRanges): void {
    this.#fading.set(id, ranges);
  }

  done(id: string): void {
    this.#fading.delete(id);
  }

  lastSeq(): number {
    return this.#records.lastSeq();
  }

  record(seq: number): JournalRecord | undefined {
    const record = this.#records.record(seq);
    return record === undefined ? undefined : this.#shown(record);
  }

  headersAfter(seq: number, limit: number, type?: string): readonly RecordHeader[] {
    return this.#records
      .headersAfter(seq, limit, type)
      .map((header) => (this.#isFading(header.seq) ? faded(header) : header));
  }

  answeredTurns(conversation: string, afterSeq: number, limit: number): readonly JournalRecord[] {
    return this.#records
      .answeredTurns(conversation, afterSeq, limit)
      .map((record) => this.#shown(record));
  }

  steps(...of: Parameters<RecordsPort["steps"]>): readonly JournalRecord[] {
    return this.#records.steps(...of).map((record) => this.#shown(record));
  }

  known(...key: Parameters<RecordsPort["known"]>): ReturnType<RecordsPort["known"]> {
    return this.#records.known(...key);
  }

  #shown(record: JournalRecord): JournalRecord {
    return this.#isFading(record.seq) ? { ...faded(record), data: undefined } : record;
  }

  #isFading(seq: number): boolean {
    for (const ranges of this.#fading.values()) if (contains(ranges, seq)) return true;
    return false;
  }
}

function faded<T extends RecordHeader>(header: T): T {
  return header.payload === "none" ? header : { ...header, payload: "erased", payloadBytes: 0 };
}

/** Ranges ascend and do not meet, so half of them are left out with each look. */
function contains(ranges: SeqRanges, seq: number): boolean {
  let low = 0;
  let high = ranges.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const [from, to] = ranges[middle] ?? [0, 0];
    if (seq < from) high = middle - 1;
    else if (seq > to) low = middle + 1;
    else return true;
  }
  return false;
}
