interface DayTokensOptions {
  /** Tokens of one principal in a day, all its turns counted. */
  readonly perDay: number;
  /** What a principal's turns of this day took, as the journal counts them. */
  readonly usedToday: (principal: string) => number;
}

/**
 * What runs that ask the model several times may use in a day. Each sets its tokens aside before it begins, and gives
 * them back once the journal has counted what it took: otherwise runs beside each other would all see the same rest.
 */
export class DayTokens {
  readonly #options: DayTokensOptions;
  readonly #aside = new Map<string, number>();

  constructor(options: DayTokensOptions) {
    this.#options = options;
  }

  /** Sets aside as many tokens as are left, at most `wanted`, until `ended` settles. 0: the day's are used up. */
  setAside(principal: string, wanted: number, ended: Promise<unknown>): number {
    const { perDay, usedToday } = this.#options;
    const aside = this.#aside.get(principal) ?? 0;
    const granted = Math.max(0, Math.min(wanted, perDay - usedToday(principal) - aside));
    if (granted === 0) return 0;
    this.#aside.set(principal, aside + granted);
    const giveBack = (): void => {
      const rest = (this.#aside.get(principal) ?? 0) - granted;
      if (rest > 0) this.#aside.set(principal, rest);
      else this.#aside.delete(principal);
    };
    void ended.then(giveBack, giveBack);
    return granted;
  }
}
