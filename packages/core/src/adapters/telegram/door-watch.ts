import { type TelegramFailure, timedOutCode, troubleOf } from "./trouble.ts";

// Whether the door works is told by completed polls and by nothing else: a send that succeeds says nothing of what is
// heard. All times are of the clock that never jumps.

/** A poll is answered, or has failed, within this time; without either something hangs. */
const silentMsMax = 45_000;
/** A poll that succeeds between two conflicts proves nothing: another program takes the rest. */
const conflictMs = 20_000;

export interface Closed {
  readonly sinceMs: number;
  /** Absent: nothing has failed, nothing has been heard either. */
  readonly failure: TelegramFailure | undefined;
}

/** Follows the polls of one door. It is closed until the first one has been answered. */
export class DoorWatch {
  #polledMs: number;
  #failing: Closed | undefined;
  #conflictMs = Number.NEGATIVE_INFINITY;

  constructor(nowMs: number) {
    this.#polledMs = nowMs;
    this.#failing = { sinceMs: nowMs, failure: undefined };
  }

  /** A poll was answered. */
  polled(nowMs: number): void {
    this.#polledMs = nowMs;
    if (nowMs - this.#conflictMs >= conflictMs) this.#failing = undefined;
  }

  failed(nowMs: number, failure: TelegramFailure): void {
    if (troubleOf(failure) === "poller") this.#conflictMs = nowMs;
    // What no answer came to was closed as long as one was waited for.
    const isSilence = failure.status === 0 && failure.words === timedOutCode;
    const sinceMs = this.#failing?.sinceMs ?? (isSilence ? this.#polledMs : nowMs);
    this.#failing = { sinceMs, failure };
  }

  /** Since when and why the door does not work; undefined while it does. */
  closed(nowMs: number): Closed | undefined {
    if (this.#failing !== undefined) return this.#failing;
    if (nowMs - this.#polledMs < silentMsMax) return undefined;
    return { sinceMs: this.#polledMs, failure: undefined };
  }
}
