import { copyFileSync, existsSync, mkdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import type { BackupReport, VerifyReport } from "@adyton/protocol";
import { lockFolder } from "@adyton/runtime/resource-lock";
import { nodeKeyName, readNodeKeys } from "./adapters/keys/node-keys.ts";
import {
  backupKeyName,
  backUp,
  checkBackup,
  discardStaged,
  installStaged,
  signHead,
  stageBackup,
} from "./adapters/sqlite/backup.ts";
import type { BackupFiles } from "./adapters/sqlite/journal-files.ts";
import { JournalWriter } from "./adapters/sqlite/journal-writer.ts";
import { type VerifyProgress, verifyJournal } from "./adapters/sqlite/verify.ts";
import type { Facts } from "./domain/journal/record.ts";

/**
 * Work on the journal of a node that is not running: what the command line calls. Everything here takes the home's
 * lock first, so that it never works beside a node.
 */

export class MaintenanceError extends Error {
  override readonly name = "MaintenanceError";
  readonly code: "node_running" | "no_journal" | "not_clean" | "foreign_backup";
  constructor(code: MaintenanceError["code"], message: string) {
    super(message);
    this.code = code;
  }
}

export interface RestoreReport {
  /** The record that tells of the restoring. */
  readonly lastSeq: number;
  readonly headHash: string;
  /** The former journal, kept under this name; it still holds whatever the backup does not. */
  readonly kept: string | undefined;
}

/** Verifies the journal. Throws `MaintenanceError` "node_running" or "no_journal". */
export function verifyOffline(
  home: string,
  onProgress?: (progress: VerifyProgress) => void,
): Promise<VerifyReport> {
  return alone(home, () => Promise.resolve(verifyJournal(filesOf(home), onProgress)));
}

/** Copies the journal, its key and a signed manifest to `folder`, by default a dated one in `HOME/backups`. */
export function backUpOffline(
  home: string,
  folder?: string,
  onProgress?: (done: number, total: number) => void,
): Promise<BackupReport> {
  return alone(home, () => {
    const files = filesOf(home);
    const target = folder ?? join(home, "backups", stampOf(new Date()));
    if (folder === undefined) mkdirSync(join(home, "backups"), { recursive: true, mode: 0o700 });
    return backUp(files, target, onProgress);
  });
}

/**
 * Verifies a backup whole and puts it in the journal's place, which is kept under a dated name. A home without a
 * journal takes the backup's key with it; in one that has a journal the key must be the same. Throws
 * `MaintenanceError` or `BackupError`; the present journal is then as it was.
 */
export function restoreOffline(home: string, folder: string): Promise<RestoreReport> {
  return alone(home, () => {
    const stamp = stampOf(new Date());
    const { nodeId, headKey } = readNodeKeys(join(folder, backupKeyName));
    checkBackup(folder, { nodeId, headKey });
    adoptKey(home, folder, nodeId, stamp);
    const files: BackupFiles = { ...pathsOf(home), nodeId, headKey };
    const staged = stageBackup(files, folder);
    const report = verifyJournal(staged);
    if (!report.clean) {
      discardStaged(staged);
      throw notClean(`${folder} was not put back`, report);
    }
    const kept = installStaged(files, staged, stamp);
    return Promise.resolve({ ...tellRestored(files), kept });
  });
}

/**
 * Vouches for the present file: verifies it and, when nothing but its signed head is at fault, signs its end as the
 * head. Throws `MaintenanceError` "not_clean" for any other fault.
 */
export function acceptOffline(home: string): Promise<RestoreReport> {
  return alone(home, () => {
    const files = filesOf(home);
    const report = verifyJournal(files);
    const other = report.faults.filter(({ kind }) => !headFaults.includes(kind));
    if (other.length > 0)
      throw notClean("the journal was not accepted", { ...report, faults: other });
    signHead(files, { seq: report.lastSeq, hash: Buffer.from(report.headHash, "hex") });
    return Promise.resolve({ ...tellRestored(files), kept: undefined });
  });
}

/** Derives the state tables from the records again. */
export function rebuildOffline(home: string): Promise<void> {
  return alone(home, () => {
    using writer = new JournalWriter(filesOf(home));
    writer.rebuild();
    return Promise.resolve();
  });
}

const headFaults: readonly string[] = ["tail_cut", "head_invalid", "head_missing"];

async function alone<T>(home: string, work: () => Promise<T>): Promise<T> {
  const outcome = await lockFolder(home);
  if (outcome.kind === "held")
    throw new MaintenanceError(
      "node_running",
      `${outcome.message}. Stop it first, or ask it: adyton journal verify and backup work beside it`,
    );
  try {
    return await work();
  } finally {
    outcome.lock.release();
  }
}

const pathsOf = (home: string) => ({
  file: join(home, "journal.db"),
  headFile: join(home, "journal.head"),
  keyFile: join(home, nodeKeyName),
});

function filesOf(home: string): BackupFiles {
  const paths = pathsOf(home);
  if (!existsSync(paths.file))
    throw new MaintenanceError("no_journal", `there is no journal in ${home}`);
  const { nodeId, headKey } = readNodeKeys(paths.keyFile);
  return { ...paths, nodeId, headKey };
}

/** A second key beside a journal would make that journal a foreign one. */
function adoptKey(home: string, folder: string, nodeId: string, stamp: string): void {
  const { file, keyFile } = pathsOf(home);
  if (existsSync(keyFile)) {
    if (readNodeKeys(keyFile).nodeId === nodeId) return;
    if (existsSync(file))
      throw new MaintenanceError(
        "foreign_backup",
        `${folder} is another node's backup, and ${home} holds a journal of its own: restore into an empty home`,
      );
    renameSync(keyFile, `${keyFile}.before-${stamp}`);
  }
  copyFileSync(join(folder, backupKeyName), keyFile);
}

function tellRestored(files: BackupFiles): { readonly lastSeq: number; readonly headHash: string } {
  using writer = new JournalWriter(files);
  const { seq, hash } = writer.last;
  const facts: Facts<"journal.restored"> = { lastSeq: seq, hash: hash.toString("hex") };
  const record = {
    origin: "node",
    type: "journal.restored",
    class: "record",
    owner: "node",
    actor: "owner",
    tier: "owner",
    facts: JSON.stringify(facts),
    data: undefined,
  } as const;
  writer.withRecord(record, () => undefined);
  return { lastSeq: writer.last.seq, headHash: writer.last.hash.toString("hex") };
}

function notClean(what: string, { faults }: Pick<VerifyReport, "faults">): MaintenanceError {
  const first = faults[0];
  const more = faults.length > 1 ? ` (and ${faults.length - 1} more faults)` : "";
  return new MaintenanceError("not_clean", `${what}: ${first?.detail ?? "unknown fault"}${more}`);
}

/** `20261120T234500Z`: sorts by time and is a file name everywhere. */
function stampOf(time: Date): string {
  return time.toISOString().replace(/[-:]|\.\d+/g, "");
}
