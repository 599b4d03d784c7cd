/**
 * Runs work of the same key one after another: what is decided by looking at the state must be on disk before the next
 * one looks. Every piece of work is a request that waits, so the edge's bound on connections bounds the queue.
 */
export class OneByOne {
  readonly #last = new Map<string, Promise<unknown>>();

  /** Resolves or rejects as `work` does, once all earlier work of the key is over. */
  async run<T>(key: string, work: () => Promise<T> | T): Promise<T> {
    const before = this.#last.get(key);
    const mine = (async () => {
      await before;
      return await work();
    })();
    // Whoever comes next waits for the end, however it went.
    const settled = mine.then(
      () => undefined,
      () => undefined,
    );
    this.#last.set(key, settled);
    try {
      return await mine;
    } finally {
      if (this.#last.get(key) === settled) this.#last.delete(key);
    }
  }
}
