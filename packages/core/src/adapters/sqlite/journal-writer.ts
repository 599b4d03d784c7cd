import type { DatabaseSync } from "node:sqlite";
import { dedupeDays } from "@adyton/protocol/limits";
import { freshBytes } from "@adyton/runtime/fresh-bytes";
import type { AppendOutcome } from "../../domain/journal/record.ts";
import { chain, type ChainedHeader, commit, genesis, saltBytes } from "./chain.ts";
import { checkHead } from "./check-head.ts";
import { failureOf, openForWriting } from "./database.ts";
import type { EncodedGroup, EncodedRecord } from "./encoded-group.ts";
import { type Head, HeadFile } from "./head-file.ts";
import type { JournalFiles } from "./journal-files.ts";
import { type KeyedHash, keyedHash, sealOf } from "./keyed-hash.ts";
import { LivedTime } from "./lived-time.ts";
import { Projections } from "./projections.ts";
import { dropUnsealed } from "./sealed-rows.ts";

export type WriteOutcome =
  | AppendOutcome
  | {
      readonly kind: "failed";
      readonly code: "storage_full" | "storage_failed" | "invalid_record";
      readonly message: string;
    };

export interface WriterOptions extends JournalFiles {
  readonly now?: () => number;
  /** A monotonic clock; by default the process's own. */
  readonly uptimeMs?: () => number;
}

export const dedupeMs = dedupeDays * 86_400_000;
/** Expired dedupe keys removed with one commit. */
const dedupePrunedMax = 200;
const dedupePruneEveryMs = 60_000;
/** The row beside the chain that holds the lived time at the last pruning. */
const livedTimeName = "dedupe";

type Statements = ReturnType<typeof prepare>;

/**
 * The journal's only writer. Many groups share one commit and so one fsync; each group is whole or absent. Runs in a
 * worker thread: nothing here is asynchronous.
 */
export class JournalWriter implements Disposable {
  readonly #database: DatabaseSync;
  readonly #keyed: KeyedHash;
  readonly #head: HeadFile;
  readonly #statements: Statements;
  readonly #projections: Projections;
  readonly #now: () => number;
  #last: Head;
  readonly #lived: LivedTime;
  #prunedAtMs = 0;

  /** Opens the journal. Throws `DatabaseError`, or `JournalError` when the file ends before its signed head. */
  constructor(options: WriterOptions) {
    this.#now = options.now ?? Date.now;
    this.#keyed = keyedHash(options.headKey);
    this.#database = openForWriting(options.file);
    try {
      const start = { seq: 0, hash: genesis(this.#keyed, options.nodeId) };
      this.#last = lastRecord(this.#database) ?? start;
      checkHead(this.#database, options, this.#last, start);
      this.#head = new HeadFile(options.headFile, options.headKey, this.#last);
      this.#statements = prepare(this.#database);
      this.#projections = new Projections(this.#database);
      this.#lived = new LivedTime(livedUntil(this.#database, this.#now()), options.uptimeMs);
    } catch (error) {
      this.#database.close();
      throw error;
    }
  }

  get database(): DatabaseSync {
    return this.#database;
  }

  get last(): Head {
    return this.#last;
  }

  /**
   * Writes the groups in one transaction. A group that does not fit is found by halving, so that it fails alone; a
   * disk that fails, fails all.
   */
  append(groups: readonly EncodedGroup[]): readonly WriteOutcome[] {
    try {
      return this.#commit(groups);
    } catch (error) {
      const { code, message } = writeFailure(error);
      if (code === "invalid_record" && groups.length > 1) {
        const half = groups.length >> 1;
        return [...this.append(groups.slice(0, half)), ...this.append(groups.slice(half))];
      }
      return groups.map(() => ({ kind: "failed", code, message }));
    }
  }

  /** Runs `work` in a transaction of its own together with the record that tells of it. */
  withRecord(record: EncodedRecord, work: () => void): void {
    this.#transaction(() => {
      work();
      this.#write({ records: [record], bytes: 0 }, this.#now());
    });
  }

  /** Empties the state tables and rebuilds them from the records. Rows beside the chain that were edited are dropped. */
  rebuild(): void {
    this.#transaction(() => {
      this.#projections.replay(this.#database);
      dropUnsealed(this.#database, this.#keyed);
    });
  }

  /** Notes when a token was last used. Not a record: it changes nothing but what is shown. */
  noteTokenUse(name: string, timeMs: number): void {
    this.#statements.tokenUse.run(name, timeMs, sealOf(this.#keyed, "token_use", name, timeMs));
  }

  /** Notes how far retention has looked: up to which record, or for keys up to which time. */
  noteRetention(name: string, through: number): void {
    this.#statements.retention.run(name, through, sealOf(this.#keyed, "retention", name, through));
  }

  [Symbol.dispose](): void {
    try {
      this.#head[Symbol.dispose]();
    } finally {
      this.#database.close();
    }
  }

  #commit(groups: readonly EncodedGroup[]): readonly WriteOutcome[] {
    let outcomes: readonly WriteOutcome[] = [];
    this.#transaction(() => {
      const now = this.#now();
      outcomes = groups.map((group) => this.#write(group, now));
      // Only beside a record: verification takes the newest record's time for the time of the last pruning.
      if (outcomes.some(wrote)) this.#prune(now);
    });
    return outcomes;
  }

  /** A key goes only when it has expired by the clock and by the lived time: a clock that ran ahead takes no key along. */
  #prune(now: number): void {
    const livedMs = this.#lived.nowMs;
    if (livedMs - this.#prunedAtMs <= dedupePruneEveryMs) return;
    this.#statements.dedupePrune.run(Math.min(now, livedMs), dedupePrunedMax);
    this.noteRetention(livedTimeName, livedMs);
    this.#prunedAtMs = livedMs;
  }

  /** The chain's value in memory moves only when the transaction is on disk. */
  #transaction(work: () => void): void {
    const before = this.#last;
    this.#database.exec("BEGIN IMMEDIATE");
    try {
      work();
      this.#database.exec("COMMIT");
    } catch (error) {
      this.#last = before;
      // A full disk may have rolled back by itself already.
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
      throw error;
    }
    if (this.#last !== before) this.#writeHead();
  }

  /** The records are on disk: a head that cannot be written lags behind, as after a crash, until the next commit. */
  #writeHead(): void {
    try {
      this.#head.write(this.#last);
    } catch {
      // A failing disk shows itself at the next commit; to report this one as not written would be untrue.
    }
  }

  #write(group: EncodedGroup, now: number): AppendOutcome {
    const firstSeq = this.#last.seq + 1;
    const { dedupe } = group;
    if (dedupe !== undefined) {
      const known = this.#statements.dedupeFind.get(dedupe.key, now);
      if (known !== undefined) {
        return {
          kind: "duplicate",
          seq: Number(known["seq"]),
          result: known["result"] === null ? null : Number(known["result"]),
          same: sameBytes(known["fingerprint"], dedupe.fingerprint),
        };
      }
      const { key, fingerprint } = dedupe;
      const expires = now + dedupeMs;
      const seal = sealOf(this.#keyed, "dedupe", key, fingerprint, firstSeq, null, expires);
      this.#statements.dedupeAdd.run(key, fingerprint, firstSeq, expires, seal);
    }
    for (const [index, record] of group.records.entries()) {
      this.#insert(record, now, firstSeq, dedupe !== undefined && index === 0 ? 1 : 0);
    }
    if (group.resultOf !== undefined) this.#setResult(group.resultOf);
    return { kind: "appended", firstSeq, lastSeq: this.#last.seq, timeMs: now };
  }

  /** A key that has expired meanwhile has nothing to be answered with. */
  #setResult(key: Uint8Array): void {
    const row = this.#statements.dedupeRow.get(key);
    if (row === undefined || !(row["fingerprint"] instanceof Uint8Array)) return;
    const { fingerprint, seq, expires } = row;
    const result = this.#last.seq;
    const seal = sealOf(
      this.#keyed,
      "dedupe",
      key,
      fingerprint,
      Number(seq),
      result,
      Number(expires),
    );
    this.#statements.dedupeResult.run(result, seal, key);
  }

  #insert(record: EncodedRecord, now: number, firstSeq: number, keyed: 0 | 1): void {
    const seq = this.#last.seq + 1;
    const salt = record.data === undefined ? undefined : freshBytes(saltBytes);
    const commitment = salt === undefined ? null : commit(salt, record.data ?? "");
    const header: ChainedHeader = {
      seq,
      time: now,
      origin: record.origin,
      type: record.type,
      class: record.class,
      owner: record.owner,
      actor: record.actor,
      tier: record.tier,
      conversation: record.conversation ?? null,
      cause: record.cause === "first" ? firstSeq : (record.cause ?? null),
      hop: record.hop ?? 0,
      keyed,
      facts: record.facts,
      commitment,
    };
    const hash = chain(this.#keyed, this.#last.hash, header);
    this.#statements.event.run(
      seq,
      now,
      header.origin,
      header.type,
      header.class,
      header.owner,
      header.actor,
      header.tier,
      header.conversation,
      header.cause,
      header.hop,
      header.keyed,
      header.facts,
      commitment,
      hash,
    );
    if (salt !== undefined) this.#statements.payload.run(seq, salt, record.data ?? "");
    this.#last = { seq, hash };
    if (record.origin === "node") {
      this.#projections.apply(header, record.type);
    }
  }
}

const wrote = (outcome: WriteOutcome): boolean => outcome.kind === "appended";

const sameBytes = (left: unknown, right: Uint8Array): boolean =>
  left instanceof Uint8Array && Buffer.compare(left, right) === 0;

/** SQLite's own words name columns and disks. Of other errors, which may quote what they refuse, the name alone. */
export function writeFailure(error: unknown): WriteOutcome & { kind: "failed" } {
  const failure = failureOf(error);
  const name = error instanceof Error ? error.name : "unknown";
  const message = error instanceof Error && "errcode" in error ? error.message : name;
  if (failure === "invalid_record") {
    return { kind: "failed", code: failure, message: `a record does not fit: ${message}` };
  }
  return { kind: "failed", code: failure === "damaged" ? "storage_failed" : failure, message };
}

function prepare(database: DatabaseSync) {
  return {
    event: database.prepare(
      "INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    ),
    payload: database.prepare("INSERT INTO payload VALUES (?, ?, ?)"),
    dedupeFind: database.prepare(
      "SELECT seq, result, fingerprint FROM dedupe WHERE key = ? AND expires > ?",
    ),
    dedupeAdd: database.prepare(
      `INSERT INTO dedupe (key, fingerprint, seq, expires, seal) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (key) DO UPDATE SET fingerprint = excluded.fingerprint, seq = excluded.seq,
         result = NULL, expires = excluded.expires, seal = excluded.seal`,
    ),
    dedupeRow: database.prepare("SELECT fingerprint, seq, expires FROM dedupe WHERE key = ?"),
    dedupeResult: database.prepare("UPDATE dedupe SET result = ?, seal = ? WHERE key = ?"),
    dedupePrune: database.prepare(
      "DELETE FROM dedupe WHERE key IN (SELECT key FROM dedupe WHERE expires <= ? LIMIT ?)",
    ),
    tokenUse: database.prepare(
      `INSERT INTO token_use VALUES (?, ?, ?)
       ON CONFLICT (name) DO UPDATE SET time = excluded.time, seal = excluded.seal`,
    ),
    retention: database.prepare(
      `INSERT INTO retention VALUES (?, ?, ?)
       ON CONFLICT (class) DO UPDATE SET looked_through = excluded.looked_through, seal = excluded.seal`,
    ),
  };
}

/** The lived time when the journal was last pruned; before the first time, that of its newest record. */
function livedUntil(database: DatabaseSync, nowMs: number): number {
  const noted = database
    .prepare("SELECT looked_through AS n FROM retention WHERE class = ?")
    .get(livedTimeName)?.["n"];
  if (typeof noted === "number") return noted;
  const newest = database.prepare("SELECT time FROM event ORDER BY seq DESC LIMIT 1").get();
  return Math.min(nowMs, Number(newest?.["time"] ?? nowMs));
}

/** The newest record of an open journal. */
export function lastRecord(database: DatabaseSync): Head | undefined {
  const row = database.prepare("SELECT seq, hash FROM event ORDER BY seq DESC LIMIT 1").get();
  if (row === undefined || !(row["hash"] instanceof Uint8Array)) return undefined;
  return { seq: Number(row["seq"]), hash: Buffer.from(row["hash"]) };
}
