import { existsSync, rmSync } from "node:fs";
import { open, rename } from "node:fs/promises";
import {
  checkFile,
  type Contents,
  ExportCheck,
  exportLineCharsMax,
  fileParts,
} from "../exported-file.ts";
import { exitCodes, Failure } from "../failure.ts";
import type { Invocation, Shell } from "../shell.ts";
import { plainLine } from "../terminal-text.ts";

/**
 * `memory export FILE`: all that the owner finds in memory, as JSON lines. The file comes into being whole: under another
 * name until its last line is checked and on the disk.
 */
export async function memoryExport(shell: Shell, { args }: Invocation): Promise<number> {
  const { print, t } = shell;
  const file = args[0] ?? "";
  if (existsSync(file))
    throw new Failure("failed", { title: t("export.exists", { file: plainLine(file) }) });
  const client = await shell.client();
  const part = `${file}.part`;
  const check = new ExportCheck(t);
  let contents: Contents;
  try {
    const out = await openNew(part, shell);
    try {
      for await (const line of client.lines("exportMemory", {}, exportLineCharsMax)) {
        check.take(line);
        await out.write(`${line}\n`);
      }
      contents = check.end();
      await out.sync();
    } finally {
      await out.close();
    }
    await rename(part, file);
  } catch (error) {
    rmSync(part, { force: true });
    throw error;
  }
  tell(shell, "export.done", { contents, file });
  if (print.json) print.value({ file, ...contents });
  return exitCodes.ok;
}

async function openNew(part: string, { t }: Shell) {
  try {
    return await open(part, "w", 0o600);
  } catch (cause) {
    const code: unknown = cause instanceof Error ? Reflect.get(cause, "code") : "";
    throw new Failure("failed", { title: t("export.unwritable", { code: String(code) }), cause });
  }
}

/** Takes over an exported file: it is checked to its end before the first line is sent. */
export async function restoreMemory(
  shell: Shell,
  { file, isDryRun }: { readonly file: string; readonly isDryRun: boolean },
): Promise<number> {
  const { print, t } = shell;
  const contents = await checkFile(file, t);
  if (isDryRun) {
    tell(shell, "export.whole", { contents, file });
    if (print.json) print.value({ dryRun: true, ...contents });
    return exitCodes.ok;
  }
  const client = await shell.client();
  let [added, unchanged] = [0, 0];
  let after: { line: number; hash: string } | undefined;
  using progress = print.progress();
  for await (const lines of fileParts(file)) {
    const done = await client.ask("importMemory", {
      body: { lines, ...(after === undefined ? {} : { after }) },
    });
    after = { line: done.line, hash: done.hash };
    added += done.added;
    unchanged += done.unchanged;
    progress.update(t("export.progress", { line: done.line, lines: contents.lines + 1 }));
  }
  progress.update("");
  if (print.json) print.value({ dryRun: false, added, unchanged });
  else print.note(t("export.restored", { added, unchanged }));
  return exitCodes.ok;
}

function tell(
  { print, t }: Shell,
  key: "export.done" | "export.whole",
  { contents, file }: { readonly contents: Contents; readonly file: string },
): void {
  const { documents, facts, blocks } = contents;
  if (!print.json) print.note(t(key, { file: plainLine(file), documents, facts, blocks }));
}
