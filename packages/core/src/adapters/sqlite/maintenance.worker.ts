import { parentPort, workerData } from "node:worker_threads";
import type { BackupReport, VerifyReport } from "@adyton/protocol";
import * as z from "zod";
import { backUp } from "./backup.ts";
import { BackupFiles, JournalFiles } from "./journal-files.ts";
import { type VerifyProgress, verifyJournal } from "./verify.ts";

/** One long piece of work on the journal's file, in a thread of its own beside the running node. */

const MaintenanceJob = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("verify"), files: JournalFiles }),
  z.object({ kind: z.literal("backup"), files: BackupFiles, folder: z.string() }),
]);
export type MaintenanceJob = z.infer<typeof MaintenanceJob>;

export type MaintenanceEnd =
  | { readonly kind: "verified"; readonly report: VerifyReport }
  | { readonly kind: "backed_up"; readonly report: BackupReport }
  | { readonly kind: "failed"; readonly message: string };

export type MaintenanceProgress =
  | { readonly kind: "verifying"; readonly progress: VerifyProgress }
  | { readonly kind: "copying"; readonly done: number; readonly total: number };

const port = parentPort;
if (port === null) throw new Error("this file is a worker thread");
const tell = (report: MaintenanceEnd | MaintenanceProgress): void => port.postMessage(report);

async function work(job: MaintenanceJob): Promise<MaintenanceEnd> {
  if (job.kind === "verify") {
    const report = verifyJournal(job.files, (progress) => tell({ kind: "verifying", progress }));
    return { kind: "verified", report };
  }
  const report = await backUp(job.files, job.folder, (done, total) =>
    tell({ kind: "copying", done, total }),
  );
  return { kind: "backed_up", report };
}

try {
  tell(await work(MaintenanceJob.parse(workerData)));
} catch (error) {
  tell({ kind: "failed", message: error instanceof Error ? error.message : "unknown error" });
}
