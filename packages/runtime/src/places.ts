/** A number of places for work. Whoever finds none free waits, and the one who waited longest is next. */
export class Places {
  readonly #waiting = new Set<() => void>();
  #free: number;

  constructor(count: number) {
    this.#free = count;
  }

  /** Rejects with the signal's reason for work that still waits when it aborts; work that has begun sees to that itself. */
  async within<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    signal.throwIfAborted();
    if (this.#free === 0) await this.#turn(signal);
    else this.#free -= 1;
    try {
      return await work();
    } finally {
      const [next] = this.#waiting;
      if (next === undefined) this.#free += 1;
      else {
        this.#waiting.delete(next);
        next();
      }
    }
  }

  async #turn(signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const begin = (): void => resolve(true);
    const leave = (): void => resolve(!this.#waiting.delete(begin));
    this.#waiting.add(begin);
    signal.addEventListener("abort", leave, { once: true });
    const isFree = await promise;
    signal.removeEventListener("abort", leave);
    if (!isFree) signal.throwIfAborted();
  }
}
