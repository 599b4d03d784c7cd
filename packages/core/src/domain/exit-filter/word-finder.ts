/** Where a word stands, and which of the words it is. */
export interface FoundWord {
  readonly word: number;
  readonly start: number;
  readonly end: number;
}

/**
 * Finds any of a set of words in one pass, however many they are: Aho and Corasick, "Efficient string matching", 1975.
 * The set lies in memory as an automaton.
 */
export class WordFinder {
  /** The next state by UTF-16 unit, for each state; state 0 is the beginning. */
  readonly #next: Map<number, number>[] = [new Map<number, number>()];
  /** The state of the longest end of this state's text that also begins a word. */
  readonly #fallback: number[] = [0];
  /** The words that end in a state, longest first. */
  readonly #ends: number[][] = [[]];
  readonly #lengths: readonly number[];

  /** Empty words are never found. */
  constructor(words: readonly string[]) {
    this.#lengths = words.map(({ length }) => length);
    for (const [index, word] of words.entries()) if (word !== "") this.#add(word, index);
    this.#link();
  }

  /** Every place of every word, also where they overlap, by where they end. */
  *find(text: string): Generator<FoundWord> {
    let state = 0;
    for (let at = 0; at < text.length; at += 1) {
      state = this.#step(state, text.charCodeAt(at));
      for (const word of this.#ends[state] ?? []) {
        const end = at + 1;
        yield { word, start: end - (this.#lengths[word] ?? 0), end };
      }
    }
  }

  /** The state after one more unit. */
  #step(from: number, unit: number): number {
    for (let state = from; ; state = this.#fallback[state] ?? 0) {
      const next = this.#next[state]?.get(unit);
      if (next !== undefined) return next;
      if (state === 0) return 0;
    }
  }

  #add(word: string, index: number): void {
    let state = 0;
    for (let at = 0; at < word.length; at += 1) {
      const unit = word.charCodeAt(at);
      const known = this.#next[state]?.get(unit);
      const next = known ?? this.#next.length;
      if (known === undefined) {
        this.#next[state]?.set(unit, next);
        this.#next.push(new Map());
        this.#fallback.push(0);
        this.#ends.push([]);
      }
      state = next;
    }
    this.#ends[state]?.push(index);
  }

  /** Breadth first, so that a fallback, which is shorter, is complete before it is used. */
  #link(): void {
    const queue = [...(this.#next[0]?.values() ?? [])];
    for (const state of queue)
      for (const [unit, child] of this.#next[state] ?? []) {
        const fallback = this.#step(this.#fallback[state] ?? 0, unit);
        this.#fallback[child] = fallback;
        this.#ends[child]?.push(...(this.#ends[fallback] ?? []));
        queue.push(child);
      }
  }
}
