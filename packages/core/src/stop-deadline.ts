import { CodedError } from "@adyton/runtime/coded-error";

/** The node stopped without its disk's consent. What was acknowledged is on disk; the process should end now. */
export class StopError extends CodedError<"stop_timed_out"> {}

/** What waits for the disk while the node stops gets so long, all of it together. */
const stopMsMax = 15_000;

/**
 * Bounds a stop: a disk that hangs must not keep a node from ending. The time begins with the first wait. A wait that
 * runs out is noted and left behind, so that everything else is still closed in order.
 */
export class StopDeadline {
  readonly #msMax: number;
  #endsAtMs: number | undefined;
  readonly #overdue: string[] = [];

  constructor(msMax: number = stopMsMax) {
    this.#msMax = msMax;
  }

  /** Whether anything was left behind. */
  get isOver(): boolean {
    return this.#overdue.length > 0;
  }

  /** Waits for the work, or until the time is over. Rejects only as the work does. */
  async within(what: string, work: () => PromiseLike<void>): Promise<void> {
    this.#endsAtMs ??= performance.now() + this.#msMax;
    const { promise: over, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(
      () => {
        this.#overdue.push(what);
        resolve();
      },
      Math.max(0, this.#endsAtMs - performance.now()),
    );
    try {
      await Promise.race([work(), over]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Throws `StopError` when something was left behind. */
  check(): void {
    if (!this.isOver) return;
    const what = this.#overdue.join(", ");
    throw new StopError(
      "stop_timed_out",
      `The disk did not answer while the node stopped; given up after ${this.#msMax / 1_000} s: ${what}.`,
    );
  }
}
