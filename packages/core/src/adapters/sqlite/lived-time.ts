/**
 * A time that no setting of the clock moves: it goes on from where the journal stood while the node runs, and stands
 * still while it does not. So it is never ahead of the true time, and what is forgotten by it is not forgotten early,
 * also when the clock is years ahead for a while, with a restart in between.
 */
export class LivedTime {
  readonly #offsetMs: number;
  readonly #uptimeMs: () => number;

  /** `uptimeMs` is a monotonic clock: milliseconds since any moment. */
  constructor(startMs: number, uptimeMs: () => number = () => performance.now()) {
    this.#uptimeMs = uptimeMs;
    this.#offsetMs = startMs - uptimeMs();
  }

  get nowMs(): number {
    return Math.floor(this.#offsetMs + this.#uptimeMs());
  }
}
