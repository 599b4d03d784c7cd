import type { DatabaseSync, SQLOutputValue } from "node:sqlite";
import type { VerifyReport } from "@adyton/protocol";
import { factsByType } from "../../domain/journal/record.ts";
import { chain, type ChainedHeader, commit, genesis } from "./chain.ts";
import { dedupeMs } from "./journal-writer.ts";
import type { KeyedHash } from "./keyed-hash.ts";
import { SeqSet } from "./seq-set.ts";

export type Blame = (
  kind: VerifyReport["faults"][number]["kind"],
  seq: number,
  detail: string,
) => void;

export interface WalkOptions {
  readonly keyed: KeyedHash;
  readonly nodeId: string;
  /** The signed head's sequence number. */
  readonly headSeq: number | undefined;
  readonly blame: Blame;
  readonly onProgress: (done: number, total: number) => void;
}

export interface Walked {
  readonly records: number;
  readonly erased: number;
  readonly firstSeq: number;
  readonly lastSeq: number;
  readonly hash: Buffer;
  /** The stored hash at the signed head's place. */
  readonly headHash: Buffer | undefined;
}

const progressEvery = 20_000;

/** Walks all records in their order, with their payloads; memory grows by two bits a record. */
export function walkRecords(database: DatabaseSync, options: WalkOptions): Walked {
  const { keyed, blame, onProgress } = options;
  const total = Number(database.prepare("SELECT max(seq) AS n FROM event").get()?.["n"] ?? 0);
  const rows = database
    .prepare(
      `SELECT e.*, p.seq AS row, p.salt, p.data
       FROM event e LEFT JOIN payload p ON p.seq = e.seq ORDER BY e.seq`,
    )
    .iterate();
  const gone = new SeqSet();
  const erased = new SeqSet();
  const start = genesis(keyed, options.nodeId);
  let hash = start;
  let headHash = options.headSeq === 0 ? start : undefined;
  let last = 0;
  let records = 0;
  let newestMs = 0;
  onProgress(0, total);
  for (const row of rows) {
    const header = headerOf(row);
    const { seq } = header;
    const stored = bytesOf(row["hash"]) ?? Buffer.alloc(0);
    if (seq !== last + 1) blameGap(last + 1, seq - 1, blame);
    // After a gap the chain cannot be followed; it is taken up again from what is stored.
    else if (!typed(row) || !chain(keyed, hash, header).equals(stored)) {
      blame(
        "altered_record",
        seq,
        `record ${seq} (${header.type}) is not the one that was written`,
      );
    } else if (header.origin === "node" && header.type === "journal.erased") {
      addErased(header, erased);
    }
    checkPayload(row, header, gone, blame);
    hash = stored;
    if (seq === options.headSeq) headHash = stored;
    last = seq;
    records += 1;
    newestMs = Math.max(newestMs, header.time);
    if (records % progressEvery === 0) onProgress(records, total);
  }
  onProgress(records, records);
  let unexplained = 0;
  for (const [from, to] of gone.without(erased)) {
    unexplained += to - from + 1;
    const what = from === to ? `record ${from}` : `records ${from} to ${to}`;
    blame(
      "missing_payload",
      from,
      `the payload of ${what} is gone without a record of its erasure`,
    );
  }
  checkStray(database, blame);
  checkDedupe(database, newestMs, blame);
  const firstSeq = records === 0 ? 0 : 1;
  return { records, erased: gone.count - unexplained, firstSeq, lastSeq: last, hash, headHash };
}

function blameGap(from: number, to: number, blame: Blame): void {
  if (to < from) blame("altered_record", to + 1, `record ${to + 1} stands where none can stand`);
  else {
    const what = from === to ? `record ${from} is` : `records ${from} to ${to} are`;
    blame("missing_record", from, `${what} missing`);
  }
}

/** An erasure can only tell of what stood before it. */
function addErased(header: ChainedHeader, erased: SeqSet): void {
  const facts = factsByType["journal.erased"].parse(JSON.parse(header.facts));
  for (const [from, to] of facts.ranges) {
    for (let seq = Math.max(1, from); seq <= Math.min(to, header.seq - 1); seq += 1)
      erased.add(seq);
  }
}

function checkPayload(
  row: Record<string, SQLOutputValue>,
  header: ChainedHeader,
  gone: SeqSet,
  blame: Blame,
): void {
  if (header.commitment === null) return;
  const { salt, data } = row;
  if (row["row"] === null || (salt === null && data === null)) return gone.add(header.seq);
  const bytes = bytesOf(salt);
  if (
    bytes === undefined ||
    typeof data !== "string" ||
    !commit(bytes, data).equals(header.commitment)
  ) {
    blame(
      "altered_payload",
      header.seq,
      `the payload of record ${header.seq} (${header.type}) is not the one that was written`,
    );
  }
}

function checkStray(database: DatabaseSync, blame: Blame): void {
  const stray = database
    .prepare(
      `SELECT p.seq FROM payload p LEFT JOIN event e ON e.seq = p.seq
       WHERE e.seq IS NULL OR e.commitment IS NULL`,
    )
    .iterate();
  for (const row of stray)
    blame("stray_payload", Number(row["seq"]), "a payload belongs to no record");
}

/** Every keyed record whose key has not expired by the newest record's time must have its dedupe row, and only those. */
function checkDedupe(database: DatabaseSync, newestMs: number, blame: Blame): void {
  const rows = new SeqSet();
  for (const row of database.prepare("SELECT seq FROM dedupe").iterate())
    rows.add(Number(row["seq"]));
  const records = database
    .prepare("SELECT seq FROM event WHERE keyed = 1 AND time > ? ORDER BY seq")
    .iterate(newestMs - dedupeMs);
  for (const row of records) {
    const seq = Number(row["seq"]);
    if (!rows.has(seq))
      blame("altered_state", seq, `the key that keeps record ${seq} from a repetition is gone`);
  }
}

const textColumns = ["origin", "type", "class", "owner", "actor", "tier", "facts"] as const;
const numberColumns = ["seq", "time", "hop", "keyed"] as const;

/** A changed type byte can turn one value into another that looks the same as text. */
function typed(row: Record<string, SQLOutputValue>): boolean {
  const { conversation, cause, commitment } = row;
  return (
    textColumns.every((name) => typeof row[name] === "string") &&
    numberColumns.every((name) => typeof row[name] === "number") &&
    (conversation === null || typeof conversation === "string") &&
    (cause === null || typeof cause === "number") &&
    (commitment === null || commitment instanceof Uint8Array)
  );
}

function headerOf(row: Record<string, SQLOutputValue>): ChainedHeader {
  const text = (name: (typeof textColumns)[number]): string => String(row[name]);
  const { conversation, cause } = row;
  return {
    seq: Number(row["seq"]),
    time: Number(row["time"]),
    origin: text("origin"),
    type: text("type"),
    class: text("class"),
    owner: text("owner"),
    actor: text("actor"),
    tier: text("tier"),
    conversation: typeof conversation === "string" ? conversation : null,
    cause: typeof cause === "number" ? cause : null,
    hop: Number(row["hop"]),
    keyed: Number(row["keyed"]),
    facts: text("facts"),
    commitment: bytesOf(row["commitment"]) ?? null,
  };
}

function bytesOf(value: SQLOutputValue | undefined): Buffer | undefined {
  return value instanceof Uint8Array ? Buffer.from(value) : undefined;
}
