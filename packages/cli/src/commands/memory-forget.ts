import { createInterface } from "node:readline/promises";
import type { ForgetCounts, ForgetPreview, ForgetReceipt, ForgetSelection } from "@adyton/protocol";
import { exitCodes, Failure } from "../failure.ts";
import { localTime } from "../local-time.ts";
import type { Options } from "../options.ts";
import type { Invocation, Shell } from "../shell.ts";
import { plainLine } from "../terminal-text.ts";
import type { Translate } from "../texts/translate.ts";
import { whileWaiting } from "../waiting.ts";

const kinds = [
  "documents",
  "questions",
  "answers",
  "steps",
  "intents",
  "events",
  "others",
] as const;

/** `memory forget`: shows what would go, asks, and erases it. Without a terminal it asks for `--yes`. */
export async function memoryForget(shell: Shell, { options }: Invocation): Promise<number> {
  const { print, t } = shell;
  const body = selectionOf(options, t);
  const client = await shell.client();
  const preview = await client.ask("previewForgetting", { body });
  const isAsked = !options.flag("yes");
  if (!print.json) printPreview(shell, preview, body.text !== undefined);
  if (isAsked) {
    if (print.json || !process.stdin.isTTY || !print.terminal.interactive)
      throw new Failure("usage", {
        title: t("forget.needs_yes"),
        advice: t("forget.needs_yes_advice"),
        data: preview,
      });
    if (!(await isConfirmed(t))) {
      print.note(t("forget.kept"));
      return exitCodes.failed;
    }
  }
  const text = (seconds: number): string => t("forget.erasing", { seconds });
  const receipt = await whileWaiting(print, text, () =>
    client.ask("forget", { body: { confirm: preview.forgetId } }),
  );
  if (print.json) print.value(receipt);
  else printReceipt(shell, receipt);
  return exitCodes.ok;
}

function selectionOf(options: Options, t: Translate): ForgetSelection {
  const given = {
    ...part("document", options.text("document")),
    ...part("fact", options.text("fact")),
    ...part("block", options.text("block")),
    ...part("subject", options.text("subject")),
    ...part("run", options.text("run")),
    ...part("conversation", options.text("conversation")),
    ...part("source", options.text("source")),
    ...part("text", options.text("text")),
    ...part("person", options.text("person")),
    ...part("since", timeOf(options, "since", t)),
    ...part("until", timeOf(options, "until", t)),
    ...(options.flag("everything") ? { everything: true as const } : {}),
  };
  if (Object.keys(given).length === 0) throw new Failure("usage", { title: t("forget.what") });
  return given;
}

const part = <N extends string>(name: N, value: string | undefined): { [K in N]?: string } =>
  value === undefined ? {} : Object.assign<{ [K in N]?: string }, object>({}, { [name]: value });

/** A time as a person writes it, on this machine's clock. */
function timeOf(options: Options, name: "since" | "until", t: Translate): string | undefined {
  const found = options.text(name);
  if (found === undefined) return undefined;
  // A date alone would be read as midnight in Greenwich.
  const time = new Date(/^\d{4}-\d{2}-\d{2}$/.test(found) ? `${found}T00:00` : found);
  if (!Number.isNaN(time.getTime())) return time.toISOString();
  throw new Failure("usage", { title: t("forget.bad_time", { name, found: plainLine(found) }) });
}

function printPreview({ print, t }: Shell, preview: ForgetPreview, byText: boolean): void {
  print.line(print.paint("bold", t("forget.would")));
  print.line(`  ${counted(preview.counts, t)}`);
  for (const { seq, title } of preview.titles) print.line(`  #${seq}  ${plainLine(title)}`);
  if (preview.derived > 0) print.line(t("forget.derived", { count: preview.derived }));
  if (preview.underWay > 0) print.line(t("forget.under_way", { count: preview.underWay }));
  if (preview.elsewhere > 0) {
    const kept = t("forget.elsewhere", { count: preview.elsewhere });
    print.line(byText ? kept : `${kept} ${t("forget.elsewhere_text")}`);
  }
}

function counted(counts: ForgetCounts, t: Translate): string {
  return kinds
    .filter((kind) => counts[kind] > 0)
    .map((kind) => `${t(`forget.${kind}`)}: ${counts[kind]}`)
    .join(", ");
}

function printReceipt({ print, t }: Shell, receipt: ForgetReceipt): void {
  const residue = receipt.residueBytes ?? t("forget.not_measured");
  print.line(print.paint("green", t("forget.done", { residue })));
  if (receipt.backups.length === 0) return;
  print.note(t("forget.backups"), "yellow");
  for (const { name, made, readable } of receipt.backups) {
    const remark = readable ? "" : `  (${t("forget.unreadable")})`;
    print.line(`  ${plainLine(name)}  ${localTime(made)}${remark}`);
  }
}

async function isConfirmed(t: Translate): Promise<boolean> {
  const lines = createInterface({ input: process.stdin, output: process.stdout });
  // The signals are the process's own, also while it asks.
  lines.on("SIGINT", () => process.kill(process.pid, "SIGINT"));
  try {
    const answer = await lines.question(t("forget.ask"));
    return t("forget.yes_words").split(" ").includes(answer.trim().toLowerCase());
  } finally {
    lines.close();
  }
}
