import { canonical, canonicalNumber, numberPattern } from "./canonical.ts";

/** A question with a short answer that can be counted: a number, yes or no, one of several options, one word. */
export type DiscreteKind = "number" | "yes_no" | "option" | "word";

const asksNumber =
  /\b(?:how many|how much|how old|how far|how long|how tall|what (?:year|number|percentage)|in (?:which|what) year)\b|(?<!\p{L})(?:сколько|в каком году|какой год|каков[ао]? (?:сумма|возраст|число|количество)|во сколько)(?!\p{L})/iu;
const asksYesNo =
  /\byes or no\b|да или нет|правда ли|верно ли|(?<!\p{L})ли(?!\p{L})[^.!\n]{0,200}\?|^(?:is|are|was|were|does|do|did|can|could|will|has|have|had|should)\b[^.!\n]{1,300}\?\s*$/iu;
const asksWord =
  /\b(?:in|with) (?:one|a single) word\b|\bone word\b|одним словом|(?<!\p{L})одно слово/iu;
const options = /(?:^|[\s(])([A-FА-Е])[).:]\s+\S/gmu;

/** Which kind of short answer a question asks for. */
export function discreteKind(question: string): DiscreteKind | undefined {
  const marks = new Set([...question.matchAll(options)].map(([, mark]) => mark));
  if (marks.size >= 2) return "option";
  if (asksWord.test(question)) return "word";
  if (asksNumber.test(question)) return "number";
  return asksYesNo.test(question.trim()) ? "yes_no" : undefined;
}

const marker =
  /(?:answer|result|total|ответ|итог\p{L}{0,2}|результат|получа\p{L}+)\s{0,3}(?:is|—|-|:|=)?\s{0,3}/giu;

/** What an answer says in the end, in one spelling, so that equal answers are equal texts. */
export function finalAnswer(text: string, kind: DiscreteKind): string {
  const last = [...text.matchAll(marker)].at(-1);
  const tail = last === undefined ? text : text.slice(last.index + last[0].length);
  switch (kind) {
    case "number":
      return firstNumber(tail, last !== undefined) ?? firstNumber(text, false) ?? canonical(text);
    case "yes_no":
      return yesOrNo(tail) ?? yesOrNo(text) ?? canonical(text);
    case "option":
      return option(tail) ?? option(text) ?? canonical(text);
    case "word":
      return canonical(tail).split(" ").slice(0, 3).join(" ");
  }
}

/** Behind a word such as "answer" the first number counts, elsewhere the last one does. */
function firstNumber(text: string, isMarked: boolean): string | undefined {
  const found = [...text.matchAll(numberPattern)].map(([written]) => canonicalNumber(written));
  const value = isMarked ? found[0] : found.at(-1);
  return value === undefined ? undefined : String(value);
}

function yesOrNo(text: string): string | undefined {
  const [word] = /(?<!\p{L})(?:yes|no|true|false|да|нет|верно|неверно)(?!\p{L})/iu.exec(text) ?? [];
  if (word === undefined) return undefined;
  return /^(?:yes|true|да|верно)$/iu.test(word) ? "yes" : "no";
}

/** Letters of both alphabets that look alike are the same mark. */
function option(text: string): string | undefined {
  const [, mark] = /(?<![\p{L}\p{N}])([A-FА-Е])(?![\p{L}\p{N}])/u.exec(text) ?? [];
  if (mark === undefined) return undefined;
  return { А: "A", В: "B", С: "C", Е: "E" }[mark] ?? mark;
}
