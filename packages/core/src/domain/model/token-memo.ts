import { estimateTokens } from "./token-estimate.ts";

/** Characters of texts whose estimates are remembered; when there are more, all are forgotten. */
export const memoCharsMax = 1024 * 1024;

/**
 * Remembers estimates: each turn counts the whole conversation again, whose texts are the same strings as before, so a
 * look-up costs a pointer and not a walk over the text.
 */
export class TokenMemo {
  readonly #known = new Map<string, number>();
  #chars = 0;

  /** The same as `estimateTokens`. */
  estimate(text: string): number {
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    const tokens = estimateTokens(text);
    this.#chars += text.length;
    if (this.#chars > memoCharsMax) {
      this.#known.clear();
      this.#chars = text.length;
    }
    this.#known.set(text, tokens);
    return tokens;
  }

  /** Texts that are remembered. */
  get size(): number {
    return this.#known.size;
  }
}
