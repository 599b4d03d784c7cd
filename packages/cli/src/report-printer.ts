import type { Check, Finding, Report } from "@adyton/protocol";
import type { Style } from "@adyton/runtime/terminal";
import type { Shell } from "./shell.ts";
import { plainLine } from "./terminal-text.ts";
import type { TextKey } from "./texts/translate.ts";

/** Characters of a figure in the table; the whole of it is in `--json`. */
const figureCharsMax = 44;

const checkStyles: Readonly<Record<Check["status"], Style>> = {
  ok: "green",
  warn: "yellow",
  fail: "red",
  skipped: "dim",
  error: "red",
};
const findingStyles: Readonly<Record<Finding["severity"], Style>> = {
  info: "cyan",
  warn: "yellow",
  fail: "red",
};

/** A report for a person: each check with its figure and its threshold, then what was found and what may help. */
export function printReport(
  { print, t }: Shell,
  report: Pick<Report, "status" | "score" | "checks" | "findings" | "cost">,
): void {
  const { status, score, checks, findings, cost } = report;
  const head: TextKey = `report.status.${status}`;
  print.line(print.paint("bold", t(head)));
  print.line(
    t("report.figures", {
      score: score === null ? t("report.no_score") : score.toFixed(2),
      calls: cost.calls,
      seconds: (cost.ms / 1_000).toFixed(1),
    }),
  );
  print.line();
  const columns = t("report.columns").split("|");
  print.table([
    columns.map((text) => ({ text, style: "dim" as const })),
    ...checks.map((check) => {
      const word: TextKey = `report.check.${check.status}`;
      return [
        { text: check.id },
        { text: t(word), style: checkStyles[check.status] },
        { text: figure(check.measured) },
        { text: figure(check.threshold), style: "dim" as const },
      ];
    }),
  ]);
  if (findings.length > 0) print.line();
  for (const { severity, checkId, title, fix } of findings) {
    print.line(`${print.paint(findingStyles[severity], checkId)} ${plainLine(title)}`);
    if (fix === undefined) continue;
    const final = fix.reversible ? "" : ` ${t("report.final")}`;
    print.line(`   ${t("report.fix", { command: plainLine(fix.command) })}${final}`);
  }
}

/** A figure on its line: `10: 1, 50: 0, 90: 1`. */
function figure(value: unknown): string {
  const text = plainLine(shown(value));
  const characters = Array.from(text);
  return characters.length <= figureCharsMax
    ? text
    : `${characters.slice(0, figureCharsMax - 1).join("")}…`;
}

function shown(value: unknown): string {
  if (value === null || value === undefined) return "—";
  if (Array.isArray(value)) return value.length === 0 ? "—" : value.map(shown).join(" ");
  if (typeof value === "object")
    return Object.entries(value)
      .map(([key, each]) => `${key}: ${shown(each)}`)
      .join(", ");
  return typeof value === "string" ? value : JSON.stringify(value);
}
