import { normalise } from "./normalise.ts";

export const tokenCharsMax = 64;

export interface Token {
  /** Normalised, with its joiners: `e1042`, `packages/core`, `1.2.3`. */
  readonly text: string;
  /** True for what people copy rather than phrase: codes, paths, versions, hashes. */
  readonly identifier: boolean;
}

// Letters and digits, joined by single marks that live inside names, paths, versions and addresses.
const compound = /[\p{L}\p{N}_]+(?:[-./:\\@#+][\p{L}\p{N}_]+)*/gu;
const piece = /[\p{L}\p{N}]+/gu;
const contraction = /['’](?:s|t|re|ve|ll|d|m)(?![\p{L}\p{N}])/gu;
const scriptRun = /[\p{Script=Cyrillic}]+|[\p{Script=Latin}]+|\p{N}+/gu;

function isIdentifier(text: string): boolean {
  if (/[./:\\@#_+]/u.test(text)) return true;
  return /\p{L}/u.test(text) && /\p{N}/u.test(text);
}

/**
 * Splits text into words. An identifier is kept whole and also split, so that `packages/core` is found by either
 * name. A word of two scripts is kept whole (a homoglyph) and split (`APIключ`). Longer than `tokenCharsMax`: dropped.
 */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  const push = (word: string, identifier: boolean) => {
    if (word.length <= tokenCharsMax) tokens.push({ text: word, identifier });
  };
  for (const [whole] of normalise(text).replaceAll(contraction, " ").matchAll(compound)) {
    const pieces = whole.match(piece) ?? [];
    const isOnePiece = pieces.length === 1 && pieces[0] === whole;
    if (pieces.length > 0) push(whole, isIdentifier(whole));
    for (const part of pieces) {
      if (!isOnePiece) push(part, false);
      const runs = part.match(scriptRun) ?? [];
      // A run of one letter is a homoglyph inside a word, not a word beside another.
      if (runs.length > 1 && runs.every((run) => run.length > 1))
        for (const run of runs) push(run, false);
    }
  }
  return tokens;
}
