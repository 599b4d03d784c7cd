import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { writeFileAtomic } from "./atomic-file.ts";
import { CodedError } from "./coded-error.ts";

/**
 * One process per folder.
 *
 * The lock is an open exclusive transaction on the empty database `node.lock`: the kernel holds it for the process and
 * releases it with the process, also on `kill -9`, so there is no stale lock to judge by a pid that somebody else has
 * by now. `node.lock.json` beside it names the holder for the message; it is never trusted for the decision.
 * Nothing else in the process may open `node.lock`: closing any descriptor of a file drops its POSIX locks.
 */

const lockName = "node.lock";
const holderName = "node.lock.json";

export class LockError extends CodedError<"unusable"> {}

export interface FolderLock extends AsyncDisposable {
  /** Releases the lock; the second call does nothing. */
  release(): void;
}

export interface LockHolder {
  readonly pid: number;
  readonly startedAtMs: number;
}

export type LockOutcome =
  | { readonly kind: "locked"; readonly lock: FolderLock }
  | { readonly kind: "held"; readonly holder: LockHolder | undefined; readonly message: string };

/** Takes the folder's lock or says who holds it; never waits. Throws `LockError` where files cannot be locked. */
export async function lockFolder(folder: string): Promise<LockOutcome> {
  const database = exclusive(folder);
  if (database === undefined) {
    const holder = await readHolder(folder);
    const name = holder === undefined ? "another node" : `another node (pid ${holder.pid})`;
    return { kind: "held", holder, message: `${name} uses this folder: ${folder}` };
  }
  const holder: LockHolder = { pid: process.pid, startedAtMs: Math.round(performance.timeOrigin) };
  const release = (): void => {
    if (database.isOpen) database.close();
  };
  try {
    await writeFileAtomic(join(folder, holderName), `${JSON.stringify(holder)}\n`);
  } catch (error) {
    release();
    throw error;
  }
  return {
    kind: "locked",
    lock: { release, [Symbol.asyncDispose]: () => Promise.resolve(release()) },
  };
}

/** The database with its exclusive transaction open, or `undefined` when another connection has it. */
function exclusive(folder: string): DatabaseSync | undefined {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(join(folder, lockName), { timeout: 0 });
    database.exec("PRAGMA journal_mode = DELETE");
    database.exec("BEGIN EXCLUSIVE");
    return database;
  } catch (cause) {
    database?.close();
    const code: unknown = cause instanceof Error ? Reflect.get(cause, "errcode") : undefined;
    if (code === sqliteBusy) return undefined;
    throw new LockError(
      "unusable",
      `${join(folder, lockName)} cannot be locked on this file system`,
      { cause },
    );
  }
}

const sqliteBusy = 5;

async function readHolder(folder: string): Promise<LockHolder | undefined> {
  try {
    const holder: unknown = JSON.parse(await readFile(join(folder, holderName), "utf8"));
    return isHolder(holder) ? holder : undefined;
  } catch {
    // The name of the holder is a courtesy; without it the message says "another node".
    return undefined;
  }
}

function isHolder(value: unknown): value is LockHolder {
  if (typeof value !== "object" || value === null) return false;
  const { pid, startedAtMs } = { pid: undefined, startedAtMs: undefined, ...value };
  return Number.isSafeInteger(pid) && Number.isSafeInteger(startedAtMs);
}
