import { existsSync, readdirSync, readFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";

/** Why a journal's file cannot be opened. */
export class DatabaseError extends Error {
  override readonly name = "DatabaseError";
  readonly code: "newer_schema" | "not_a_journal" | "damaged";
  constructor(code: DatabaseError["code"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** "ADYT" as SQLite's application id: tells a journal from any other database. */
const applicationId = 0x41445954;
const migrationsFolder = new URL("../../../migrations/", import.meta.url);
/** Milliseconds a connection waits for another's lock. */
const busyMsMax = 5_000;
/** Pages in the write-ahead log after which a commit copies them back. */
const checkpointPages = 4_000;
/** Bytes the write-ahead log keeps on disk after a long reader made it grow. */
const walKeptBytesMax = 64 * 1024 * 1024;
/** SQLite's page cache of the scratch database, in KiB; what is over it lies on disk. */
const scratchCacheKib = 16_384;

interface Migration {
  readonly version: number;
  readonly sql: string;
}

function readMigrations(): readonly Migration[] {
  return readdirSync(migrationsFolder)
    .filter((name) => /^\d{4}-.*\.sql$/.test(name))
    .toSorted()
    .map((name) => ({
      version: Number(name.slice(0, 4)),
      sql: readFileSync(new URL(name, migrationsFolder), "utf8"),
    }));
}

/** Reads a pragma that answers one number. */
function pragmaNumber(database: DatabaseSync, name: string): number {
  const row = database.prepare(`PRAGMA ${name}`).get();
  return Number(row?.[name]);
}

/**
 * Opens the journal's file for its one writer: write-ahead log, fsync at each commit, deleted bytes overwritten.
 * Brings an older schema forward. A newer one, or a database of something else, is refused with a `DatabaseError`
 * before anything of it is touched.
 */
export function openForWriting(file: string): DatabaseSync {
  if (existsSync(file)) openForReading(file).close();
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(file, { timeout: busyMsMax });
    database.exec(
      "PRAGMA secure_delete = ON; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;",
    );
    database.exec(
      `PRAGMA wal_autocheckpoint = ${checkpointPages}; PRAGMA journal_size_limit = ${walKeptBytesMax};`,
    );
    migrate(database, file);
    return database;
  } catch (error) {
    database?.close();
    throw asDatabaseError(error, file);
  }
}

/**
 * Copies the write-ahead log back and empties it. False when a reader held it: what was erased then still stands in
 * it. Waits at most `waitMsMax`, because nothing is written meanwhile.
 */
export function emptyLog(database: DatabaseSync, waitMsMax: number): boolean {
  database.exec(`PRAGMA busy_timeout = ${waitMsMax}`);
  try {
    return database.prepare("PRAGMA wal_checkpoint(TRUNCATE)").get()?.["busy"] === 0;
  } finally {
    database.exec(`PRAGMA busy_timeout = ${busyMsMax}`);
  }
}

/**
 * An empty database with the journal's tables, for one comparison. What is over the cache lies in a file that SQLite
 * makes in the system's folder for temporary files (TMPDIR, /var/tmp) and that is gone with the connection.
 */
export function openScratch(): DatabaseSync {
  const database = new DatabaseSync("");
  try {
    database.exec(`PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;`);
    database.exec(`PRAGMA cache_size = -${scratchCacheKib}`);
    migrate(database, "the scratch database");
  } catch (error) {
    database.close();
    throw error;
  }
  return database;
}

/** Everything that decides how the file is read, as text: two databases with the same schema give the same. */
export function schemaText(database: DatabaseSync): string {
  const objects = database
    .prepare("SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name")
    .all();
  const settings = ["application_id", "user_version", "encoding", "auto_vacuum"].map(
    (name) => database.prepare(`PRAGMA ${name}`).get()?.[name],
  );
  return JSON.stringify([settings, objects]);
}

/** Opens the journal's file for reading beside the writer. */
export function openForReading(file: string): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(file, { readOnly: true, timeout: busyMsMax });
    checkIdentity(database, file, readMigrations().at(-1)?.version ?? 0);
    return database;
  } catch (error) {
    database?.close();
    throw asDatabaseError(error, file);
  }
}

function checkIdentity(database: DatabaseSync, file: string, newestVersion: number): number {
  const id = pragmaNumber(database, "application_id");
  const version = pragmaNumber(database, "user_version");
  const tables = database.prepare("SELECT count(*) AS n FROM sqlite_schema").get();
  if (id !== applicationId && !(id === 0 && version === 0 && tables?.["n"] === 0)) {
    throw new DatabaseError("not_a_journal", `${file} is a database of another program`);
  }
  if (version > newestVersion) {
    throw new DatabaseError(
      "newer_schema",
      `${file} was written by a newer version (schema ${version}, this version knows ${newestVersion}). ` +
        "Nothing was changed. Run the newer version, or restore a backup made by this one.",
    );
  }
  return version;
}

function migrate(database: DatabaseSync, file: string): void {
  const migrations = readMigrations();
  const version = checkIdentity(database, file, migrations.at(-1)?.version ?? 0);
  for (const migration of migrations) {
    if (migration.version <= version) continue;
    database.exec("BEGIN IMMEDIATE");
    try {
      database.exec(migration.sql);
      database.exec(
        `PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${migration.version};`,
      );
      database.exec("COMMIT");
    } catch (error) {
      database.exec("ROLLBACK");
      throw error;
    }
  }
}

function asDatabaseError(error: unknown, file: string): unknown {
  if (error instanceof DatabaseError) return error;
  if (failureOf(error) === "damaged") {
    return new DatabaseError(
      "damaged",
      `${file} is damaged and cannot be read. Restore a backup: adyton journal restore`,
      {
        cause: error,
      },
    );
  }
  return error;
}

const sqliteCorrupt = 11;
const sqliteFull = 13;
const sqliteNotADatabase = 26;
/** Constraint, mismatch, too big, range: the statement's values are wrong, not the disk. */
const sqliteValueCodes: readonly number[] = [18, 19, 20, 25];

/** Whose fault a failed statement is. Anything that SQLite did not throw is a record that does not fit. */
export function failureOf(
  error: unknown,
): "storage_full" | "storage_failed" | "damaged" | "invalid_record" {
  const code = sqliteErrorCode(error);
  if (code === undefined || sqliteValueCodes.includes(code)) return "invalid_record";
  if (code === sqliteFull) return "storage_full";
  return code === sqliteCorrupt || code === sqliteNotADatabase ? "damaged" : "storage_failed";
}

/** SQLite's primary result code of an error thrown by node:sqlite. */
function sqliteErrorCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("errcode" in error)) return undefined;
  return typeof error.errcode === "number" ? error.errcode & 0xff : undefined;
}
