/**
 * What the caller was shown of an answer that several runs may have begun. The first run's words are shown as they
 * come. A run that repeats a lost one is silent while it says the same, goes on from there, and is silent for good as
 * soon as it says something else: the caller then gets the whole answer, which is right, at the end.
 */
export class ShownText {
  #shown = "";
  #said = "";
  #isBroken = false;

  /** What can be handed on of these words, perhaps nothing. */
  add(words: string): string {
    if (this.#isBroken) return "";
    this.#said += words;
    if (this.#said.length <= this.#shown.length) {
      if (!this.#shown.startsWith(this.#said)) this.#isBroken = true;
      return "";
    }
    if (!this.#said.startsWith(this.#shown)) {
      this.#isBroken = true;
      return "";
    }
    const fresh = this.#said.slice(this.#shown.length);
    this.#shown = this.#said;
    return fresh;
  }

  /** A piece is missing: nothing of this run can be handed on any more. */
  break(): void {
    this.#isBroken = true;
  }

  /** Another run begins from the answer's beginning. */
  again(): void {
    this.#said = "";
    this.#isBroken = false;
  }

  get isBegun(): boolean {
    return this.#shown !== "";
  }
}
