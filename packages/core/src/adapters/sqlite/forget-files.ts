import {
  closeSync,
  existsSync,
  fstatSync,
  openSync,
  readdirSync,
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

/**
 * How many bytes of the words stand in raw files of the node: its database, the write-ahead logs, the index, its log. Words
 * that a record which was not erased holds as well are there rightly and do not count.
 */
export function residueIn(journal: string, files: readonly string[], words: Uint8Array): number {
  const passages = new Passages(words);
  if (passages.isEmpty) return 0;
  ignoreSurvivors(journal, passages);
  return files.reduce((sum, file) => sum + bytesInFile(file, passages), 0);
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
