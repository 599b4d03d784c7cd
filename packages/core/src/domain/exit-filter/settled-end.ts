import { mayBelongToTrace } from "./trace-leaks.ts";

/** A key that has begun is known as one after at most so many units. */
const keyHeadUnitsMax = 160;
const blankLine = /\n[^\S\n]*\n/gu;

/**
 * How much of a text that still grows can be shown, so that nothing is shown of what will turn out to be a leak once it is
 * whole: without its last two words (how one ends shows when the next begins), as many units as the longest word that may
 * not leave has (names have spaces), a key that has begun, and lines that may come to be part of a trace.
 */
export function settledEnd(text: string, wordUnitsMax: number): number {
  const lastWords = wordStart(text, wordStart(text, text.length) - 1);
  const longWord = wordStart(text, text.length - wordUnitsMax + 1);
  return Math.max(0, Math.min(lastWords, longWord, openKey(text), openTrace(text)));
}

/** Where the word begins that stands at a place or before it. */
function wordStart(text: string, at: number): number {
  let start = at;
  while (start > 0 && isBlank(text, start - 1)) start -= 1;
  while (start > 0 && !isBlank(text, start - 1)) start -= 1;
  return start;
}

const isBlank = (text: string, at: number): boolean => /\s/u.test(text.charAt(at));

function openKey(text: string): number {
  const begun = text.lastIndexOf("-----BEGIN");
  return begun === -1 || text.length - begun > keyHeadUnitsMax ? text.length : begun;
}

/** Where the first line begins, of those behind the last blank one, that may belong to a trace. */
function openTrace(text: string): number {
  let start = 0;
  for (const { 0: blank, index } of text.matchAll(blankLine)) start = index + blank.length;
  for (const line of text.slice(start).split("\n")) {
    if (mayBelongToTrace(line)) return start;
    start += line.length + 1;
  }
  return text.length;
}
