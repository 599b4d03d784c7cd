import { createHmac } from "node:crypto";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { backup, DatabaseSync } from "node:sqlite";
import type { BackupReport } from "@adyton/protocol";
import * as z from "zod";
import { openForReading } from "./database.ts";
import { HeadFile } from "./head-file.ts";
import { lastRecord } from "./journal-writer.ts";

/** Pages copied between two looks at the event loop. */
const backupPagesPerStep = 2_000;

const Manifest = z.strictObject({
  format: z.literal("adyton-backup-1"),
  lastSeq: z.int(),
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  signature: z.string(),
});

/** Why a backup was not put back. */
export class BackupError extends Error {
  override readonly name = "BackupError";
  readonly code: "not_a_backup" | "altered";
  constructor(code: BackupError["code"], message: string) {
    super(message);
    this.code = code;
  }
}

export interface BackupFiles {
  readonly file: string;
  readonly headFile: string;
  readonly headKey: Uint8Array;
  /** The node's key file, copied into the backup so that it can be used on another machine. */
  readonly keyFile: string;
}

const sign = (key: Uint8Array, seq: number, hash: string): string =>
  createHmac("sha256", key).update(`adyton-backup-1 ${seq} ${hash}`).digest("hex");

/**
 * Copies the journal while the node writes on. The folder then holds the database, the node's key and a signed
 * manifest: it is as secret as the node's own folder.
 */
export async function backUp(
  files: BackupFiles,
  folder: string,
  onProgress?: (done: number, total: number) => void,
): Promise<BackupReport> {
  const startedMs = performance.now();
  const unfinished = `${folder}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true, mode: 0o700 });
  const target = join(unfinished, "journal.db");
  const source = openForReading(files.file);
  try {
    await backup(source, target, {
      rate: backupPagesPerStep,
      progress: ({ totalPages, remainingPages }) =>
        onProgress?.(totalPages - remainingPages, totalPages),
    });
  } finally {
    source.close();
  }
  chmodSync(target, 0o600);
  const copy = new DatabaseSync(target);
  let last;
  try {
    last = lastRecord(copy);
    // One plain file, without a write-ahead log beside it.
    copy.exec("PRAGMA journal_mode = DELETE");
  } finally {
    copy.close();
  }
  const lastSeq = last?.seq ?? 0;
  const hash = (last?.hash ?? Buffer.alloc(32)).toString("hex");
  const manifest = {
    format: "adyton-backup-1",
    lastSeq,
    hash,
    signature: sign(files.headKey, lastSeq, hash),
  };
  writeFileSync(join(unfinished, "manifest.json"), `${JSON.stringify(manifest)}\n`, {
    mode: 0o600,
  });
  copyFileSync(files.keyFile, join(unfinished, "node.key"));
  const { size } = statSync(target);
  renameSync(unfinished, folder);
  return {
    path: folder,
    bytes: size,
    lastSeq,
    headHash: hash,
    tookMs: Math.round(performance.now() - startedMs),
  };
}

/** Checks a backup's manifest against its database. Throws `BackupError` when they do not belong together. */
export function checkBackup(
  folder: string,
  headKey: Uint8Array,
): { readonly lastSeq: number; readonly hash: string } {
  const file = join(folder, "journal.db");
  if (!existsSync(file) || !existsSync(join(folder, "manifest.json"))) {
    throw new BackupError("not_a_backup", `${folder} holds no journal.db with a manifest.json`);
  }
  const parsed = Manifest.safeParse(
    JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8")),
  );
  if (!parsed.success)
    throw new BackupError("not_a_backup", `${folder}/manifest.json is not a backup's manifest`);
  const { lastSeq, hash, signature } = parsed.data;
  if (signature !== sign(headKey, lastSeq, hash)) {
    throw new BackupError("altered", `${folder}/manifest.json was not signed with this node's key`);
  }
  const database = openForReading(file);
  try {
    const last = lastRecord(database);
    if (
      (last?.seq ?? 0) !== lastSeq ||
      (last !== undefined && last.hash.toString("hex") !== hash)
    ) {
      throw new BackupError("altered", `${folder}/journal.db does not end where its manifest says`);
    }
  } finally {
    database.close();
  }
  return { lastSeq, hash };
}

/**
 * Puts a backup in the journal's place and signs its end as the new head. The former journal is kept beside it under
 * a dated name, which is returned. The node must not be running.
 */
export function restoreBackup(
  files: BackupFiles,
  folder: string,
  stamp: string,
): string | undefined {
  const { lastSeq, hash } = checkBackup(folder, files.headKey);
  const incoming = `${files.file}.incoming`;
  copyFileSync(join(folder, "journal.db"), incoming);
  let kept: string | undefined;
  for (const suffix of ["", "-wal", "-shm"]) {
    if (!existsSync(files.file + suffix)) continue;
    kept ??= `${files.file}.before-${stamp}`;
    renameSync(files.file + suffix, kept + suffix);
  }
  renameSync(incoming, files.file);
  acceptAsHead(files, { seq: lastSeq, hash: Buffer.from(hash, "hex") });
  return kept;
}

/** Signs what the journal ends with as its head: whoever calls this vouches for the file. */
export function acceptAsHead(
  files: Pick<BackupFiles, "headFile" | "headKey">,
  head: { seq: number; hash: Buffer },
): void {
  using file = new HeadFile(files.headFile, files.headKey);
  file.write(head);
}
