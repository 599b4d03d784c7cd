import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import type { BackupReport, VerifyReport } from "@adyton/protocol";
import { lockFolder } from "@adyton/runtime/resource-lock";
import { nodeKeyName, readNodeKeys } from "./adapters/keys/node-keys.ts";
import {
  adoptKey,
  backupKeyName,
  backUp,
  checkBackup,
  discardStaged,
  installStaged,
  signHead,
  stageBackup,
} from "./adapters/sqlite/backup.ts";
import { encodeGroup } from "./adapters/sqlite/encoded-group.ts";
import type { BackupFiles } from "./adapters/sqlite/journal-files.ts";
import { JournalError } from "./adapters/sqlite/journal-error.ts";
import { JournalWriter } from "./adapters/sqlite/journal-writer.ts";
import { readTokens, type TokenChanges, tokenChanges } from "./adapters/sqlite/restored-tokens.ts";
import { type VerifyProgress, verifyJournal } from "./adapters/sqlite/verify.ts";
import type { NewRecord } from "./domain/journal/record.ts";

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
  /** What became of the tokens; absent when there is no former journal that can be asked. */
  readonly tokens: TokenChanges | undefined;
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
 * journal takes the backup's key with it; in one that has a journal the key must be the same. A token that was revoked
 * since the backup stays revoked, when the present journal can be read. Throws `MaintenanceError` or `BackupError`; the
 * present journal and key are then as they were.
 */
export function restoreOffline(home: string, folder: string): Promise<RestoreReport> {
  return alone(home, () => {
    const stamp = stampOf(new Date());
    const { nodeId, headKey } = readNodeKeys(join(folder, backupKeyName));
    checkBackup(folder, { nodeId, headKey });
    refuseForeign(home, folder, nodeId);
    const files: BackupFiles = { ...pathsOf(home), nodeId, headKey };
    const staged = stageBackup(files, folder);
    const told = prepareStaged(files, staged, folder);
    adoptKey(join(folder, backupKeyName), files.keyFile, stamp);
    const kept = installStaged(files, staged, stamp);
    return Promise.resolve({ ...told, kept });
  });
}

/**
 * Verifies a staged backup and writes into it what restoring changes, before it is put in its place: there is no moment
 * at which a revoked token is valid again.
 */
function prepareStaged(
  files: BackupFiles,
  staged: BackupFiles,
  folder: string,
): Omit<RestoreReport, "kept"> {
  try {
    const report = verifyJournal(staged);
    if (!report.clean) throw notClean(`${folder} was not put back`, report);
    const former = readTokens(files.file);
    const tokens = former && tokenChanges(former, readTokens(staged.file) ?? []);
    return { ...tellRestored(staged, tokens?.revokedAgain ?? []), tokens };
  } catch (error) {
    discardStaged(staged);
    throw error;
  }
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
    return Promise.resolve({ ...tellRestored(files, []), tokens: undefined, kept: undefined });
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
function refuseForeign(home: string, folder: string, nodeId: string): void {
  const { file, keyFile } = pathsOf(home);
  if (!existsSync(file) || !existsSync(keyFile)) return;
  if (readNodeKeys(keyFile).nodeId === nodeId) return;
  throw new MaintenanceError(
    "foreign_backup",
    `${folder} is another node's backup, and ${home} holds a journal of its own: restore into an empty home`,
  );
}

/** Appends the record of the restoring, and with it, all or none, the revocations that hold on. */
function tellRestored(
  files: BackupFiles,
  revoked: readonly string[],
): Pick<RestoreReport, "lastSeq" | "headHash"> {
  using writer = new JournalWriter(files);
  const { seq, hash } = writer.last;
  const byOwner = { class: "record", owner: "node", actor: "owner", tier: "owner" } as const;
  const records: NewRecord[] = [
    {
      ...byOwner,
      origin: "node",
      type: "journal.restored",
      facts: { lastSeq: seq, hash: hash.toString("hex") },
    },
    ...revoked.map((name): NewRecord => ({
      ...byOwner,
      origin: "node",
      type: "token.revoked",
      facts: { name },
    })),
  ];
  // Each group has one record: the writer puts all groups of a call into one transaction.
  const outcomes = writer.append(records.map((record) => encodeGroup({ records: [record] })));
  for (const outcome of outcomes)
    if (outcome.kind === "failed") throw new JournalError(outcome.code, outcome.message);
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
