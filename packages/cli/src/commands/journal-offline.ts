import { resolve } from "node:path";
import {
  acceptOffline,
  rebuildOffline,
  restoreOffline,
  type RestoreReport,
} from "@adyton/core/maintenance";
import { ensurePrivateFolder } from "@adyton/runtime/atomic-file";
import { exitCodes, Failure } from "../failure.ts";
import { offline } from "../maintenance.ts";
import type { Invocation, Shell } from "../shell.ts";
import { plainLine } from "../terminal-text.ts";

/** `journal restore BACKUP`: puts a verified backup in the journal's place and keeps the former one. */
export async function journalRestore(shell: Shell, { args }: Invocation): Promise<number> {
  const { home } = shell;
  const folder = resolve(args[0] ?? "");
  // On a new machine there is no folder yet: a backup brings everything, the key too.
  const made = await ensurePrivateFolder(home);
  if (made.kind === "refused") throw new Failure("failed", { title: made.message });
  const report = await offline(shell, () => restoreOffline(home, folder));
  const text = shell.t("journal.restored", { folder: plainLine(folder), last: report.lastSeq });
  return printReport(shell, report, text);
}

/** `journal accept`: vouches for a journal whose signed head is lost or does not fit. */
export async function journalAccept(shell: Shell): Promise<number> {
  const report = await offline(shell, () => acceptOffline(shell.home));
  return printReport(shell, report, shell.t("journal.accepted", { last: report.lastSeq }));
}

/** `journal rebuild`: derives everything that is not the journal itself from it again. */
export async function journalRebuild(shell: Shell): Promise<number> {
  const { print, t, home } = shell;
  await offline(shell, () => rebuildOffline(home));
  if (print.json) print.value({ rebuilt: true });
  else print.line(t("journal.rebuilt"));
  return exitCodes.ok;
}

function printReport({ print, t }: Shell, report: RestoreReport, text: string): number {
  if (print.json) print.value(report);
  else {
    print.line(text);
    print.line(t("journal.head", { hash: report.headHash }));
    if (report.kept !== undefined) print.note(t("journal.kept", { file: plainLine(report.kept) }));
  }
  return exitCodes.ok;
}
