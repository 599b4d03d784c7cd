import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { writeFileAtomic } from "@adyton/runtime/atomic-file";
import type { Clock } from "@adyton/runtime/clock";

// The time by which the spool's records grow old. It goes on for as long as the relay runs, by a clock that never jumps, and
// while there are records it begins where it was when the relay ended: so neither a clock that is set wrong, nor one that is
// set right, makes records older than they are. An hour at most is not counted at a start, nor the time without the relay.

/** How often the time is written down. */
export const timeKeptEveryMs = 3_600_000;
/** The year 2223: what is read as later is no time, and its microseconds have another length. */
const latestMs = 8e12;

export interface SpoolTimeOptions {
  readonly folder: string;
  readonly clock: Pick<Clock, "nowMs" | "monotonicMs">;
  /** The newest record's; 0 where there is none. */
  readonly newestMs: number;
}

export class SpoolTime {
  readonly #file: string;
  readonly #clock: SpoolTimeOptions["clock"];
  readonly #aheadMs: number;
  #keptMs: number;

  /** Reads when the spool's time ended. An empty spool goes on with the machine's. Throws the system's error. */
  constructor({ folder, clock, newestMs }: SpoolTimeOptions) {
    this.#file = join(folder, "time");
    this.#clock = clock;
    const endMs = Math.max(newestMs, existsSync(this.#file) ? timeOf(this.#file) : 0);
    this.#keptMs = endMs;
    const wallMs = Math.min(clock.nowMs(), latestMs);
    // Later than all there ever was: a number that was used once names no other record.
    const startMs = newestMs === 0 ? Math.max(endMs, wallMs) : endMs;
    this.#aheadMs = startMs - clock.monotonicMs();
  }

  nowMs(): number {
    return this.#aheadMs + this.#clock.monotonicMs();
  }

  /** Writes the time down when it is due. Rejects with the system's error. */
  async keep(): Promise<void> {
    const nowMs = this.nowMs();
    if (nowMs - this.#keptMs < timeKeptEveryMs) return;
    await writeFileAtomic(this.#file, String(Math.trunc(nowMs)));
    this.#keptMs = nowMs;
  }
}

/** The time in a file; 0 for anything else. */
function timeOf(file: string): number {
  const text = readFileSync(file, "latin1");
  const ms = /^\d{1,13}$/.test(text) ? Number(text) : 0;
  return ms <= latestMs ? ms : 0;
}
