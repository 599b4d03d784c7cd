import { problem } from "@adyton/protocol";
import { ProblemError } from "../domain/problem-error.ts";

const busyRetrySeconds = 5;

interface Queue {
  last: Promise<unknown>;
  length: number;
}

/**
 * Runs work of the same key one after another: what is decided by looking at the state must be on disk before the next
 * one looks. With `workOfKeyMax`, so many pieces of one key, the one under way included, are held and one more is
 * refused; without it, what bounds the callers bounds the queue.
 */
export class OneByOne {
  readonly #queues = new Map<string, Queue>();
  readonly #workOfKeyMax: number;

  constructor(workOfKeyMax = Number.POSITIVE_INFINITY) {
    this.#workOfKeyMax = workOfKeyMax;
  }

  /** Resolves or rejects as `work` does, once all earlier work of the key is over. Rejects with `ProblemError` `busy`. */
  async run<T>(key: string, work: () => Promise<T> | T): Promise<T> {
    const queue = this.#queues.get(key) ?? { last: Promise.resolve(), length: 0 };
    if (queue.length >= this.#workOfKeyMax)
      throw new ProblemError(problem("busy", { retryAfterSeconds: busyRetrySeconds }));
    this.#queues.set(key, queue);
    const before = queue.last;
    const mine = (async () => {
      await before;
      return await work();
    })();
    // Whoever comes next waits for the end, however it went.
    queue.last = mine.then(
      () => undefined,
      () => undefined,
    );
    queue.length += 1;
    try {
      return await mine;
    } finally {
      queue.length -= 1;
      if (queue.length === 0) this.#queues.delete(key);
    }
  }
}
