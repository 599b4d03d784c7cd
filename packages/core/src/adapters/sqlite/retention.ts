import type { DatabaseSync } from "node:sqlite";
import type { RetentionClass } from "../../domain/journal/record.ts";
import type { EncodedRecord, JournalWriter } from "./journal-writer.ts";

/** Records looked at with one step, so that a step never holds the writer for long. */
const windowRecords = 2_000;

/** How long payloads are kept, by class, in milliseconds; a class that is absent is kept for ever. */
export type RetentionPolicy = Partial<Readonly<Record<RetentionClass, number>>>;

/**
 * Erases payloads that are older than their class allows: one window of records of one class. The headers stay, a
 * record tells what was erased, and the chain still verifies. Answers how many payloads went and whether there is
 * more to look at.
 */
export function sweepOnce(
  writer: JournalWriter,
  policy: RetentionPolicy,
  nowMs: number,
): { readonly erased: number; readonly more: boolean } {
  for (const [name, keepMs] of Object.entries(policy)) {
    const step = nextWindow(writer.database, name, nowMs - keepMs);
    if (step === undefined) continue;
    const { seqs, through } = step;
    const mark = (): void => {
      writer.database
        .prepare(
          "INSERT INTO retention VALUES (?, ?) ON CONFLICT (class) DO UPDATE SET looked_through = excluded.looked_through",
        )
        .run(name, through);
    };
    if (seqs.length === 0) mark();
    else {
      writer.withRecord(erasureRecord(seqs, `retention:${name}`), () => {
        const remove = writer.database.prepare("DELETE FROM payload WHERE seq = ?");
        for (const seq of seqs) remove.run(seq);
        mark();
      });
    }
    return { erased: seqs.length, more: true };
  }
  // What was erased still stands in the write-ahead log until it is copied back and overwritten.
  writer.database.exec("PRAGMA wal_checkpoint(PASSIVE)");
  return { erased: 0, more: false };
}

function nextWindow(
  database: DatabaseSync,
  name: string,
  beforeMs: number,
): { readonly seqs: readonly number[]; readonly through: number } | undefined {
  const from = Number(
    database.prepare("SELECT looked_through AS n FROM retention WHERE class = ?").get(name)?.[
      "n"
    ] ?? 0,
  );
  const through = Number(
    database
      .prepare("SELECT max(seq) AS n FROM event WHERE seq > ? AND seq <= ? AND time < ?")
      .get(from, from + windowRecords, beforeMs)?.["n"] ?? 0,
  );
  if (through === 0) return undefined;
  const seqs = database
    .prepare(
      "SELECT e.seq FROM event e JOIN payload p USING (seq) WHERE e.seq > ? AND e.seq <= ? AND e.class = ? AND e.time < ?",
    )
    .all(from, through, name, beforeMs)
    .map((row) => Number(row["seq"]));
  return { seqs, through };
}

/** The record of an erasure, its sequence numbers as closed ranges. */
export function erasureRecord(seqs: readonly number[], reason: string): EncodedRecord {
  const ranges: [number, number][] = [];
  for (const seq of seqs) {
    const last = ranges.at(-1);
    if (last !== undefined && last[1] === seq - 1) last[1] = seq;
    else ranges.push([seq, seq]);
  }
  return {
    origin: "node",
    type: "journal.erased",
    class: "record",
    owner: "node",
    actor: "node",
    tier: "owner",
    facts: JSON.stringify({ ranges, reason }),
    data: undefined,
  };
}
