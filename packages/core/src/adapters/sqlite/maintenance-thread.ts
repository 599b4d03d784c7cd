import { rmSync } from "node:fs";
import { Worker } from "node:worker_threads";
import type { BackupReport, VerifyReport } from "@adyton/protocol";
import { unfinishedBackup } from "./backup.ts";
import type { BackupFiles, JournalFiles } from "./journal-files.ts";
import type { MaintenanceEnd, MaintenanceJob, MaintenanceProgress } from "./maintenance.worker.ts";
import type { VerifyProgress } from "./verify.ts";

/** The thread's heap: verification keeps two bits a record, the copy nothing. */
const heapOldMb = 96;

/** Why a verification or a backup did not come to its end; its message is fit for the owner. */
export class MaintenanceThreadError extends Error {
  override readonly name = "MaintenanceThreadError";
}

/** Verifies the journal beside its writer. Rejects with `MaintenanceThreadError`, or the signal's reason. */
export async function runVerify(
  { file, headFile, headKey, nodeId }: JournalFiles,
  watch: {
    readonly onProgress?: ((progress: VerifyProgress) => void) | undefined;
    readonly signal?: AbortSignal | undefined;
  } = {},
): Promise<VerifyReport> {
  const files = { file, headFile, headKey, nodeId };
  const end = await run({ kind: "verify", files }, watch.signal, (report) => {
    if (report.kind === "verifying") watch.onProgress?.(report.progress);
  });
  if (end.kind === "verified") return end.report;
  throw failed(end);
}

/**
 * Backs the journal up beside its writer. Rejects with `MaintenanceThreadError`, or the signal's reason; nothing
 * half-made is left.
 */
export async function runBackup(
  { file, headFile, headKey, nodeId, keyFile }: BackupFiles,
  folder: string,
  watch: {
    readonly onProgress?: ((done: number, total: number) => void) | undefined;
    readonly signal?: AbortSignal | undefined;
  } = {},
): Promise<BackupReport> {
  const files = { file, headFile, headKey, nodeId, keyFile };
  try {
    const end = await run({ kind: "backup", files, folder }, watch.signal, (report) => {
      if (report.kind === "copying") watch.onProgress?.(report.done, report.total);
    });
    if (end.kind === "backed_up") return end.report;
    throw failed(end);
  } finally {
    rmSync(unfinishedBackup(folder), { recursive: true, force: true });
  }
}

/** Looks whether a database is whole, beside its writer. Rejects with `MaintenanceThreadError`. */
export async function runQuickCheck(file: string): Promise<"ok" | "damaged"> {
  const end = await run({ kind: "check", file }, undefined, () => undefined);
  if (end.kind === "checked") return end.isSound ? "ok" : "damaged";
  throw failed(end);
}

const failed = (end: MaintenanceEnd): MaintenanceThreadError =>
  new MaintenanceThreadError(end.kind === "failed" ? end.message : "another job was done");

/** Has one job done in a thread of its own. */
export async function run(
  job: MaintenanceJob,
  signal?: AbortSignal,
  onProgress: (report: MaintenanceProgress) => void = () => undefined,
): Promise<MaintenanceEnd> {
  signal?.throwIfAborted();
  const worker = new Worker(new URL("./maintenance.worker.ts", import.meta.url), {
    workerData: job,
    resourceLimits: { maxOldGenerationSizeMb: heapOldMb },
  });
  const { promise, resolve, reject } = Promise.withResolvers<MaintenanceEnd>();
  const gone = Promise.withResolvers<void>();
  const abort = (): void => reject(signal?.reason);
  signal?.addEventListener("abort", abort, { once: true });
  worker.on("message", (report: MaintenanceEnd | MaintenanceProgress) => {
    if (report.kind === "verifying" || report.kind === "copying") onProgress(report);
    else resolve(report);
  });
  worker.on("error", reject);
  worker.on("exit", () => {
    reject(new MaintenanceThreadError("the thread ended before its work did"));
    gone.resolve();
  });
  try {
    return await promise;
  } finally {
    signal?.removeEventListener("abort", abort);
    // The thread is waited for: until its end it may still write.
    await worker.terminate();
    await gone.promise;
  }
}
