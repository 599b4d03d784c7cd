import {
  constants,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { backup, DatabaseSync } from "node:sqlite";
import type { BackupReport } from "@adyton/protocol";
import * as z from "zod";
import { genesis } from "./chain.ts";
import { openForReading } from "./database.ts";
import { type Head, HeadFile } from "./head-file.ts";
import type { BackupFiles } from "./journal-files.ts";
import { lastRecord } from "./journal-writer.ts";
import { keyedHash } from "./keyed-hash.ts";
import { syncFile, syncFolder } from "./sync-folder.ts";

/** Pages copied between two looks at the event loop. */
const backupPagesPerStep = 2_000;
const formatName = "adyton-backup-1";
const databaseName = "journal.db";
const manifestName = "manifest.json";
/** The node's key inside a backup: what makes it usable on another machine. */
export const backupKeyName = "node.key";

const Manifest = z.strictObject({
  format: z.literal(formatName),
  nodeId: z.string(),
  lastSeq: z.int().nonnegative(),
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  signature: z.string(),
});

/** Why a backup was not made or not put back. */
export class BackupError extends Error {
  override readonly name = "BackupError";
  readonly code: "exists" | "not_a_backup" | "altered";
  constructor(code: BackupError["code"], message: string) {
    super(message);
    this.code = code;
  }
}

type Signer = Pick<BackupFiles, "headKey" | "nodeId">;

const sign = ({ headKey, nodeId }: Signer, seq: number, hash: string): string =>
  keyedHash(headKey)(`${formatName} ${nodeId} ${seq} ${hash}`).toString("hex");

/**
 * Copies one snapshot of the journal while the node writes on. The folder then holds the database, the node's key and
 * a signed manifest: it is as secret as the node's own folder. It appears whole and on disk, or not at all. Throws
 * `BackupError` "exists" for a folder that is there already.
 */
export async function backUp(
  files: BackupFiles,
  folder: string,
  onProgress?: (done: number, total: number) => void,
): Promise<BackupReport> {
  const startedMs = performance.now();
  if (existsSync(folder)) throw new BackupError("exists", `${folder} is there already`);
  const unfinished = unfinishedBackup(folder);
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true, mode: 0o700 });
  try {
    const last = await copyDatabase(files, join(unfinished, databaseName), onProgress);
    const hash = last.hash.toString("hex");
    const manifest: z.infer<typeof Manifest> = {
      format: formatName,
      nodeId: files.nodeId,
      lastSeq: last.seq,
      hash,
      signature: sign(files, last.seq, hash),
    };
    writeFileSync(join(unfinished, manifestName), `${JSON.stringify(manifest)}\n`, { mode: 0o600 });
    copyFileSync(files.keyFile, join(unfinished, backupKeyName));
    const { size } = statSync(join(unfinished, databaseName));
    for (const name of [databaseName, manifestName, backupKeyName])
      syncFile(join(unfinished, name));
    syncFolder(unfinished);
    renameSync(unfinished, folder);
    syncFolder(dirname(folder));
    const tookMs = Math.round(performance.now() - startedMs);
    return { path: folder, bytes: size, lastSeq: last.seq, headHash: hash, tookMs };
  } catch (error) {
    rmSync(unfinished, { recursive: true, force: true });
    throw error;
  }
}

/** Where a backup lies until it is whole. */
export const unfinishedBackup = (folder: string): string => `${folder}.unfinished`;

async function copyDatabase(
  files: BackupFiles,
  target: string,
  onProgress?: (done: number, total: number) => void,
): Promise<Head> {
  // Created here, so that the copy is closed to others from its first byte on.
  writeFileSync(target, "", { mode: 0o600 });
  const source = openForReading(files.file);
  try {
    // One snapshot for all steps: without it every commit in between starts the copy anew, and a busy node has no end of them.
    source.exec("BEGIN");
    source.prepare("SELECT count(*) FROM sqlite_schema").get();
    await backup(source, target, {
      rate: backupPagesPerStep,
      progress: ({ totalPages, remainingPages }) =>
        onProgress?.(totalPages - remainingPages, totalPages),
    });
  } finally {
    source.close();
  }
  const copy = new DatabaseSync(target);
  try {
    // One plain file, without a write-ahead log beside it.
    copy.exec("PRAGMA journal_mode = DELETE");
    return lastRecord(copy) ?? { seq: 0, hash: genesis(keyedHash(files.headKey), files.nodeId) };
  } finally {
    copy.close();
  }
}

/** Checks a backup's manifest against its database. Throws `BackupError` when they do not belong together. */
export function checkBackup(folder: string, signer: Signer): Head {
  const file = join(folder, databaseName);
  const manifest = readManifest(folder);
  const { lastSeq, hash, signature } = manifest;
  if (signature !== sign(signer, lastSeq, hash))
    throw new BackupError(
      "altered",
      `${folder}/${manifestName} was not signed with this node's key`,
    );
  const database = openForReading(file);
  try {
    const last = lastRecord(database);
    const sameHash = last === undefined || last.hash.toString("hex") === hash;
    if ((last?.seq ?? 0) !== lastSeq || !sameHash)
      throw new BackupError("altered", `${file} does not end where its manifest says`);
  } finally {
    database.close();
  }
  return { seq: lastSeq, hash: Buffer.from(hash, "hex") };
}

function readManifest(folder: string): z.infer<typeof Manifest> {
  const file = join(folder, manifestName);
  if (!existsSync(join(folder, databaseName)) || !existsSync(file))
    throw new BackupError(
      "not_a_backup",
      `${folder} holds no ${databaseName} with a ${manifestName}`,
    );
  try {
    return Manifest.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch {
    throw new BackupError("not_a_backup", `${file} is not a backup's manifest`);
  }
}

/** Copies a backup's database beside the journal, with a signed head of its own, so that it can be verified first. */
export function stageBackup(files: BackupFiles, folder: string): BackupFiles {
  const head = checkBackup(folder, files);
  const staged = {
    ...files,
    file: `${files.file}.incoming`,
    headFile: `${files.headFile}.incoming`,
  };
  discardStaged(staged);
  copyFileSync(join(folder, databaseName), staged.file);
  syncFile(staged.file);
  signHead(staged, head);
  return staged;
}

/** Removes what `stageBackup` made. */
export function discardStaged(staged: BackupFiles): void {
  for (const suffix of ["", "-wal", "-shm"]) rmSync(staged.file + suffix, { force: true });
  rmSync(staged.headFile, { force: true });
}

/**
 * Puts a staged backup in the journal's place. The former journal is kept beside it under a dated name, which is
 * returned. The node must not be running.
 */
export function installStaged(
  files: BackupFiles,
  staged: BackupFiles,
  stamp: string,
): string | undefined {
  let kept: string | undefined;
  rmSync(`${files.file}-shm`, { force: true });
  // The log first: what is left of a move that was cut short is then never read together with another database.
  for (const suffix of ["-wal", ""]) {
    if (!existsSync(files.file + suffix)) continue;
    kept = `${files.file}.before-${stamp}`;
    renameSync(files.file + suffix, kept + suffix);
  }
  for (const suffix of ["-wal", "-shm"]) rmSync(staged.file + suffix, { force: true });
  renameSync(staged.file, files.file);
  renameSync(staged.headFile, files.headFile);
  syncFolder(dirname(files.file));
  return kept;
}

/**
 * Makes a backup's key the home's, whole and on disk or not at all; one that is there already is kept under a dated
 * name. Call it once the backup is found clean: a key without its journal would be a fresh node's.
 */
export function adoptKey(from: string, keyFile: string, stamp: string): void {
  const bytes = readFileSync(from);
  if (existsSync(keyFile)) {
    if (readFileSync(keyFile).equals(bytes)) return;
    copyFileSync(keyFile, `${keyFile}.before-${stamp}`, constants.COPYFILE_EXCL);
    syncFile(`${keyFile}.before-${stamp}`);
  }
  const incoming = `${keyFile}.incoming`;
  rmSync(incoming, { force: true });
  writeFileSync(incoming, bytes, { mode: 0o600, flag: "wx" });
  syncFile(incoming);
  renameSync(incoming, keyFile);
  syncFolder(dirname(keyFile));
}

/** Signs what the journal ends with as its head: whoever calls this vouches for the file. */
export function signHead(files: Pick<BackupFiles, "headFile" | "headKey">, head: Head): void {
  new HeadFile(files.headFile, files.headKey, head)[Symbol.dispose]();
}
