import type { RethinkReport } from "@adyton/protocol";
import type { Language } from "../domain/search/terms.ts";

/** What is said, in one line, of an answer that was thought over. */
export const remarks = {
  /** What changed and why, or why nothing did. */
  rethought: (report: RethinkReport, language: Language): string => {
    const { improved, changes } = report;
    const line =
      improved === "no"
        ? words.kept[language](reasonKept(report)[language])
        : words.changed[language](changes.join(" "));
    return `— ${line.replaceAll(/\s+/gu, " ").trim()}`;
  },
  daySpent: {
    en: "— The day's tokens for rethinking are used up: answered without it.",
    ru: "— Токены на обдумывание на сегодня исчерпаны: ответ дан без него.",
  },
} as const;

const words = {
  changed: {
    en: (why: string) => `Changed: ${why}`,
    ru: (why: string) => `Изменено: ${why}`,
  },
  kept: {
    en: (why: string) => `Not improved: ${why}`,
    ru: (why: string) => `Не улучшено: ${why}`,
  },
} as const;

type Said = Readonly<Record<Language, string>>;

function reasonKept({ evidence, stopReason }: RethinkReport): Said {
  const ended = endedEarly[stopReason];
  if (ended !== undefined) return ended;
  if (stopReason !== "passed" && evidence !== "vote")
    return evidence === "none" && stopReason === "no_improvement" ? kept.none : kept.worse;
  return kept[evidence];
}

const kept = {
  checker: { en: "it passes every check.", ru: "он проходит все проверки." },
  vote: { en: "independent answers agree with it.", ru: "независимые ответы с ним совпадают." },
  sources: { en: "the sources support it.", ru: "источники его подтверждают." },
  judge: { en: "a judge preferred it.", ru: "судья предпочёл его." },
  none: {
    en: "nothing showed another answer to be better.",
    ru: "ничто не показало, что другой ответ лучше.",
  },
  worse: {
    en: "no revision passed the checks better.",
    ru: "ни одна правка не прошла проверки лучше.",
  },
} as const satisfies Readonly<Record<string, Said>>;

const endedEarly: Readonly<Partial<Record<RethinkReport["stopReason"], Said>>> = {
  calls: { en: "the calls allowed were used up.", ru: "разрешённые обращения исчерпаны." },
  tokens: { en: "the tokens allowed were used up.", ru: "разрешённые токены исчерпаны." },
  wall: { en: "the time allowed was over.", ru: "отведённое время вышло." },
  upstream: { en: "the model failed on the way.", ru: "модель отказала по дороге." },
  cycle: {
    en: "the model went round in circles.",
    ru: "модель ходила по кругу.",
  },
};
