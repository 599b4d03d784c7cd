import { hash32 } from "./seeded.ts";

/**
 * The emulator's tokenizer. A token is, with the white space before it: a template mark (`<|im_start|>`, `<|im_end|>`),
 * up to four letters or digits, or one other character; white space at the end is one token. Joined tokens give the
 * text back. One count serves `/tokenize`, `usage` and streaming, so the three never disagree.
 */
const tokenPattern =
  /\s*<\|im_(?:start|end)\|>|\s*[\p{L}\p{M}\p{N}_]{1,4}|\s*[^\s\p{L}\p{M}\p{N}_]|\s+/gu;

export const vocabularySize = 32_000;

/** Cuts text into tokens. `tokensOf(text).join("") === text` for every text. */
export function tokensOf(text: string): readonly string[] {
  return text.match(tokenPattern) ?? [];
}

export function countTokens(text: string): number {
  return tokensOf(text).length;
}

/** The number a token has on the wire. Different tokens may share one: it identifies nothing, it only looks the part. */
export function tokenId(token: string): number {
  return hash32(token) % vocabularySize;
}

/** The last `tokensMax` tokens of a text. */
export function lastTokens(text: string, tokensMax: number): string {
  const tokens = tokensOf(text);
  return tokens.length <= tokensMax ? text : tokens.slice(tokens.length - tokensMax).join("");
}
