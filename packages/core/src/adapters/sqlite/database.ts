import { readdirSync, readFileSync } from "node:fs";
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
 * Brings an older schema forward; a newer one, or a database of something else, is refused with a `DatabaseError`.
 */
export function openForWriting(file: string): DatabaseSync {
  const database = new DatabaseSync(file, { timeout: busyMsMax });
  try {
    database.exec(
      "PRAGMA secure_delete = ON; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;",
    );
    database.exec(`PRAGMA wal_autocheckpoint = ${checkpointPages}; PRAGMA foreign_keys = OFF;`);
    migrate(database, file);
    return database;
  } catch (error) {
    database.close();
    throw asDatabaseError(error, file);
  }
}

/** Opens the journal's file for reading beside the writer. */
export function openForReading(file: string): DatabaseSync {
  const database = new DatabaseSync(file, { readOnly: true, timeout: busyMsMax });
  try {
    checkIdentity(database, file, readMigrations().at(-1)?.version ?? 0);
    return database;
  } catch (error) {
    database.close();
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
  const code = sqliteErrorCode(error);
  if (code === sqliteNotADatabase || code === sqliteCorrupt) {
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

export const sqliteFull = 13;
export const sqliteCorrupt = 11;
const sqliteNotADatabase = 26;

/** SQLite's primary result code of an error thrown by node:sqlite. */
export function sqliteErrorCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("errcode" in error)) return undefined;
  return typeof error.errcode === "number" ? error.errcode & 0xff : undefined;
}
