import type { Language } from "../search/terms.ts";
import { type Checker, type Finding, passed } from "./checker.ts";
import { canonical } from "./canonical.ts";

/** What a question demands of the form of its answer: JSON, a length, words, a language. */
export function formChecks(question: string, language: Language): Checker[] {
  return [
    ...jsonCheck(question, language),
    ...lengthChecks(question, language),
    ...wordChecks(question, language),
    ...languageCheck(question, language),
  ];
}

const asksForJson =
  /(?:\b(?:answer|reply|respond|return|output|give|write|print)\b|ответ\p{L}*|верн\p{L}+|выведи\p{L}*|напиши\p{L}*|дай\p{L}*|пришли\p{L}*)[^.\n]{0,60}\bJSON\b|^\s*JSON\b/iu;

function jsonCheck(question: string, language: Language): Checker[] {
  if (!asksForJson.test(question)) return [];
  const check = (answer: string): Finding => {
    const [, fenced] = /^```(?:json)?\s*\n([^]*?)^```/mu.exec(answer) ?? [];
    try {
      JSON.parse(fenced ?? answer);
      return passed;
    } catch {
      return { faults: 1, message: words.json[language] };
    }
  };
  return [{ name: "json", isDemanded: true, check }];
}

const lengthPattern =
  /(?:\b(at most|no more than|not more than|up to|within|maximum of|max\.?|under|exactly|in)|(не более(?: чем)?|не больше(?: чем)?|не длиннее|максимум|до|ровно|в))\s+(\d{1,6}|one|two|three|four|five|ten|одного|одном|двух|трёх|трех|пяти|десяти|одно|два|три)\s+(words?|sentences?|characters?|lines?|слов\p{L}*|предложени\p{L}*|знак\p{L}*|символ\p{L}*|строк\p{L}*)/giu;

const numerals: Readonly<Record<string, number>> = {
  one: 1,
  two: 2,
  three: 3,
  four: 4,
  five: 5,
  ten: 10,
  одного: 1,
  одном: 1,
  одно: 1,
  двух: 2,
  два: 2,
  трёх: 3,
  трех: 3,
  три: 3,
  пяти: 5,
  десяти: 10,
};

function lengthChecks(question: string, language: Language): Checker[] {
  return [...question.matchAll(lengthPattern)]
    .slice(0, 4)
    .map(([, en, ru, count = "", noun = ""]) => {
      const bound = numerals[count.toLowerCase()] ?? Number(count);
      const isExact = /^(?:exactly|in|ровно|в)$/iu.test(en ?? ru ?? "");
      const measure = measureOf(noun);
      const check = (answer: string): Finding => {
        const has = measure(answer);
        const faults = isExact ? Math.abs(has - bound) : Math.max(0, has - bound);
        return faults === 0
          ? passed
          : { faults, message: words.length[language](noun, bound, has) };
      };
      return { name: "length", isDemanded: true, check };
    });
}

function measureOf(noun: string): (text: string) => number {
  if (/^(?:word|слов)/iu.test(noun))
    return (text) => text.match(/[\p{L}\p{N}]+(?:['’-][\p{L}\p{N}]+)*/gu)?.length ?? 0;
  if (/^(?:sentence|предложени)/iu.test(noun))
    return (text) =>
      text
        .trim()
        .split(/(?<=[.!?…])["»”)]*\s+/u)
        .filter((part) => /[\p{L}\p{N}]/u.test(part)).length;
  if (/^(?:line|строк)/iu.test(noun))
    return (text) => text.split("\n").filter((line) => line.trim() !== "").length;
  return (text) => Array.from(text.trim()).length;
}

const quoted = String.raw`["'«“]([^"'»”\n]{1,80})["'»”]`;
const wanted = new RegExp(
  String.raw`(?:\b(?:contain|include|mention|use)\b(?: the)?(?: words?| phrase)?|(?:упомяни|используй|включи|употреби)(?:те)?(?: слово| фразу)?|содержа\p{L}+(?: слово| фразу)?)\s*:?\s*${quoted}`,
  "giu",
);
const unwanted = new RegExp(
  String.raw`(?:\bwithout(?: using)?|\b(?:do not|don't|never|must not|avoid)(?: use| using| mention| contain| include)?|(?<!\p{L})(?:без|избегай(?:те)?|не (?:используй|употребляй|упоминай|пиши)(?:те)?))(?: the)?(?: words?| phrase| слов[ао]?| фраз[ыу])?\s*:?\s*${quoted}`,
  "giu",
);

const holds = (answer: string, word: string): boolean =>
  ` ${canonical(answer)} `.includes(` ${canonical(word)} `);

function wordChecks(question: string, language: Language): Checker[] {
  const forbidden = [...question.matchAll(unwanted)].slice(0, 8);
  const isForbidden = (index: number): boolean =>
    forbidden.some((each) => index >= each.index && index < each.index + each[0].length);
  const required = [...question.matchAll(wanted)]
    .filter(({ index }) => !isForbidden(index))
    .slice(0, 8);
  return [
    ...required.map(([, word = ""]): Checker => ({
      name: "must",
      isDemanded: true,
      check: (answer) =>
        holds(answer, word) ? passed : { faults: 1, message: words.missing[language](word) },
    })),
    ...forbidden.map(([, word = ""]): Checker => ({
      name: "must_not",
      isDemanded: true,
      check: (answer) =>
        holds(answer, word) ? { faults: 1, message: words.present[language](word) } : passed,
    })),
  ];
}

const asksForLanguage =
  /(?:\b(?:answer|reply|respond|write|translate)\b|(?:ответь|отвечай|напиши|пиши|переведи)(?:те)?)[^.\n]{0,60}?(?:\b(?:in|into) (English|Russian)\b|(по-русски|по-английски|на (?:русск|английск)\p{L}+))/iu;

function languageCheck(question: string, language: Language): Checker[] {
  const [found, english, russian] = asksForLanguage.exec(question) ?? [];
  if (found === undefined) return [];
  const isRussian = /russian|русск/iu.test(english ?? russian ?? "");
  const check = (answer: string): Finding => {
    const letters = answer.replaceAll(/```[^]*?```/gu, "").match(/\p{L}/gu)?.length ?? 0;
    const cyrillic =
      answer.replaceAll(/```[^]*?```/gu, "").match(/\p{Script=Cyrillic}/gu)?.length ?? 0;
    const share = letters === 0 ? 0 : (isRussian ? cyrillic : letters - cyrillic) / letters;
    const name = isRussian ? words.russian[language] : words.english[language];
    return share >= 0.5 || letters === 0
      ? passed
      : { faults: 1, message: words.language[language](name) };
  };
  return [{ name: "language", isDemanded: true, check }];
}

const words = {
  json: { en: "The answer is not JSON and nothing else.", ru: "Ответ должен быть только JSON." },
  length: {
    en: (noun: string, bound: number, has: number) =>
      `The answer has ${has} ${noun}; asked for: ${bound}.`,
    ru: (noun: string, bound: number, has: number) =>
      `В ответе (${noun}): ${has}; требуется: ${bound}.`,
  },
  missing: {
    en: (word: string) => `The answer lacks “${word}”.`,
    ru: (word: string) => `В ответе нет «${word}».`,
  },
  present: {
    en: (word: string) => `The answer has “${word}”, which it must not.`,
    ru: (word: string) => `В ответе есть «${word}», чего быть не должно.`,
  },
  language: {
    en: (name: string) => `The answer must be in ${name}.`,
    ru: (name: string) => `Ответ должен быть ${name}.`,
  },
  russian: { en: "Russian", ru: "на русском" },
  english: { en: "English", ru: "на английском" },
} as const;
