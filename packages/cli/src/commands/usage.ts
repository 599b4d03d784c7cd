import type { Cell } from "../printer.ts";
import type { Invocation, Shell } from "../shell.ts";
import { plainLine } from "../terminal-text.ts";

const figures = new Set([2, 3, 4, 5, 6]);

/** `usage`: messages, tokens and time by day and principal, with their sum. */
export async function usage(shell: Shell, { options }: Invocation): Promise<number> {
  const { print, t } = shell;
  const days = options.whole("days", { min: 1, max: 366 });
  const client = await shell.client();
  const report = await client.ask("getUsage", { query: { days } });
  if (print.json) {
    print.value(report);
    return 0;
  }
  if (report.rows.length === 0) {
    print.line(t("usage.none", { since: report.since }));
    return 0;
  }
  const sum = { messages: 0, failed: 0, promptTokens: 0, completionTokens: 0, ms: 0 };
  for (const row of report.rows) {
    sum.messages += row.messages;
    sum.failed += row.failed;
    sum.promptTokens += row.promptTokens;
    sum.completionTokens += row.completionTokens;
    sum.ms += row.ms;
  }
  const heading = t("usage.columns").split("|");
  print.table(
    [
      heading.map((text): Cell => ({ text, style: "bold" })),
      ...report.rows.map((row) => cells(row.day, row.principal, row)),
      cells(t("usage.sum"), "", sum).map(({ text }): Cell => ({ text, style: "bold" })),
    ],
    figures,
  );
  return 0;
}

function cells(
  day: string,
  principal: string,
  row: Readonly<Record<"messages" | "failed" | "promptTokens" | "completionTokens" | "ms", number>>,
): Cell[] {
  return [
    { text: day },
    { text: plainLine(principal) },
    { text: String(row.messages) },
    { text: String(row.failed), ...(row.failed > 0 ? { style: "yellow" } : {}) },
    { text: String(row.promptTokens) },
    { text: String(row.completionTokens) },
    { text: (row.ms / 1_000).toFixed(1) },
  ];
}
