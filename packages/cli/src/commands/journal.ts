import { resolve } from "node:path";
import { backUpOffline, verifyOffline } from "@adyton/core/maintenance";
import type { BackupReport, VerifyReport } from "@adyton/protocol";
import type { Client } from "../client.ts";
import { exitCodes, Failure } from "../failure.ts";
import { offline } from "../maintenance.ts";
import { readRunFile } from "../node-address.ts";
import type { Invocation, Shell } from "../shell.ts";
import { plainLine } from "../terminal-text.ts";
import { whileWaiting } from "../waiting.ts";

/** `journal verify`: by the running node, or from its files when it does not run; fails when the journal is not clean. */
export async function journalVerify(shell: Shell): Promise<number> {
  const { home, print } = shell;
  const report = isRunning(shell)
    ? await asked(shell, (client) => client.ask("verifyJournal"))
    : await offline(shell, (onProgress) => verifyOffline(home, onProgress));
  if (print.json) print.value(report);
  else printVerified(shell, report);
  return report.clean ? exitCodes.ok : exitCodes.failed;
}

/** `journal backup [FOLDER]`: of the running node beside its journal, otherwise to any folder. */
export async function journalBackup(shell: Shell, { args }: Invocation): Promise<number> {
  const { home, print, t } = shell;
  const [folder] = args;
  if (folder !== undefined && isRunning(shell))
    throw new Failure("usage", {
      title: t("journal.backup_folder"),
      advice: t("journal.backup_folder_advice"),
    });
  const report = isRunning(shell)
    ? await asked(shell, (client) => client.ask("backupJournal"))
    : await offline(shell, (onProgress) =>
        backUpOffline(home, folder === undefined ? undefined : resolve(folder), (done, total) =>
          onProgress({ done, total }),
        ),
      );
  if (print.json) print.value(report);
  else printBackup(shell, report);
  return exitCodes.ok;
}

/** The node tells nothing while it works; the seconds show that it does. */
async function asked<T>(shell: Shell, ask: (client: Client) => Promise<T>): Promise<T> {
  const client = await shell.client();
  const text = (seconds: number): string => shell.t("journal.waiting", { seconds });
  return await whileWaiting(shell.print, text, () => ask(client));
}

function isRunning({ home, port }: Shell): boolean {
  return port !== undefined || readRunFile(home) !== undefined;
}

function printVerified({ print, t }: Shell, report: VerifyReport): void {
  const seconds = (report.tookMs / 1_000).toFixed(1);
  if (report.clean) print.line(print.paint("green", t("journal.clean")));
  else print.line(print.paint("red", t("journal.faulty", { count: report.faults.length })));
  print.line(
    t("journal.counts", {
      records: report.records,
      first: report.firstSeq,
      last: report.lastSeq,
      erased: report.erased,
      seconds,
    }),
  );
  print.line(t("journal.head", { hash: report.headHash }));
  for (const { kind, seq, detail } of report.faults)
    print.line(`  #${seq}  ${print.paint("red", kind)}  ${plainLine(detail)}`);
  if (!report.clean) print.note(t("journal.faulty_advice"), "yellow");
}

function printBackup({ print, t }: Shell, report: BackupReport): void {
  const size = (report.bytes / 1024 ** 2).toFixed(1);
  print.line(t("journal.backed_up", { path: plainLine(report.path), size, last: report.lastSeq }));
  print.note(t("journal.backup_care"));
}
