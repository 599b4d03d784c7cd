export interface Beating {
  beat(): void;
}

/** With ten thousand connections fifty are looked at together, which takes less than a millisecond. */
const roundsPerBeat = 200;

/**
 * Looks at every connection once in `everyMs`, a few of them at a time: ten thousand at once would hold up
 * everybody else for as long as it takes.
 */
export class Heartbeat {
  readonly #everyMs: number;
  readonly #rounds: readonly Set<Beating>[] = Array.from(
    { length: roundsPerBeat },
    () => new Set(),
  );
  #next = 0;
  #count = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(everyMs: number) {
    this.#everyMs = everyMs;
  }

  /** Returns how to stop. The first look comes after `everyMs`. */
  add(beating: Beating): () => void {
    // The round that has just been, so that the next one comes a whole time later.
    const round = this.#rounds[(this.#next + roundsPerBeat - 1) % roundsPerBeat];
    round?.add(beating);
    this.#count++;
    this.#timer ??= setInterval(() => this.#beat(), this.#everyMs / roundsPerBeat).unref();
    return () => {
      if (round?.delete(beating) !== true || --this.#count > 0) return;
      clearInterval(this.#timer);
      this.#timer = undefined;
    };
  }

  #beat(): void {
    const round = this.#rounds[this.#next];
    this.#next = (this.#next + 1) % roundsPerBeat;
    for (const beating of round ?? []) beating.beat();
  }
}
