import { type ExitRules, filterExit, filterWords } from "./exit-filter.ts";

/** Characters held back at most; a longer word is filtered in pieces. */
export const heldCharsMax = 4_096;
/** The last two words: how the one before the last ends shows only when the last begins. */
const lastWords = /\S+\s*(?:\s\S+\s*)?$/u;

/** Filters a text that comes in pieces. All that was given back together is what the whole text comes to. */
export class ExitStream {
  readonly #rules: ExitRules;
  #held = "";
  #hasShown = false;

  constructor(rules: ExitRules) {
    this.#rules = rules;
  }

  /** Takes a piece and gives back what can be shown by now. */
  feed(piece: string): string {
    this.#held += piece;
    const words = this.#held.search(lastWords);
    const from = this.#held.length - Math.max(0, words) > heldCharsMax ? this.#held.length : words;
    if (from <= 0) return "";
    const { text } = filterWords(this.#held.slice(0, from), this.#rules);
    this.#held = this.#held.slice(from);
    this.#hasShown ||= text.trim() !== "";
    return text;
  }

  /** The rest. */
  end(): string {
    const rest = this.#held;
    this.#held = "";
    const filter = this.#hasShown ? filterWords : filterExit;
    return rest === "" ? "" : filter(rest, this.#rules).text;
  }

  /** What was given back is void; the text begins anew. */
  restart(): void {
    this.#hasShown = false;
    this.#held = "";
  }
}
