import type { SecretFilter } from "./secret-filter.ts";
import { keyBeginning, openPrivateKey, privateKey } from "./token-formats.ts";

/** Characters held back at most, more than the longest token or key has; a longer word is filtered in pieces. */
export const heldSecretCharsMax = 8_400;
const wholeKey = new RegExp(privateKey, "uy");

/**
 * Filters a text that comes in pieces. Back is held only what could still become a secret: a word in progress, and a
 * private key from its first line on. All that was given back together is what the whole text comes to.
 */
export class SecretStream {
  readonly #filter: SecretFilter;
  #held = "";
  /** The last of what was given back, as it was: a token begins no sooner than a word. */
  #before = "";

  constructor(filter: SecretFilter) {
    this.#filter = filter;
  }

  /** Takes a piece and gives back what can be shown by now. */
  feed(piece: string): string {
    this.#held += piece;
    let to = Math.max(0, this.#held.length - this.#spare());
    // What stands right before one that is held may be part of another.
    for (let before = -1; to !== before && to > 0;) {
      before = to;
      to = this.#keyStart(this.#secretStart(this.#wordStart(to)));
    }
    if (this.#held.length - to > heldSecretCharsMax) to = this.#held.length;
    return this.#release(to);
  }

  /** The rest. */
  end(): string {
    return this.#release(this.#held.length);
  }

  /** How much is held back for secrets with a space in them. */
  #spare(): number {
    return Math.max(1, ...this.#filter.spaced.map(({ length }) => length)) - 1;
  }

  /** Where the word begins that is in progress at `end`. */
  #wordStart(end: number): number {
    let at = end;
    while (at > 0 && this.#filter.isOfWord(this.#held.charCodeAt(at - 1))) at -= 1;
    return at;
  }

  /** Not in the middle of a secret with a space in it. */
  #secretStart(to: number): number {
    let least = to;
    for (const secret of this.#filter.spaced) {
      const start = this.#held.indexOf(secret, Math.max(0, to - secret.length + 1));
      if (start !== -1 && start < least) least = start;
    }
    return least;
  }

  /** No further than a private key that is not over, and not in the middle of one that is. */
  #keyStart(to: number): number {
    // Whoever has less than its beginning has none.
    if (to < keyBeginning.length) return to;
    for (let at = this.#held.indexOf(keyBeginning); at !== -1 && at < to;) {
      openPrivateKey.lastIndex = at;
      if (openPrivateKey.test(this.#held)) return at;
      wholeKey.lastIndex = at;
      if (wholeKey.test(this.#held) && wholeKey.lastIndex > to) return at;
      at = this.#held.indexOf(keyBeginning, at + 1);
    }
    return to;
  }

  #release(to: number): string {
    if (to === 0) return "";
    const whole = this.#held.slice(0, to);
    this.#held = this.#held.slice(to);
    const { text } = this.#filter.redact(whole, this.#before);
    this.#before = whole.length > 1 ? whole.slice(-2) : (this.#before + whole).slice(-2);
    return text;
  }
}
