import type { Invariants, SpokenTurn } from "./snapshot.ts";

/** Letters by which the language of a question, and of an answer, can be told. */
const questionLettersMin = 8;
const answerLettersMin = 24;

/** The rules that an answer breaks, by their names. */
export function breaches(
  { question, answer }: Pick<SpokenTurn, "question" | "answer">,
  { language, answerCharsMax, forbidden = [], json }: Invariants,
): readonly (keyof Invariants)[] {
  const wanted = language === "same" ? scriptOf(question, questionLettersMin) : language;
  const spoken = scriptOf(answer, answerLettersMin);
  const folded = answer.toLowerCase();
  return [
    ...(wanted !== undefined && spoken !== undefined && wanted !== spoken
      ? (["language"] as const)
      : []),
    ...(answerCharsMax !== undefined && answer.length > answerCharsMax
      ? (["answerCharsMax"] as const)
      : []),
    ...(forbidden.some((text) => folded.includes(text.toLowerCase()))
      ? (["forbidden"] as const)
      : []),
    ...(json === true && !isJson(answer) ? (["json"] as const) : []),
  ];
}

/**
 * The language of a text by its letters; `undefined` where they are few or mixed, as in a quotation or a program. Code
 * has no language.
 */
function scriptOf(text: string, lettersMin: number): "en" | "ru" | undefined {
  const prose = text.replaceAll(/```[\s\S]*?(?:```|$)|`[^`\n]*`/gu, "");
  const russian = prose.match(/\p{Script=Cyrillic}/gu)?.length ?? 0;
  const latin = prose.match(/\p{Script=Latin}/gu)?.length ?? 0;
  const letters = russian + latin;
  if (letters < lettersMin) return undefined;
  if (russian > letters * clearShare) return "ru";
  return latin > letters * clearShare ? "en" : undefined;
}

const clearShare = 0.7;

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
