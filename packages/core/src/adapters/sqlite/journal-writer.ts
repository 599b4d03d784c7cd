import type { DatabaseSync, StatementSync } from "node:sqlite";
import { dedupeDays } from "@adyton/protocol";
import type { AppendOutcome, NewRecord, RecordGroup } from "../../domain/journal/record.ts";
import { chain, type ChainedHeader, commit, freshSalt, genesis } from "./chain.ts";
import { openForWriting, sqliteErrorCode, sqliteFull } from "./database.ts";
import { type Head, HeadFile, readHead } from "./head-file.ts";
import { Projections } from "./projections.ts";

/** Why a group was not written. Nothing of it is in the journal then. */
export class JournalError extends Error {
  override readonly name = "JournalError";
  readonly code:
    | "storage_full"
    | "storage_failed"
    | "tail_cut"
    | "head_invalid"
    | "head_missing"
    | "closed";
  constructor(code: JournalError["code"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** A record on its way into the journal: the payload is text already, so that threads exchange strings. */
export type EncodedRecord = Omit<NewRecord, "facts" | "data"> & {
  readonly facts: string;
  readonly data: string | undefined;
};
export type EncodedGroup = Omit<RecordGroup, "records"> & {
  readonly records: readonly EncodedRecord[];
};

export type WriteOutcome =
  | AppendOutcome
  | {
      readonly kind: "failed";
      readonly code: "storage_full" | "storage_failed";
      readonly message: string;
    };

export interface WriterOptions {
  readonly file: string;
  readonly headFile: string;
  /** Signs the head. */
  readonly headKey: Uint8Array;
  readonly nodeId: string;
  readonly now?: () => number;
}

const dedupeMs = dedupeDays * 86_400_000;
/** Expired dedupe keys removed with one commit. */
const dedupePrunedMax = 200;
const dedupePruneEveryMs = 60_000;

interface Statements {
  readonly event: StatementSync;
  readonly payload: StatementSync;
  readonly dedupeFind: StatementSync;
  readonly dedupeAdd: StatementSync;
  readonly dedupeResult: StatementSync;
  readonly dedupePrune: StatementSync;
}

/**
 * The journal's only writer. Many groups share one commit and so one fsync; each group is whole or absent. Runs in a
 * worker thread: nothing here is asynchronous.
 */
export class JournalWriter implements Disposable {
  readonly #database: DatabaseSync;
  readonly #head: HeadFile;
  readonly #statements: Statements;
  readonly #projections: Projections;
  readonly #now: () => number;
  #last: Head;
  #prunedAtMs = 0;

  /** Opens the journal. Throws `DatabaseError`, or `JournalError` when the file ends before its signed head. */
  constructor(options: WriterOptions) {
    this.#now = options.now ?? Date.now;
    this.#database = openForWriting(options.file);
    try {
      this.#last = lastRecord(this.#database) ?? { seq: 0, hash: genesis(options.nodeId) };
      checkHead(this.#database, options, this.#last);
      this.#head = new HeadFile(options.headFile, options.headKey);
      this.#head.write(this.#last);
      this.#statements = prepare(this.#database);
      this.#projections = new Projections(this.#database);
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

  /** Writes the groups in one transaction; when that fails for another reason than a full disk, one by one. */
  append(groups: readonly EncodedGroup[]): readonly WriteOutcome[] {
    try {
      return this.#commit(groups);
    } catch (error) {
      const code = sqliteErrorCode(error) === sqliteFull ? "storage_full" : "storage_failed";
      if (code === "storage_full" || groups.length === 1) {
        const message = error instanceof Error ? error.message : "unknown error";
        return groups.map(() => ({ kind: "failed", code, message }));
      }
      return groups.flatMap((group) => this.append([group]));
    }
  }

  /** Runs `work` in a transaction of its own together with the record that tells of it. */
  withRecord(record: EncodedRecord, work: () => void): void {
    this.#transaction(() => {
      work();
      this.#write({ records: [record] }, this.#now());
    });
  }

  /** Empties the state tables and rebuilds them from the records. */
  rebuild(): void {
    this.#transaction(() => this.#projections.replay(this.#database));
  }

  [Symbol.dispose](): void {
    this.#head[Symbol.dispose]();
    this.#database.close();
  }

  #commit(groups: readonly EncodedGroup[]): readonly WriteOutcome[] {
    let outcomes: readonly WriteOutcome[] = [];
    this.#transaction(() => {
      const now = this.#now();
      outcomes = groups.map((group) => this.#write(group, now));
      if (now - this.#prunedAtMs > dedupePruneEveryMs) {
        this.#statements.dedupePrune.run(now, dedupePrunedMax);
        this.#prunedAtMs = now;
      }
    });
    return outcomes;
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
    if (this.#last !== before) this.#head.write(this.#last);
  }

  #write(group: EncodedGroup, now: number): AppendOutcome {
    const { dedupe, resultOf } = group;
    const firstSeq = this.#last.seq + 1;
    if (dedupe !== undefined) {
      const known = this.#statements.dedupeFind.get(dedupe.key, now);
      if (known !== undefined) {
        const { seq, result, fingerprint } = known;
        const same =
          fingerprint instanceof Uint8Array &&
          Buffer.compare(fingerprint, dedupe.fingerprint) === 0;
        return {
          kind: "duplicate",
          seq: Number(seq),
          result: result === null ? null : Number(result),
          same,
        };
      }
      this.#statements.dedupeAdd.run(dedupe.key, dedupe.fingerprint, firstSeq, now + dedupeMs);
    }
    for (const record of group.records) this.#insert(record, now, firstSeq);
    if (resultOf !== undefined) this.#statements.dedupeResult.run(this.#last.seq, resultOf);
    return { kind: "appended", firstSeq, lastSeq: this.#last.seq, timeMs: now };
  }

  #insert(record: EncodedRecord, now: number, firstSeq: number): void {
    const seq = this.#last.seq + 1;
    const salt = record.data === undefined ? undefined : freshSalt();
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
      facts: record.facts,
      commitment,
    };
    const hash = chain(this.#last.hash, header);
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
      header.facts,
      commitment,
      hash,
    );
    if (salt !== undefined) this.#statements.payload.run(seq, salt, record.data ?? "");
    this.#last = { seq, hash };
    if (record.origin === "node") {
      this.#projections.apply(header, record.type as never, JSON.parse(record.facts));
    }
  }
}

function prepare(database: DatabaseSync): Statements {
  return {
    event: database.prepare("INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
    payload: database.prepare("INSERT INTO payload VALUES (?, ?, ?)"),
    dedupeFind: database.prepare(
      "SELECT seq, result, fingerprint FROM dedupe WHERE key = ? AND expires > ?",
    ),
    dedupeAdd: database.prepare(
      `INSERT INTO dedupe (key, fingerprint, seq, expires) VALUES (?, ?, ?, ?)
       ON CONFLICT (key) DO UPDATE SET fingerprint = excluded.fingerprint, seq = excluded.seq,
         result = NULL, expires = excluded.expires`,
    ),
    dedupeResult: database.prepare("UPDATE dedupe SET result = ? WHERE key = ?"),
    dedupePrune: database.prepare(
      "DELETE FROM dedupe WHERE key IN (SELECT key FROM dedupe WHERE expires <= ? LIMIT ?)",
    ),
  };
}

/** The newest record of an open journal. */
export function lastRecord(database: DatabaseSync): Head | undefined {
  const row = database.prepare("SELECT seq, hash FROM event ORDER BY seq DESC LIMIT 1").get();
  if (row === undefined || !(row["hash"] instanceof Uint8Array)) return undefined;
  return { seq: Number(row["seq"]), hash: Buffer.from(row["hash"]) };
}

/**
 * Compares the file with its signed head: a journal that ends earlier, or holds another record there, was cut or
 * replaced. A journal that goes on further is what a crash between commit and head leaves, and is accepted.
 */
function checkHead(database: DatabaseSync, options: WriterOptions, last: Head): void {
  const outcome = readHead(options.headFile, options.headKey);
  const cure = "If you put this file here on purpose, run: adyton journal restore --accept";
  if (outcome.kind === "invalid") {
    throw new JournalError(
      "head_invalid",
      `${options.headFile} was not written by this node. ${cure}`,
    );
  }
  if (outcome.kind === "absent") {
    if (last.seq === 0) return;
    throw new JournalError(
      "head_missing",
      `${options.headFile} is missing beside a journal of ${last.seq} records. ${cure}`,
    );
  }
  const { head } = outcome;
  const row = database.prepare("SELECT hash FROM event WHERE seq = ?").get(head.seq);
  const hash = head.seq === 0 ? genesis(options.nodeId) : row?.["hash"];
  if (!(hash instanceof Uint8Array) || Buffer.compare(hash, head.hash) !== 0) {
    throw new JournalError(
      "tail_cut",
      `the journal ends at record ${last.seq}, but its signed head is record ${head.seq}: ` +
        `its tail was cut, or an older or foreign file was put in its place. ${cure}`,
    );
  }
}
