import type { Bilingual, Report, ReportDelta } from "@adyton/protocol";

const words = {
  status: {
    en: {
      ok: "All is well",
      warn: "Some of it gives cause for concern",
      fail: "Something is wrong",
      partial: "Not everything could be looked at",
    },
    ru: {
      ok: "Всё в порядке",
      warn: "Кое-что настораживает",
      fail: "Что-то не так",
      partial: "Посмотреть удалось не всё",
    },
  },
  figures: {
    en: (checks: number, calls: number) => `Checks: ${checks}, calls of the model: ${calls}.`,
    ru: (checks: number, calls: number) => `Проверок: ${checks}, обращений к модели: ${calls}.`,
  },
  fix: {
    en: (command: string) => `what may help: ${command}`,
    ru: (command: string) => `может помочь: ${command}`,
  },
  final: { en: " (cannot be undone)", ru: " (необратимо)" },
  delta: {
    en: { new: "New", fixed: "Fixed", persisting: "Still there" },
    ru: { new: "Новое", fixed: "Исправлено", persisting: "Осталось" },
  },
} as const;

const marks = { fail: "✗", warn: "!", info: "·" } as const;

/** A report in a few lines: what it comes to, what was found, what may help, and what changed since the one before. */
export function reportInWords(
  report: Pick<Report, "status" | "checks" | "findings" | "cost"> & {
    readonly delta?: ReportDelta | undefined;
  },
  language: keyof Bilingual,
): string {
  const { status, checks, findings, cost, delta } = report;
  const head = `${words.status[language][status]}. ${words.figures[language](checks.length, cost.calls)}`;
  const found = findings.map(({ severity, title, checkId, fix }) => {
    const final = fix?.reversible === false ? words.final[language] : "";
    const help = fix === undefined ? "" : ` — ${words.fix[language](fix.command)}${final}`;
    return `${marks[severity]} ${checkId}: ${title}${help}`;
  });
  const changed = (["new", "fixed", "persisting"] as const)
    .map((kind) => [words.delta[language][kind], delta?.[kind] ?? []] as const)
    .filter(([, ids]) => ids.length > 0)
    .map(([word, ids]) => `${word}: ${ids.join(", ")}.`);
  return [head, ...found, ...changed].join("\n");
}
