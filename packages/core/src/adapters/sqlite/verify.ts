import { rmSync } from "node:fs";
import type { DatabaseSync, SQLOutputValue } from "node:sqlite";
import type { VerifyReport } from "@adyton/protocol";
import { factsByType } from "../../domain/journal/record.ts";
import { chain, type ChainedHeader, commit, genesis } from "./chain.ts";
import { openForReading, openForWriting } from "./database.ts";
import { readHead } from "./head-file.ts";
import { Projections, stateTables } from "./projections.ts";

export interface VerifyOptions {
  readonly file: string;
  readonly headFile: string;
  readonly headKey: Uint8Array;
  readonly nodeId: string;
  /** Called now and then with the records checked so far and in all. */
  readonly onProgress?: (done: number, total: number) => void;
}

type Fault = VerifyReport["faults"][number];

/** Faults listed in full; a journal with more is beyond repair anyway. */
const faultsMax = 100;
const progressEvery = 20_000;
const integrityProblemsMax = 10;

/**
 * Checks the whole journal: every record against the chain, every payload against its commitment, every missing
 * payload against the records of erasure, the end against the signed head, SQLite's own structure, and the state
 * tables against a replay. Reads one consistent snapshot beside the writer; long, so it belongs in a thread of its own.
 */
export function verifyJournal(options: VerifyOptions): VerifyReport {
  const startedMs = performance.now();
  const faults: Fault[] = [];
  const blame = (kind: Fault["kind"], seq: number, detail: string): void => {
    if (faults.length < faultsMax) faults.push({ kind, seq, detail });
  };
  // The head is read before the snapshot is taken: the journal may be ahead of it, never behind.
  const head = readHead(options.headFile, options.headKey);
  let walked: Walked = {
    records: 0,
    erased: 0,
    firstSeq: 0,
    lastSeq: 0,
    hash: genesis(options.nodeId),
    headHash: undefined,
  };
  try {
    const database = openForReading(options.file);
    try {
      database.exec("BEGIN");
      walked = walk(database, options, head.kind === "read" ? head.head.seq : -1, blame);
      checkStructure(database, blame);
      if (faults.length === 0) checkState(database, `${options.file}.verify`, blame);
    } finally {
      database.close();
    }
  } catch (error) {
    blame(
      "unreadable",
      walked.lastSeq,
      error instanceof Error ? error.message : "the file cannot be read",
    );
  }
  if (head.kind === "invalid")
    blame("head_invalid", 0, "the head file does not carry this node's signature");
  if (head.kind === "absent" && walked.records > 0)
    blame("head_missing", 0, "the head file is missing");
  if (head.kind === "read") {
    const { seq, hash } = head.head;
    if (seq > walked.lastSeq) {
      blame(
        "tail_cut",
        walked.lastSeq + 1,
        `records ${walked.lastSeq + 1} to ${seq} are missing: the signed head is ${seq}`,
      );
    } else if (seq > 0 && (walked.headHash === undefined || !walked.headHash.equals(hash))) {
      blame(
        "tail_cut",
        seq,
        `record ${seq} is not the one the signed head names: another file stands in its place`,
      );
    }
  }
  return {
    clean: faults.length === 0,
    records: walked.records,
    erased: walked.erased,
    firstSeq: walked.firstSeq,
    lastSeq: walked.lastSeq,
    headHash: walked.hash.toString("hex"),
    faults,
    tookMs: Math.round(performance.now() - startedMs),
  };
}

interface Walked {
  readonly records: number;
  readonly erased: number;
  readonly firstSeq: number;
  readonly lastSeq: number;
  readonly hash: Buffer;
  /** The stored hash at the signed head's place. */
  readonly headHash: Buffer | undefined;
}

function walk(
  database: DatabaseSync,
  options: VerifyOptions,
  headSeq: number,
  blame: (kind: Fault["kind"], seq: number, detail: string) => void,
): Walked {
  const total = Number(database.prepare("SELECT count(*) AS n FROM event").get()?.["n"] ?? 0);
  const rows = database
    .prepare(
      "SELECT e.*, p.salt, p.data FROM event e LEFT JOIN payload p USING (seq) ORDER BY e.seq",
    )
    .iterate();
  const missing = new Ranges();
  const erasures = new Ranges();
  let hash = genesis(options.nodeId);
  let expected = 1;
  let records = 0;
  let headHash: Buffer | undefined;
  for (const row of rows) {
    const header = headerOf(row);
    if (header.seq !== expected) {
      const last = header.seq - 1;
      blame(
        "missing_record",
        expected,
        last === expected
          ? `record ${expected} is missing`
          : `records ${expected} to ${last} are missing`,
      );
    }
    const stored = bytesOf(row["hash"]) ?? Buffer.alloc(0);
    // After a gap the chain cannot be followed; it is taken up again from what is stored.
    if (header.seq === expected && !chain(hash, header).equals(stored)) {
      blame(
        "altered_record",
        header.seq,
        `record ${header.seq} (${header.type}) is not the one that was written`,
      );
    }
    checkPayload(row, header, missing, blame);
    if (header.origin === "node" && header.type === "journal.erased") {
      const facts = factsByType["journal.erased"].safeParse(JSON.parse(header.facts));
      for (const [from, to] of facts.data?.ranges ?? []) erasures.add(from, to);
    }
    hash = stored;
    if (header.seq === headSeq) headHash = stored;
    expected = header.seq + 1;
    records += 1;
    if (records % progressEvery === 0) options.onProgress?.(records, total);
  }
  for (const [from, to] of missing.without(erasures)) {
    blame(
      "missing_payload",
      from,
      `the payload of ${from === to ? `record ${from}` : `records ${from} to ${to}`} is gone without a record of its erasure`,
    );
  }
  const stray = database
    .prepare(
      "SELECT p.seq FROM payload p LEFT JOIN event e USING (seq) WHERE e.seq IS NULL OR e.commitment IS NULL",
    )
    .all();
  for (const row of stray)
    blame("stray_payload", Number(row["seq"]), "a payload belongs to no record");
  const firstSeq = records === 0 ? 0 : 1;
  return { records, erased: missing.count, firstSeq, lastSeq: expected - 1, hash, headHash };
}

function checkPayload(
  row: Record<string, SQLOutputValue>,
  header: ChainedHeader,
  missing: Ranges,
  blame: (kind: Fault["kind"], seq: number, detail: string) => void,
): void {
  if (header.commitment === null) return;
  const salt = bytesOf(row["salt"]);
  const data = row["data"];
  if (salt === undefined || typeof data !== "string") missing.add(header.seq, header.seq);
  else if (!commit(salt, data).equals(header.commitment)) {
    blame(
      "altered_payload",
      header.seq,
      `the payload of record ${header.seq} (${header.type}) is not the one that was written`,
    );
  }
}

function headerOf(row: Record<string, SQLOutputValue>): ChainedHeader {
  const text = (name: string): string => String(row[name]);
  const conversation = row["conversation"];
  const cause = row["cause"];
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
    facts: text("facts"),
    commitment: bytesOf(row["commitment"]) ?? null,
  };
}

function bytesOf(value: SQLOutputValue | undefined): Buffer | undefined {
  return value instanceof Uint8Array ? Buffer.from(value) : undefined;
}

function checkStructure(
  database: DatabaseSync,
  blame: (kind: Fault["kind"], seq: number, detail: string) => void,
): void {
  const problems = database.prepare(`PRAGMA integrity_check(${integrityProblemsMax})`).all();
  for (const row of problems) {
    const text = String(row["integrity_check"]);
    if (text !== "ok") blame("unreadable", 0, `the database's structure is damaged: ${text}`);
  }
}

/** Replays the records into an empty database and compares every state table row for row. */
function checkState(
  database: DatabaseSync,
  scratchFile: string,
  blame: (kind: Fault["kind"], seq: number, detail: string) => void,
): void {
  const remove = (): void => {
    for (const suffix of ["", "-wal", "-shm", "-journal"])
      rmSync(scratchFile + suffix, { force: true });
  };
  remove();
  const scratch = openForWriting(scratchFile);
  try {
    scratch.exec("PRAGMA synchronous = OFF; BEGIN");
    new Projections(scratch).replay(database);
    scratch.exec("COMMIT");
    for (const table of stateTables) {
      if (!sameRows(database, scratch, table)) {
        blame(
          "altered_state",
          0,
          `the table "${table}" is not what the records say; adyton journal rebuild derives it again`,
        );
      }
    }
  } finally {
    scratch.close();
    remove();
  }
}

function sameRows(left: DatabaseSync, right: DatabaseSync, table: string): boolean {
  const rows = (database: DatabaseSync) =>
    database.prepare(`SELECT * FROM ${table} ORDER BY 1, 2`).iterate();
  const others = rows(right);
  for (const row of rows(left)) {
    const other = others.next();
    if (other.done === true || JSON.stringify(row) !== JSON.stringify(other.value)) return false;
  }
  return others.next().done === true;
}

/** Ascending closed ranges of sequence numbers: millions of erased records take a few entries. */
class Ranges {
  #ranges: [number, number][] = [];
  count = 0;

  add(from: number, to: number): void {
    const last = this.#ranges.at(-1);
    this.count += to - from + 1;
    if (last !== undefined && last[1] === from - 1) last[1] = to;
    else this.#ranges.push([from, to]);
  }

  /** The parts of these ranges that no range of `other` covers. */
  without(other: Ranges): readonly (readonly [number, number])[] {
    const covers = other.#ranges.toSorted((a, b) => a[0] - b[0]);
    const left: [number, number][] = [];
    for (const [start, end] of this.#ranges) {
      let from = start;
      for (const [coverFrom, coverTo] of covers) {
        if (coverTo < from) continue;
        if (coverFrom > end) break;
        if (coverFrom > from) left.push([from, coverFrom - 1]);
        from = Math.max(from, coverTo + 1);
      }
      if (from <= end) left.push([from, end]);
    }
    return left;
  }
}
