import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";

/** However long the processes waited: a bound is put off by no more. */
const waitedMsMax = 60_000;
const lookEveryMs = 20;

/**
 * Time since a moment, for bounds that hold on a machine that lets the processes run. Linux counts for each thread how long
 * it was ready and no processor was free (`schedstat`: the second number, in nanoseconds); that is no time of theirs. Where
 * the system does not count it, a bound is one of the clock on the wall.
 */
export class OwnTime {
  readonly #beganMs = performance.now();
  readonly #pids: () => readonly number[];
  readonly #before: ReadonlyMap<string, number>;

  constructor(pids: () => readonly number[]) {
    this.#pids = pids;
    this.#before = waitedNs(pids());
  }

  /** By the clock on the wall. */
  get ms(): number {
    return performance.now() - this.#beganMs;
  }

  /** Waits until a condition holds; fails with `what` when it does not within so much time since the beginning. */
  async until(
    what: string,
    condition: () => boolean | Promise<boolean>,
    msMax: number,
  ): Promise<void> {
    for (let waitedMs = 0; !(await condition());) {
      if (this.ms > msMax + waitedMs) {
        waitedMs = Math.min(waitedMsMax, this.#waitedMs());
        if (this.ms > msMax + waitedMs)
          throw new Error(`${what}: not within ${msMax} ms, with ${Math.round(waitedMs)} ms lost`);
      }
      await delay(lookEveryMs);
    }
  }

  #waitedMs(): number {
    let sumNs = 0;
    for (const [thread, ns] of waitedNs(this.#pids()))
      sumNs += ns - (this.#before.get(thread) ?? 0);
    return sumNs / 1_000_000;
  }
}

/** By thread: how long it has waited for a processor. */
function waitedNs(pids: readonly number[]): ReadonlyMap<string, number> {
  const waited = new Map<string, number>();
  for (const folder of pids.map((pid) => `/proc/${pid}/task`))
    try {
      for (const thread of readdirSync(folder)) {
        const path = `${folder}/${thread}/schedstat`;
        waited.set(path, Number(readFileSync(path, "utf8").split(" ")[1]));
      }
    } catch {
      // A process or a thread that has ended waits no more.
    }
  return waited;
}
