import type { DatabaseSync } from "node:sqlite";
import type { VerifyReport } from "@adyton/protocol";
import { DatabaseError, failureOf, openForReading, openScratch, schemaText } from "./database.ts";
import { readHead, type HeadOutcome } from "./head-file.ts";
import type { JournalFiles } from "./journal-files.ts";
import { keyedHash } from "./keyed-hash.ts";
import { Projections, stateTables } from "./projections.ts";
import { unsealedRows } from "./sealed-rows.ts";
import { type Blame, walkRecords, type Walked } from "./verify-records.ts";

export interface VerifyProgress {
  /** Records against the chain, the file's structure, then the state against a replay. */
  readonly step: "records" | "structure" | "state";
  readonly done: number;
  readonly total: number;
}

type OnProgress = ((progress: VerifyProgress) => void) | undefined;

type Fault = VerifyReport["faults"][number];

/** Faults listed in full; a journal with more is beyond repair anyway. */
const faultsMax = 100;
const integrityProblemsMax = 10;
/** The statement that checks the structure answers only at its end; its progress is 0 or 1 of this. */
const structureSteps = 1;

/**
 * Checks the whole journal: every record against the chain, every payload against its commitment, every missing
 * payload against the records of erasure, the rows beside the chain against their seals, the end against the signed
 * head, SQLite's own structure, and the state tables against a replay. Reads one consistent snapshot beside the
 * writer; long, so it belongs in a thread of its own. Throws when it cannot finish for want of room on the disk.
 */
export function verifyJournal(files: JournalFiles, onProgress?: OnProgress): VerifyReport {
  const startedMs = performance.now();
  const faults: Fault[] = [];
  const blame: Blame = (kind, seq, detail) => {
    if (faults.length < faultsMax) faults.push({ kind, seq, detail });
  };
  // The head is read before the snapshot is taken: the journal may be ahead of it, never behind.
  const head = readHead(files.headFile, files.headKey);
  const walked = checkDatabase(files, head, blame, onProgress);
  checkEnd(head, walked, blame);
  return {
    clean: faults.length === 0,
    records: walked?.records ?? 0,
    erased: walked?.erased ?? 0,
    firstSeq: walked?.firstSeq ?? 0,
    lastSeq: walked?.lastSeq ?? 0,
    headHash: walked?.hash.toString("hex") ?? "",
    faults,
    tookMs: Math.round(performance.now() - startedMs),
  };
}

/** What the walk saw; nothing when the records could not be read to their end. */
function checkDatabase(
  files: JournalFiles,
  head: HeadOutcome,
  blame: Blame,
  onProgress: OnProgress,
): Walked | undefined {
  const keyed = keyedHash(files.headKey);
  let walked: Walked | undefined;
  let faulty = false;
  const note: Blame = (...fault) => {
    faulty = true;
    blame(...fault);
  };
  let database: DatabaseSync | undefined;
  try {
    database = openForReading(files.file);
    database.exec("BEGIN");
    walked = walkRecords(database, {
      keyed,
      nodeId: files.nodeId,
      headSeq: head.kind === "read" ? head.head.seq : undefined,
      blame: note,
      onProgress: (done, total) => onProgress?.({ step: "records", done, total }),
    });
    for (const [table] of unsealedRows(database, keyed))
      note("altered_state", 0, `a row of the table "${table}" is not the one that was written`);
    checkStructure(database, onProgress, note);
    checkState(database, { faulty, onProgress }, note);
  } catch (error) {
    if (error instanceof ScratchError) throw error;
    const known = error instanceof DatabaseError || failureOf(error) !== "invalid_record";
    const message = known && error instanceof Error ? error.message : "a value has no place in it";
    blame("unreadable", walked?.lastSeq ?? 0, `the file cannot be read to its end: ${message}`);
  } finally {
    database?.close();
  }
  return walked;
}

/** The signed head against the records. */
function checkEnd(head: HeadOutcome, walked: Walked | undefined, blame: Blame): void {
  if (head.kind === "invalid")
    blame("head_invalid", 0, "the head file does not carry this node's signature");
  // Of records that could not be read nothing more can be said.
  if (walked === undefined) return;
  if (head.kind === "absent" && walked.records > 0)
    blame("head_missing", 0, "the head file is missing");
  if (head.kind !== "read") return;
  const { seq, hash } = head.head;
  if (seq > walked.lastSeq) {
    const from = walked.lastSeq + 1;
    blame("tail_cut", from, `records ${from} to ${seq} are missing: the signed head is ${seq}`);
  } else if (walked.headHash === undefined || !walked.headHash.equals(hash)) {
    blame(
      "tail_cut",
      seq,
      `record ${seq} is not the one the signed head names: another file stands in its place`,
    );
  }
}

function checkStructure(database: DatabaseSync, onProgress: OnProgress, blame: Blame): void {
  onProgress?.({ step: "structure", done: 0, total: structureSteps });
  const problems = database.prepare(`PRAGMA integrity_check(${integrityProblemsMax})`).all();
  for (const row of problems) {
    const text = String(row["integrity_check"]);
    if (text !== "ok") blame("unreadable", 0, `the database's structure is damaged: ${text}`);
  }
  onProgress?.({ step: "structure", done: structureSteps, total: structureSteps });
}

/** The comparison could not be made; that says nothing about the journal. */
class ScratchError extends Error {
  override readonly name = "ScratchError";
}

/**
 * Compares the schema with that of an empty journal, then replays the records into it and compares every state table
 * row for row. Of faulty records no state can be expected. The replay takes as much room as the state, on the disk.
 */
function checkState(
  database: DatabaseSync,
  { faulty, onProgress }: { readonly faulty: boolean; readonly onProgress: OnProgress },
  blame: Blame,
): void {
  const scratch = openScratch();
  try {
    if (schemaText(database) !== schemaText(scratch))
      blame("altered_state", 0, "the database's tables are not the ones this version makes");
    if (faulty) return;
    const total = stateTables.length + 1;
    onProgress?.({ step: "state", done: 0, total });
    replay(database, scratch);
    for (const [index, table] of stateTables.entries()) {
      onProgress?.({ step: "state", done: index + 1, total });
      if (!sameRows(database, scratch, table)) {
        blame(
          "altered_state",
          0,
          `the table "${table}" is not what the records say; adyton journal rebuild derives it again`,
        );
      }
    }
    onProgress?.({ step: "state", done: total, total });
  } finally {
    scratch.close();
  }
}

function replay(database: DatabaseSync, scratch: DatabaseSync): void {
  try {
    scratch.exec("BEGIN");
    new Projections(scratch).replay(database);
    scratch.exec("COMMIT");
  } catch (cause) {
    if (failureOf(cause) !== "storage_full") throw cause;
    throw new ScratchError("there is no room on the disk to replay the journal beside it", {
      cause,
    });
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
