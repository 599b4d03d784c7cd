/** Calls that are remembered; the oldest goes first. */
export const callsRememberedMax = 1_024;
export const recentMs = 15 * 60_000;

export interface RecentFigures {
  readonly calls: number;
  readonly failures: number;
  /** Of those that were answered; `null` while there is none. */
  readonly p95Ms: number | null;
}

/** How the model's calls went lately. Noting one allocates nothing: every turn does it. */
export class RecentCalls {
  readonly #atMs = new Float64Array(callsRememberedMax);
  /** Milliseconds until the answer; negative for one that failed. */
  readonly #ms = new Float64Array(callsRememberedMax);
  #next = 0;
  #count = 0;

  /** `ms`: until the answer; `undefined` when there was none. */
  note(atMs: number, ms: number | undefined): void {
    this.#atMs[this.#next] = atMs;
    this.#ms[this.#next] = ms ?? -1;
    this.#next = (this.#next + 1) % callsRememberedMax;
    this.#count = Math.min(callsRememberedMax, this.#count + 1);
  }

  /** Of the last 15 minutes. */
  figures(nowMs: number): RecentFigures {
    const answered: number[] = [];
    let failures = 0;
    for (let index = 0; index < this.#count; index += 1) {
      if (nowMs - (this.#atMs[index] ?? 0) >= recentMs) continue;
      const ms = this.#ms[index] ?? -1;
      if (ms < 0) failures += 1;
      else answered.push(ms);
    }
    answered.sort((a, b) => a - b);
    // The nearest rank: the smallest that 95 % of them do not exceed.
    const p95Ms = answered[Math.ceil(answered.length * 0.95) - 1];
    return {
      calls: answered.length + failures,
      failures,
      p95Ms: p95Ms === undefined ? null : Math.round(p95Ms),
    };
  }
}
