// index.db holds nothing that the journal does not: it is derived, and rebuilt from there. So an index that cannot be
// read, or that another version wrote, is deleted rather than repaired, and its watermark of 0 asks for the rebuild.
import { closeSync, openSync, readSync, rmSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";

/** Raised whenever tables, tokens or stems change: terms written by other rules would not be found again. */
const indexVersion = 4;
const applicationId = 0x41_44_59_49;
const busyTimeoutMs = 2_000;
const cacheKib = 8_192;

const schema = `
  CREATE TABLE meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE documents (
    id INTEGER PRIMARY KEY,
    document_id TEXT NOT NULL UNIQUE,
    owner TEXT,
    title TEXT NOT NULL,
    source TEXT NOT NULL,
    language TEXT,
    tier TEXT NOT NULL,
    ingested_by TEXT NOT NULL,
    cause INTEGER NOT NULL,
    expires INTEGER,
    seq INTEGER NOT NULL,
    hash TEXT NOT NULL,
    -- Since when a fact holds; documents do at once.
    begins INTEGER
  ) STRICT;
  CREATE TABLE chunks (
    id INTEGER PRIMARY KEY,
    document INTEGER NOT NULL REFERENCES documents (id),
    heading TEXT NOT NULL,
    text TEXT NOT NULL,
    start_byte INTEGER NOT NULL,
    end_byte INTEGER NOT NULL,
    heading_terms TEXT NOT NULL,
    context_terms TEXT NOT NULL,
    body_terms TEXT NOT NULL
  ) STRICT;
  CREATE INDEX chunks_document ON chunks (document);
  CREATE VIRTUAL TABLE chunks_stem USING fts5 (
    heading_terms, context_terms, body_terms, content = 'chunks', content_rowid = 'id',
    tokenize = "unicode61 remove_diacritics 0 tokenchars '_'"
  );
  -- The signs lie apart from the vectors, so that reading them all does not read those.
  CREATE TABLE signs (
    chunk INTEGER PRIMARY KEY,
    model TEXT NOT NULL,
    dimensions INTEGER NOT NULL,
    bits BLOB NOT NULL
  ) STRICT;
  CREATE INDEX signs_model ON signs (model, dimensions);
  CREATE TABLE vectors (chunk INTEGER PRIMARY KEY, vector BLOB NOT NULL) STRICT;
  CREATE TABLE terms (
    id INTEGER PRIMARY KEY,
    term TEXT NOT NULL UNIQUE,
    sound TEXT NOT NULL,
    chunks INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX terms_sound ON terms (sound);
  CREATE VIRTUAL TABLE terms_trigram USING fts5 (
    sound, content = 'terms', content_rowid = 'id', tokenize = 'trigram', columnsize = 0, detail = none
  );
  INSERT INTO chunks_stem (chunks_stem, rank) VALUES ('secure-delete', 1);
  INSERT INTO terms_trigram (terms_trigram, rank) VALUES ('secure-delete', 1);
  INSERT INTO chunks_stem (chunks_stem, rank) VALUES ('rank', 'bm25(3.0, 1.5, 1.0)');
  INSERT INTO meta VALUES ('watermark_seq', 0), ('documents', 0), ('chunks', 0);
  PRAGMA application_id = ${applicationId};
  PRAGMA user_version = ${indexVersion};
`;

/** True for the errors by which SQLite says that the file is not, or no longer, a database. */
export function isCorrupt(error: unknown): boolean {
  const code = error instanceof Error && "errcode" in error ? Number(error.errcode) & 0xff : 0;
  return code === 11 || code === 26;
}

export function removeIndexFiles(file: string): void {
  for (const suffix of ["", "-wal", "-shm", "-journal"]) rmSync(file + suffix, { force: true });
}

function isForeign(file: string): boolean {
  // SQLite would treat a short or foreign file as empty in some cases; the header decides before it is opened.
  const header = Buffer.alloc(16);
  let handle: number;
  try {
    handle = openSync(file, "r");
  } catch {
    return false;
  }
  try {
    const length = readSync(handle, header, 0, 16, 0);
    return length !== 0 && header.toString("latin1") !== "SQLite format 3\0";
  } finally {
    closeSync(handle);
  }
}

function pragmaNumber(database: DatabaseSync, name: "application_id" | "user_version"): number {
  return Number(database.prepare(`PRAGMA ${name}`).get()?.[name]);
}

function connect(file: string): DatabaseSync {
  const database = new DatabaseSync(file, { timeout: busyTimeoutMs });
  try {
    // NORMAL may lose the last transactions in a power cut, never consistency: the watermark is lost with them.
    database.exec(
      `PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA secure_delete = ON; PRAGMA cache_size = -${cacheKib}`,
    );
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/**
 * Opens the index, or makes a new one where there is none, where the file is damaged, and where another version wrote
 * it. Throws what SQLite throws for everything else (no permission, disk full, locked).
 */
export function openIndexFile(file: string): DatabaseSync {
  if (isForeign(file)) removeIndexFiles(file);
  try {
    const database = connect(file);
    const version = pragmaNumber(database, "user_version");
    if (version === indexVersion && pragmaNumber(database, "application_id") === applicationId) {
      if (database.prepare("PRAGMA quick_check(1)").get()?.["quick_check"] === "ok")
        return database;
    }
    database.close();
  } catch (error) {
    if (!isCorrupt(error)) throw error;
  }
  removeIndexFiles(file);
  const database = connect(file);
  database.exec(`BEGIN IMMEDIATE; ${schema} COMMIT`);
  return database;
}
