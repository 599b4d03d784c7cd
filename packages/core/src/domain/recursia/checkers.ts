import type { Language } from "../search/terms.ts";
import { numbersIn } from "./canonical.ts";
import { type Checker, type Finding, passed } from "./checker.ts";
import { formChecks } from "./demands.ts";
import { agrees, expressionPattern, valueOf } from "./expression.ts";

/** The checks that apply to the answers of a question. */
export function checkersFor(question: string, language: Language): readonly Checker[] {
  return [
    ...valueChecks(question, language),
    ...formChecks(question, language),
    { name: "equations", isDemanded: false, check: (answer) => equations(answer, language) },
    { name: "dates", isDemanded: false, check: (answer) => dates(answer, language) },
    { name: "fences", isDemanded: false, check: (answer) => fences(answer, language) },
  ];
}

const computeVerb =
  /(?:calculate|compute|evaluate|what is|what's|how much is|result of|сколько будет|вычисли(?:те)?|посчитай(?:те)?|сосчитай(?:те)?|чему равн[оаы]|найди(?:те)? значение)[^\n]{0,30}$/iu;

/** The value of what the question asks to compute. An expression that merely occurs in it demands nothing. */
function valueChecks(question: string, language: Language): Checker[] {
  return [...question.matchAll(expressionPattern)].slice(0, 4).flatMap((found): Checker[] => {
    const [expression] = found;
    const before = question.slice(Math.max(0, found.index - 60), found.index);
    const after = question.slice(found.index + expression.length);
    const isAsked = computeVerb.test(before)
      ? !/^\s*=\s*\d/u.test(after)
      : /^\s*=\s*(?:\?|$)/u.test(after);
    const value = valueOf(expression);
    if (!isAsked || value === undefined) return [];
    const shown = `${expression.trim()} = ${Number(value.toFixed(6))}`;
    const check = (answer: string): Finding =>
      numbersIn(answer).some((number) => Math.abs(number - value) <= tolerance(value))
        ? passed
        : { faults: 1, message: words.value[language](shown) };
    return [{ name: "value", isDemanded: true, check }];
  });
}

/** A whole number is exact; what does not end is given with two decimals at least. */
const tolerance = (value: number): number => (Number.isInteger(value) ? 1e-9 : 0.005000001);

/** Every `a + b = c` of an answer is worked out again. */
function equations(answer: string, language: Language): Finding {
  const wrong: string[] = [];
  for (const found of answer.matchAll(expressionPattern)) {
    const [expression] = found;
    const rest = answer.slice(
      found.index + expression.length,
      found.index + expression.length + 40,
    );
    const [, stated] =
      /^\s{0,3}[=≈]\s{0,3}([-−]?\d{1,15}(?:[.,]\d{1,9})?)(?![\d%\p{L}])(?!\s{0,3}[+\-−*×·/÷])/u.exec(
        rest,
      ) ?? [];
    const value = valueOf(expression);
    if (stated === undefined || value === undefined || agrees(stated, value)) continue;
    wrong.push(`${expression.trim()} = ${Number(value.toFixed(6))}`);
  }
  if (wrong.length === 0) return passed;
  return { faults: wrong.length, message: words.equation[language](wrong.join("; ")) };
}

/** Days that no calendar has. */
function dates(answer: string, language: Language): Finding {
  const wrong = [...answer.matchAll(/(?<!\d)(\d{4})-(\d{2})-(\d{2})(?!\d)/gu)].flatMap(
    ([written, year, month, day]) => {
      const [y, m, d] = [Number(year), Number(month), Number(day)];
      const isLeap = (y % 4 === 0 && y % 100 !== 0) || y % 400 === 0;
      const days = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][m - 1] ?? 0;
      return d >= 1 && d <= days ? [] : [written];
    },
  );
  if (wrong.length === 0) return passed;
  return { faults: wrong.length, message: words.date[language](wrong.join(", ")) };
}

/** Code that is opened and never closed was cut, and a block that calls itself JSON is JSON. */
function fences(answer: string, language: Language): Finding {
  const marks = answer.match(/^\s{0,3}```/gmu)?.length ?? 0;
  if (marks % 2 === 1) return { faults: 1, message: words.fence[language] };
  for (const [, block = ""] of answer.matchAll(/^```json\s*\n([^]*?)^```/gmu)) {
    try {
      JSON.parse(block);
    } catch {
      return { faults: 1, message: words.jsonBlock[language] };
    }
  }
  return passed;
}

const words = {
  value: {
    en: (shown: string) => `The value is not in the answer: ${shown}.`,
    ru: (shown: string) => `В ответе нет значения: ${shown}.`,
  },
  equation: {
    en: (shown: string) => `Worked out again, it is: ${shown}.`,
    ru: (shown: string) => `При проверке получается: ${shown}.`,
  },
  date: {
    en: (shown: string) => `There are no such days: ${shown}.`,
    ru: (shown: string) => `Таких дат нет: ${shown}.`,
  },
  fence: {
    en: "A block of code is opened and never closed.",
    ru: "Блок кода открыт и не закрыт.",
  },
  jsonBlock: {
    en: "The block marked as JSON is not JSON.",
    ru: "Блок, обозначенный как JSON, не является JSON.",
  },
} as const;
