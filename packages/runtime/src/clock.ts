/** Time as an argument: code that waits or stamps takes a `Clock`, and a test owns the clock it passes. */

/** Node fires a longer timer at once; longer waits are made of several. */
const timerMsMax = 2 ** 31 - 1;

export interface Clock {
  /** Milliseconds since 1970, as the machine believes; may jump. */
  nowMs(): number;
  /** Milliseconds since an arbitrary moment; never goes back. Durations are measured with it. */
  monotonicMs(): number;
  /** Resolves after `ms`. Rejects with the signal's reason when it aborts first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Calls `fire` once after `ms`, unless disposed before. */
  setTimer(ms: number, fire: () => void): Disposable;
}

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleep: (ms, signal) => sleepOn(systemClock, ms, signal),
  setTimer(ms, fire) {
    let remainingMs = Math.max(0, ms);
    let timer: NodeJS.Timeout;
    const arm = (): void => {
      const stepMs = Math.min(remainingMs, timerMsMax);
      remainingMs -= stepMs;
      timer = setTimeout(() => (remainingMs > 0 ? arm() : fire()), stepMs);
    };
    arm();
    return { [Symbol.dispose]: () => clearTimeout(timer) };
  },
};

/**
 * Whether `promise` settles within `ms`. Rejects when it rejects in time; a later rejection is nobody's business any
 * more and is dropped.
 */
export async function settlesWithin(
  promise: Promise<unknown>,
  ms: number,
  clock: Clock,
): Promise<boolean> {
  const { promise: deadline, resolve } = Promise.withResolvers<boolean>();
  const timer = clock.setTimer(ms, () => resolve(false));
  try {
    return await Promise.race([promise.then(() => true), deadline]);
  } finally {
    timer[Symbol.dispose]();
  }
}

interface ManualTimer {
  readonly dueMs: number;
  readonly fire: () => void;
}

/** A clock that stands still until a test advances it. */
export class ManualClock implements Clock {
  readonly #timers = new Set<ManualTimer>();
  #wallMs: number;
  #elapsedMs = 0;

  constructor(startMs = Date.UTC(2026, 0, 1)) {
    this.#wallMs = startMs;
  }

  nowMs(): number {
    return this.#wallMs;
  }

  monotonicMs(): number {
    return this.#elapsedMs;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return sleepOn(this, ms, signal);
  }

  setTimer(ms: number, fire: () => void): Disposable {
    const timer: ManualTimer = { dueMs: this.#elapsedMs + Math.max(0, ms), fire };
    this.#timers.add(timer);
    return { [Symbol.dispose]: () => void this.#timers.delete(timer) };
  }

  /** How many timers wait: a test awaits this before it advances. */
  get timersPending(): number {
    return this.#timers.size;
  }

  /** Moves the wall clock alone, as an NTP correction does. */
  jumpWall(ms: number): void {
    this.#wallMs += ms;
  }

  /**
   * Moves time by `ms` and fires what falls due, in order. After each timer the event loop turns once, so that code
   * which awaited it runs, and may set a timer that falls due within the same advance.
   */
  async advance(ms: number): Promise<void> {
    const endMs = this.#elapsedMs + ms;
    await turn();
    for (let next = this.#next(endMs); next !== undefined; next = this.#next(endMs)) {
      this.#moveTo(Math.max(this.#elapsedMs, next.dueMs));
      this.#timers.delete(next);
      next.fire();
      await turn();
    }
    this.#moveTo(endMs);
  }

  #next(endMs: number): ManualTimer | undefined {
    let first: ManualTimer | undefined;
    for (const timer of this.#timers)
      if (timer.dueMs <= endMs && (first === undefined || timer.dueMs < first.dueMs)) first = timer;
    return first;
  }

  #moveTo(elapsedMs: number): void {
    this.#wallMs += elapsedMs - this.#elapsedMs;
    this.#elapsedMs = elapsedMs;
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function sleepOn(clock: Clock, ms: number, signal: AbortSignal | undefined): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  if (signal?.aborted === true) {
    reject(abortReason(signal));
    return promise;
  }
  const abort = (): void => {
    timer[Symbol.dispose]();
    reject(abortReason(signal));
  };
  const timer = clock.setTimer(ms, () => {
    signal?.removeEventListener("abort", abort);
    resolve();
  });
  signal?.addEventListener("abort", abort, { once: true });
  return promise;
}

function abortReason(signal: AbortSignal | undefined): Error {
  const reason: unknown = signal?.reason;
  return reason instanceof Error ? reason : new DOMException("the wait was aborted", "AbortError");
}
