import type { Clock } from "@adyton/runtime/clock";
import { livenessFailuresMax, type Timeouts } from "./limits.ts";

export type GiveUp = "silent" | "stuck" | "too_long";

export interface SilenceWatchOptions {
  readonly clock: Clock;
  readonly timeouts: Timeouts;
  /** Asks the server for a sign of life; true when one came. Never rejects. */
  readonly probe: (signal: AbortSignal) => Promise<boolean>;
  readonly onGiveUp: (reason: GiveUp) => void;
}

/**
 * Tells a server that thinks from one that is gone. A prompt of many thousand tokens keeps a healthy server silent for
 * minutes, so silence alone ends nothing: it only starts questions on another connection, and three of those in a row
 * without an answer end the wait. `answerMsMax` ends it in any case, and so does `stuckMsMax` of silence where it is
 * given: then another server is ready, and what a living one may still say is not waited for. One timer per request.
 */
export class SilenceWatch implements Disposable {
  readonly #options: SilenceWatchOptions;
  readonly #startedMs: number;
  /** Made for the first probe only: most answers come without one. */
  #stop: AbortController | undefined;
  #isDisposed = false;
  #lastMs: number;
  #failures = 0;
  #isProbing = false;
  #timer: Disposable;

  constructor(options: SilenceWatchOptions) {
    this.#options = options;
    this.#startedMs = options.clock.monotonicMs();
    this.#lastMs = this.#startedMs;
    const { silenceMsMax, answerMsMax, stuckMsMax = answerMsMax } = options.timeouts;
    this.#timer = this.#after(Math.min(silenceMsMax, answerMsMax, stuckMsMax));
  }

  /** Something arrived. */
  touch(): void {
    this.#lastMs = this.#options.clock.monotonicMs();
    this.#failures = 0;
  }

  [Symbol.dispose](): void {
    this.#isDisposed = true;
    this.#stop?.abort();
    this.#timer[Symbol.dispose]();
  }

  #after(ms: number): Disposable {
    return this.#options.clock.setTimer(ms, () => this.#look());
  }

  #look(): void {
    const { clock, timeouts } = this.#options;
    const nowMs = clock.monotonicMs();
    const leftMs = timeouts.answerMsMax - (nowMs - this.#startedMs);
    if (leftMs <= 0) {
      this.#giveUp("too_long");
      return;
    }
    const silentMs = nowMs - this.#lastMs;
    const toStuckMs = (timeouts.stuckMsMax ?? Number.POSITIVE_INFINITY) - silentMs;
    if (toStuckMs <= 0) {
      this.#giveUp("stuck");
      return;
    }
    const isSilent = silentMs >= timeouts.silenceMsMax;
    if (isSilent && !this.#isProbing) void this.#ask();
    const nextMs = isSilent ? timeouts.livenessEveryMs : timeouts.silenceMsMax - silentMs;
    this.#timer = this.#after(Math.min(nextMs, leftMs, toStuckMs));
  }

  async #ask(): Promise<void> {
    const { probe } = this.#options;
    const askedMs = this.#lastMs;
    this.#isProbing = true;
    this.#stop ??= new AbortController();
    const isAlive = await probe(this.#stop.signal);
    this.#isProbing = false;
    if (this.#isDisposed || this.#lastMs !== askedMs) return;
    this.#failures = isAlive ? 0 : this.#failures + 1;
    if (this.#failures >= livenessFailuresMax) this.#giveUp("silent");
  }

  #giveUp(reason: GiveUp): void {
    this[Symbol.dispose]();
    this.#options.onGiveUp(reason);
  }
}
