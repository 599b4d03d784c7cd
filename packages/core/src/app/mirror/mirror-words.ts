import type { Bilingual, MirrorReport } from "@adyton/protocol";

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
  checks: { en: "checks", ru: "проверок" },
  calls: { en: "calls of the model", ru: "обращений к модели" },
  helps: { en: "may help", ru: "может помочь" },
  final: { en: "it cannot be taken back", ru: "это необратимо" },
} as const;

const marks = { fail: "✗", warn: "!", info: "·" } as const;

/** A report in a few lines: what it comes to, what was found, and which commands may help. */
export function mirrorInWords(report: MirrorReport, language: keyof Bilingual): string {
  const { status, checks, findings, cost } = report;
  const head = `${words.status[language][status]}. ${words.checks[language]}: ${checks.length}; ${words.calls[language]}: ${cost.calls}.`;
  const lines = findings.map(({ severity, title, checkId, fix }) => {
    const final = fix?.reversible === false ? ` (${words.final[language]})` : "";
    const help = fix === undefined ? "" : ` ${words.helps[language]}: ${fix.command}${final}`;
    return `${marks[severity]} ${checkId} ${title}${help}`;
  });
  return [head, ...lines].join("\n");
}
