import { soundKey } from "./sound-key.ts";
import { stem } from "./stem.ts";
import { isStopWord } from "./stop-words.ts";
import { tokenize } from "./tokenize.ts";

export const queryCharsMax = 2_000;
export const queryTermsMax = 24;

export type Language = "ru" | "en";

export interface QueryTerm {
  readonly term: string;
  readonly sound: string;
  readonly identifier: boolean;
}

/** A token as the index stores it: stemmed, and with `_` for marks that SQLite's tokenizer would split at. */
export function indexTerm(token: string): string {
  return stem(token).replaceAll(/[^\p{L}\p{N}]/gu, "_");
}

/** The terms of a text in order, repeats kept: what the full-text index counts. */
export function indexTerms(text: string): string[] {
  return tokenize(text).map((token) => indexTerm(token.text));
}

// Names that people shorten beyond what spelling or sound can connect. Kept short on purpose.
const aliases: ReadonlyMap<string, string> = new Map([
  ["tg", "telegram"],
  ["тг", "телеграм"],
  ["телега", "телеграм"],
]);

/** The words of a question that carry its topic: distinct, without stop words, at most `queryTermsMax`. */
export function queryTerms(query: string): QueryTerm[] {
  const found = new Map<string, QueryTerm>();
  for (const token of tokenize(query.slice(0, queryCharsMax))) {
    if (found.size >= queryTermsMax) break;
    if (isStopWord(token.text)) continue;
    if (token.text.length < 2 && !/\p{N}/u.test(token.text)) continue;
    const term = indexTerm(aliases.get(token.text) ?? token.text);
    const known = found.get(term);
    if (known?.identifier === true) continue;
    found.set(term, { term, sound: soundKey(term), identifier: token.identifier });
  }
  return [...found.values()];
}

/** The language a text is written in, by its script: one Cyrillic word among Latin names makes it Russian. */
export function languageOf(text: string): Language {
  return /\p{Script=Cyrillic}{2}/u.test(text) ? "ru" : "en";
}

const languageSampleChars = 20_000;

/** The language of a document: Russian when a fifth of its letters are Cyrillic, for code and names are Latin anyway. */
export function documentLanguage(text: string): Language {
  const sample = text.slice(0, languageSampleChars);
  const cyrillic = sample.match(/\p{Script=Cyrillic}/gu)?.length ?? 0;
  const letters = sample.match(/\p{L}/gu)?.length ?? 0;
  return letters > 0 && cyrillic / letters >= 0.2 ? "ru" : "en";
}
