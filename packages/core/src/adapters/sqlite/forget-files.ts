import {
  closeSync,
  existsSync,
  fstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  statSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { HeldCopy } from "@adyton/protocol";
import { Passages, passageBytesMin } from "../../domain/forgetting/passages.ts";
import type { SeqRanges } from "../../ports/forgetting.ts";
import { openForReading } from "./database.ts";
import { lastRecord } from "./journal-writer.ts";
import { readInPieces } from "./read-in-pieces.ts";

/** Bytes of a raw file looked through at once. */
const windowBytes = 8 * 1024 * 1024;

/** A writer of the index holds it for one commit. */
const indexWaitMs = 2_000;
/** So begins a line of the node's log; no field of a line can forge it. Behind it stands when the line was written. */
const logLineHead = Buffer.from('{"time":"');
const instantBytes = "2026-01-01T00:00:00.000Z".length;

/** Where words are looked for: the databases of the journal and the index with their logs; and the node's own log. */
export interface RawFiles {
  /** The index, which is among the databases. */
  readonly index: string;
  readonly databases: readonly string[];
  readonly logs: readonly string[];
}

/**
 * How many bytes of the words stand in raw files of the node. Words that a record which was not erased holds as well are there
 * rightly and do not count.
 */
export function residueIn(
  journal: string,
  { index, databases, logs }: RawFiles,
  words: Uint8Array,
): number {
  const passages = new Passages(words);
  if (passages.isEmpty) return 0;
  ignoreSurvivors(journal, passages);
  ignoreIndexed(journal, index, passages);
  const inDatabases = databases.map((file) => bytesInFile(file, passages));
  const inLogs = logs.map((file) => bytesInLog(file, passages));
  return [...inDatabases, ...inLogs].reduce((sum, bytes) => sum + bytes, 0);
}

function ignoreSurvivors(journal: string, passages: Passages): void {
  const database = openForReading(journal);
  try {
    const records = database.prepare(
      `SELECT CAST(e.facts AS BLOB) AS facts, CAST(p.data AS BLOB) AS data
       FROM event e LEFT JOIN payload p USING (seq) WHERE e.seq BETWEEN ? AND ?`,
    );
    for (const row of readInPieces(records, lastRecord(database)?.seq ?? 0))
      for (const bytes of [row["facts"], row["data"]])
        if (bytes instanceof Uint8Array) passages.ignoreThoseIn(bytes);
  } finally {
    database.close();
  }
}

/**
 * The index writes what a record says in its own way: without line breaks, folded, by the stems of its words. One that cannot
 * be read is made anew at the next start; until then its words count, so the figure is too great, never too small.
 */
function ignoreIndexed(journal: string, index: string, passages: Passages): void {
  const records = openForReading(journal);
  let indexed: DatabaseSync | undefined;
  try {
    indexed = new DatabaseSync(index, { readOnly: true, timeout: indexWaitMs });
    const survives = records.prepare("SELECT 1 FROM payload WHERE seq = ? AND data IS NOT NULL");
    const chunks = indexed.prepare(
      `SELECT d.seq, CAST(c.text AS BLOB) AS text, CAST(c.heading_terms AS BLOB) AS heading,
         CAST(c.context_terms AS BLOB) AS context, CAST(c.body_terms AS BLOB) AS body
       FROM chunks c JOIN documents d ON d.id = c.document`,
    );
    for (const { seq, ...columns } of chunks.iterate())
      if (survives.get(seq ?? null) !== undefined)
        for (const bytes of Object.values(columns))
          if (bytes instanceof Uint8Array) passages.ignoreThoseIn(bytes);
  } catch {
    return;
  } finally {
    indexed?.close();
    records.close();
  }
}

/** A file that is not there, as a log that was emptied, holds nothing. */
function bytesInFile(file: string, passages: Passages): number {
  if (!existsSync(file)) return 0;
  const handle = openSync(file, "r");
  try {
    const { size } = fstatSync(handle);
    const window = Buffer.alloc(Math.min(size, windowBytes + passageBytesMin));
    let found = 0;
    for (let at = 0; at < size; at += windowBytes) {
      const length = readSync(handle, window, 0, window.length, at);
      found += passages.bytesIn(window.subarray(0, length));
    }
    return found;
  } finally {
    closeSync(handle);
  }
}

/**
 * An erased report of the node may name the minute in which a line was written as well. That instant is the line's own; it
 * would stand there had the report never been made.
 */
function bytesInLog(file: string, passages: Passages): number {
  if (!existsSync(file)) return 0;
  const bytes = readFileSync(file);
  for (let at = 0, end = 0; end !== -1; at = end + 1) {
    const instant = at + logLineHead.length;
    if (bytes.subarray(at, instant).equals(logLineHead))
      bytes.fill(0, instant, instant + instantBytes);
    end = bytes.indexOf("\n", at);
  }
  return passages.bytesIn(bytes);
}

/** Copies the write-ahead log back as far as readers let it. The writer goes on meanwhile, and has little left to do. */
export function copyLogBack(file: string): void {
  const database = new DatabaseSync(file);
  try {
    database.exec("PRAGMA wal_checkpoint(PASSIVE)");
  } finally {
    database.close();
  }
}

/** The copies of the journal in the home that hold payloads of these records, oldest first. */
export function copiesWith(
  journal: string,
  backups: string,
  ranges: SeqRanges,
): readonly HeldCopy[] {
  const home = dirname(journal);
  const folders = existsSync(backups) ? readdirSync(backups) : [];
  const candidates = [
    ...folders.map((name) => ({
      name: `backups/${name}`,
      file: join(backups, name, "journal.db"),
    })),
    ...readdirSync(home)
      // What restoring has put aside, or was putting in place.
      .filter((name) => /^journal\.db\.[^/]+$/.test(name) && !/-(?:wal|shm)$/.test(name))
      .map((name) => ({ name, file: join(home, name) })),
  ];
  const ours = openForReading(journal);
  try {
    return candidates
      .filter(({ file }) => existsSync(file))
      .flatMap(({ name, file }): HeldCopy[] => {
        const holds = holdsPayload(file, ours, ranges);
        const made = statSync(file).mtime.toISOString();
        return holds === false ? [] : [{ name, made, readable: holds === true }];
      })
      .toSorted((left, right) => left.made.localeCompare(right.made));
  } finally {
    ours.close();
  }
}

/** A record is known by its commitment: a journal that was put aside has other records behind the place where they part. */
function holdsPayload(
  file: string,
  journal: DatabaseSync,
  ranges: SeqRanges,
): boolean | "unreadable" {
  let database: DatabaseSync | undefined;
  try {
    database = openForReading(file);
    const present = database.prepare(
      `SELECT e.seq, e.commitment FROM event e JOIN payload p USING (seq)
       WHERE e.seq BETWEEN ? AND ? AND p.data IS NOT NULL`,
    );
    const ours = journal.prepare("SELECT 1 FROM event WHERE seq = ? AND commitment = ?");
    for (const range of ranges)
      for (const { seq, commitment } of present.iterate(...range))
        if (ours.get(seq ?? null, commitment ?? null) !== undefined) return true;
    return false;
  } catch {
    return "unreadable";
  } finally {
    database?.close();
  }
}
