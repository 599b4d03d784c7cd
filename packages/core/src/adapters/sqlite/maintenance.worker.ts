import { parentPort, workerData } from "node:worker_threads";
import type { BackupReport, HeldCopy, VerifyReport } from "@adyton/protocol";
import * as z from "zod";
import type { ForgetSelected } from "../../ports/forgetting.ts";
import { backUp } from "./backup.ts";
import { copiesWith, copyLogBack, residueIn } from "./forget-files.ts";
import { selectForgetting } from "./forget-select.ts";
import { BackupFiles, JournalFiles } from "./journal-files.ts";
import { isSound } from "./quick-check.ts";
import { type VerifyProgress, verifyJournal } from "./verify.ts";

/** One long piece of work on the journal's file, in a thread of its own beside the running node. */

const Ranges = z.array(z.tuple([z.int(), z.int()]));
const ForgetQuery = z.object({
  owner: z.string().optional(),
  conversation: z.string().optional(),
  document: z.string().optional(),
  fact: z.string().optional(),
  blockKey: z.string().optional(),
  subjectKey: z.string().optional(),
  run: z.string().optional(),
  source: z.string().optional(),
  text: z.string().optional(),
  sinceMs: z.number().optional(),
  untilMs: z.number().optional(),
  ranges: Ranges.optional(),
});
const MaintenanceJob = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("verify"), files: JournalFiles }),
  z.object({ kind: z.literal("backup"), files: BackupFiles, folder: z.string() }),
  z.object({ kind: z.literal("select"), file: z.string(), query: ForgetQuery }),
  z.object({
    kind: z.literal("residue"),
    file: z.string(),
    raw: z.object({
      index: z.string(),
      databases: z.array(z.string()),
      logs: z.array(z.string()),
    }),
    words: z.custom<Uint8Array>((value) => value instanceof Uint8Array),
  }),
  z.object({ kind: z.literal("log"), file: z.string() }),
  z.object({ kind: z.literal("copies"), file: z.string(), backups: z.string(), ranges: Ranges }),
  z.object({ kind: z.literal("check"), file: z.string() }),
]);
export type MaintenanceJob = z.infer<typeof MaintenanceJob>;

export type MaintenanceEnd =
  | { readonly kind: "verified"; readonly report: VerifyReport }
  | { readonly kind: "backed_up"; readonly report: BackupReport }
  | { readonly kind: "selected"; readonly selected: ForgetSelected }
  | { readonly kind: "residue"; readonly bytes: number }
  | { readonly kind: "log_copied" }
  | { readonly kind: "copies"; readonly copies: readonly HeldCopy[] }
  | { readonly kind: "checked"; readonly isSound: boolean }
  | { readonly kind: "failed"; readonly message: string };

export type MaintenanceProgress =
  | { readonly kind: "verifying"; readonly progress: VerifyProgress }
  | { readonly kind: "copying"; readonly done: number; readonly total: number };

const port = parentPort;
if (port === null) throw new Error("this file is a worker thread");
const tell = (report: MaintenanceEnd | MaintenanceProgress): void => port.postMessage(report);

async function work(job: MaintenanceJob): Promise<MaintenanceEnd> {
  switch (job.kind) {
    case "verify": {
      const report = verifyJournal(job.files, (progress) => tell({ kind: "verifying", progress }));
      return { kind: "verified", report };
    }
    case "check":
      return { kind: "checked", isSound: isSound(job.file) };
    case "backup": {
      const report = await backUp(job.files, job.folder, (done, total) =>
        tell({ kind: "copying", done, total }),
      );
      return { kind: "backed_up", report };
    }
    case "select":
      return { kind: "selected", selected: selectForgetting(job.file, job.query) };
    case "residue":
      return { kind: "residue", bytes: residueIn(job.file, job.raw, job.words) };
    case "log":
      copyLogBack(job.file);
      return { kind: "log_copied" };
    case "copies":
      return { kind: "copies", copies: copiesWith(job.file, job.backups, job.ranges) };
  }
}

try {
  const end = await work(MaintenanceJob.parse(workerData));
  // Handed over, not copied: up to 32 MiB, for which the node would stand still.
  const { buffer } = end.kind === "selected" ? end.selected.words : { buffer: undefined };
  port.postMessage(end, buffer instanceof ArrayBuffer ? [buffer] : []);
} catch (error) {
  tell({ kind: "failed", message: error instanceof Error ? error.message : "unknown error" });
}
