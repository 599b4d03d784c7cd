import { waitingMax } from "./limits.ts";
import { RequestError } from "./request-error.ts";

/** A fixed number of things that are used one request at a time each; who comes meanwhile waits in order, up to a bound. */
export class Slots<T> {
  readonly #idle: T[];
  readonly #waiting: { readonly give: (item: T) => void }[] = [];
  readonly #waitingMax: number;

  constructor(items: readonly T[], most = waitingMax) {
    this.#idle = [...items];
    this.#waitingMax = most;
  }

  /** Runs `work` with a free item. Rejects with `RequestError` 429 when too many wait, and when the signal aborts first. */
  async use<R>(signal: AbortSignal, work: (item: T) => Promise<R>): Promise<R> {
    const item = this.#idle.pop() ?? (await this.#wait(signal));
    try {
      return await work(item);
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#idle.push(item);
      else next.give(item);
    }
  }

  async #wait(signal: AbortSignal): Promise<T> {
    if (this.#waiting.length >= this.#waitingMax)
      throw new RequestError(429, "the model is busy; try again in a moment", "busy");
    const gone = new RequestError(499, "the client went away", "cancelled");
    if (signal.aborted) throw gone;
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const entry = {
      give: (item: T) => {
        signal.removeEventListener("abort", leave);
        resolve(item);
      },
    };
    const leave = (): void => {
      this.#waiting.splice(this.#waiting.indexOf(entry), 1);
      reject(gone);
    };
    this.#waiting.push(entry);
    signal.addEventListener("abort", leave, { once: true });
    return await promise;
  }
}
