import type { AppendOutcome, RecordGroup } from "../../domain/journal/record.ts";
import type { JournalPort } from "../../ports/journal.ts";

/** A journal that fails or waits when the test says so. */
export class HeldJournal implements JournalPort {
  readonly inner: JournalPort;
  hold: Promise<void> | undefined;
  fault: string | undefined;
  /** Reported instead of the journal's own state. */
  reported: JournalPort["storage"] | undefined;
  groups: RecordGroup[] = [];

  constructor(inner: JournalPort) {
    this.inner = inner;
  }

  get lastSeq(): number {
    return this.inner.lastSeq;
  }

  get storage(): JournalPort["storage"] {
    return this.reported ?? this.inner.storage;
  }

  async append(group: RecordGroup): Promise<AppendOutcome> {
    this.groups.push(group);
    await this.hold;
    if (this.fault !== undefined) throw Object.assign(new Error("no room"), { code: this.fault });
    return this.inner.append(group);
  }

  noteTokenUse(name: string, timeMs: number): void {
    this.inner.noteTokenUse(name, timeMs);
  }

  onAppended(listener: (lastSeq: number) => void): () => void {
    return this.inner.onAppended(listener);
  }
}
