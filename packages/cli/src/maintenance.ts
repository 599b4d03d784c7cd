import { statSync } from "node:fs";
import { MaintenanceError } from "@adyton/core/maintenance";
import { CodedError } from "@adyton/runtime/coded-error";
import { Failure } from "./failure.ts";
import { readRunFile } from "./node-address.ts";
import type { Shell } from "./shell.ts";

/** Errors of the journal's own parts, whose messages are written for people. */
const spoken = new Set([
  "MaintenanceError",
  "BackupError",
  "JournalError",
  "DatabaseError",
  "ScratchError",
]);

export interface Steps {
  readonly done: number;
  readonly total: number;
}

/**
 * Works on the files of a node that is stopped, with a progress line. Throws `Failure` when a node runs on the
 * folder, when there is no folder, and for what the work refuses.
 */
export async function offline<T>(
  shell: Shell,
  work: (onProgress: (steps: Steps) => void) => Promise<T>,
): Promise<T> {
  const { home, print, t } = shell;
  const running = readRunFile(home);
  if (running !== undefined) throw nodeRuns(shell, running.pid);
  if (statSync(home, { throwIfNoEntry: false }) === undefined)
    throw new Failure("failed", { title: t("journal.no_home", { home }) });
  using progress = print.progress();
  try {
    return await work(({ done, total }) => progress.update(t("journal.working", { done, total })));
  } catch (error) {
    if (error instanceof MaintenanceError && error.code === "node_running")
      throw nodeRuns(shell, undefined);
    if (error instanceof Error && (error instanceof CodedError || spoken.has(error.name)))
      throw new Failure("failed", {
        title: t("journal.refused"),
        detail: error.message,
        data: { code: String(Reflect.get(error, "code")), title: error.message },
        cause: error,
      });
    throw error;
  }
}

function nodeRuns({ t }: Shell, pid: number | undefined): Failure {
  return new Failure("failed", {
    title: t("journal.running", { pid: pid ?? "?" }),
    advice: t("journal.running_advice"),
  });
}
