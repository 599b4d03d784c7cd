import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { RunState } from "../../ports/journal.ts";
import { openForReading } from "./database.ts";
import {
  headerColumns,
  parseHeader,
  parseRecord,
  recordColumns,
  type StoredHeader,
  type StoredRecord,
} from "./stored-record.ts";

/** Where a run lies in the journal. */
type RunPlace = Pick<RunState, "conversation" | "received" | "result">;

const source = "FROM event e LEFT JOIN payload p USING (seq)";
const from = `SELECT ${recordColumns} ${source}`;
/** Bytes of answers read for one history; the newest that fit, at least one. */
export const historyBytesMax = 4 * 1024 * 1024;

/**
 * Reads records beside the writer. Every call is short; long scans belong in a worker thread. A payload may have
 * megabytes, so a range that somebody else chooses is read as headers, and its payloads one by one.
 */
export class JournalReader implements Disposable {
  readonly #database: DatabaseSync;
  readonly #one: StatementSync;
  readonly #headersAfter: StatementSync;
  readonly #after: StatementSync;
  readonly #newest: StatementSync;
  readonly #history: StatementSync;
  readonly #steps: StatementSync;
  readonly #dedupe: StatementSync;
  readonly #last: StatementSync;

  constructor(file: string) {
    this.#database = openForReading(file);
    this.#one = this.#database.prepare(`${from} WHERE e.seq = ?`);
    // A prefix is a range of types: from itself to the next string after every one that starts with it.
    const typed = "(?2 IS NULL OR (e.type >= ?2 AND e.type < ?3))";
    this.#headersAfter = this.#database.prepare(
      `SELECT ${headerColumns} ${source} WHERE e.seq > ?1 AND ${typed} ORDER BY e.seq LIMIT ?4`,
    );
    this.#after = this.#database.prepare(
      `${from} WHERE e.seq > ?1 AND ${typed} ORDER BY e.seq LIMIT ?4`,
    );
    this.#newest = this.#database.prepare(
      `${from} WHERE e.seq > ?1 AND ${typed} ORDER BY e.seq DESC LIMIT ?4`,
    );
    this.#history = this.#database.prepare(
      `SELECT ${headerColumns} ${source} WHERE e.conversation = ? AND e.seq > ? AND e.type = 'turn.answered' ORDER BY e.seq DESC LIMIT ?`,
    );
    this.#steps = this.#database.prepare(
      `${from} WHERE e.conversation = ?1 AND e.seq > ?2 AND e.seq < ?3 AND e.type = 'run.step' AND e.cause = ?2 ORDER BY e.seq LIMIT ?4`,
    );
    this.#dedupe = this.#database.prepare(
      "SELECT seq, result, fingerprint FROM dedupe WHERE key = ? AND expires > ?",
    );
    this.#last = this.#database.prepare("SELECT max(seq) AS seq FROM event");
  }

  get database(): DatabaseSync {
    return this.#database;
  }

  lastSeq(): number {
    return Number(this.#last.get()?.["seq"] ?? 0);
  }

  record(seq: number): StoredRecord | undefined {
    const row = this.#one.get(seq);
    return row === undefined ? undefined : parseRecord(row);
  }

  /** Headers after a sequence number, oldest first. `type` is exact, or a prefix that ends in a dot. */
  headersAfter(seq: number, limit: number, type?: string): readonly StoredHeader[] {
    return this.#headersAfter.all(seq, ...typeRange(type), limit).map(parseHeader);
  }

  /** Whole records after a sequence number, oldest first. Their bytes have no bound but the limit. */
  after(seq: number, limit: number, type?: string): readonly StoredRecord[] {
    return this.#after.all(seq, ...typeRange(type), limit).map(parseRecord);
  }

  /** The newest records, whole, oldest first. */
  newest(limit: number, type?: string): readonly StoredRecord[] {
    return this.#newest
      .all(0, ...typeRange(type), limit)
      .map(parseRecord)
      .toReversed();
  }

  /**
   * The newest answered turns of a conversation after a sequence number, oldest first: at most `limit`, and no more than
   * `historyBytesMax` holds.
   */
  answeredTurns(conversation: string, afterSeq: number, limit: number): readonly StoredRecord[] {
    const turns: StoredRecord[] = [];
    let bytes = 0;
    for (const { seq, payloadBytes } of this.#history
      .all(conversation, afterSeq, limit)
      .map(parseHeader)) {
      bytes += payloadBytes;
      if (turns.length > 0 && bytes > historyBytesMax) break;
      const turn = this.record(seq);
      if (turn !== undefined) turns.push(turn);
    }
    return turns.toReversed();
  }

  /** The steps of a run between its question and its end, oldest first. */
  steps({ conversation, received, result }: RunPlace, limit: number): readonly StoredRecord[] {
    const until = result ?? Number.MAX_SAFE_INTEGER;
    return this.#steps.all(conversation, received, until, limit).map(parseRecord);
  }

  /** What a dedupe key stands for. */
  known(
    key: Uint8Array,
    nowMs: number,
  ): { seq: number; result: number | null; fingerprint: Uint8Array } | undefined {
    const row = this.#dedupe.get(key, nowMs);
    if (row === undefined || !(row["fingerprint"] instanceof Uint8Array)) return undefined;
    const result = row["result"];
    return {
      seq: Number(row["seq"]),
      result: typeof result === "number" ? result : null,
      fingerprint: row["fingerprint"],
    };
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }
}

function typeRange(type: string | undefined): readonly [string | null, string | null] {
  if (type === undefined || type === "") return [null, null];
  return type.endsWith(".") ? [type, `${type}\u{10ffff}`] : [type, `${type}\u0000`];
}
