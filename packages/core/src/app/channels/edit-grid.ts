import type { Clock } from "@adyton/runtime/clock";

export interface EditGridOptions {
  readonly clock: Clock;
  readonly everyMs: number;
}

/** A messenger that refuses edits as too many is given so many times as long between them at most. */
export const slowdownMax = 8;

/**
 * The moments at which a growing answer may be edited: whole steps from a beginning, whenever tokens come, so that edits tell
 * nothing of the model's pace. Refused as too many, it skips steps: twice as many each time.
 */
export class EditGrid {
  readonly #clock: Clock;
  readonly #everyMs: number;
  readonly #startMs: number;
  /** Steps between two ticks. */
  #stride = 1;
  #last = 0;
  #notBeforeMs = 0;

  constructor({ clock, everyMs }: EditGridOptions) {
    this.#clock = clock;
    this.#everyMs = everyMs;
    this.#startMs = clock.monotonicMs();
  }

  /** Resolves at the next tick. Rejects with the signal's reason. */
  async tick(signal: AbortSignal): Promise<void> {
    await this.#reach(this.#stride, signal);
  }

  /** Resolves at the next step, however slow the ticks have become: for the last edit. Rejects with the signal's reason. */
  async step(signal: AbortSignal): Promise<void> {
    await this.#reach(1, signal);
  }

  /** The messenger wants no edit for so long. */
  slowDown(afterMs: number): void {
    this.#notBeforeMs = this.#clock.monotonicMs() - this.#startMs + afterMs;
    this.#stride = Math.min(this.#stride * 2, slowdownMax);
  }

  async #reach(stride: number, signal: AbortSignal): Promise<void> {
    const elapsedMs = this.#clock.monotonicMs() - this.#startMs;
    const earliest = Math.max(elapsedMs, this.#notBeforeMs) / (this.#everyMs * stride);
    // A timer may fire a little early; the same step does not come twice for that.
    const next = Math.max(Math.ceil(earliest), Math.floor(this.#last / stride) + 1) * stride;
    await this.#clock.sleep(next * this.#everyMs - elapsedMs, signal);
    this.#last = next;
  }
}
