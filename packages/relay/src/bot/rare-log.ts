import type { Clock } from "@adyton/runtime/clock";

export interface RareLogOptions {
  readonly clock: Pick<Clock, "monotonicMs">;
  readonly log: (message: string, fields?: Readonly<Record<string, string | number>>) => void;
}

/** What happens meanwhile is counted, and told with the next line. */
export const sayAgainMs = 3_600_000;

/** Says what may happen without end once an hour: others can cause it, and must not fill the disk with it. */
export class RareLog {
  readonly #options: RareLogOptions;
  /** By line: lines are words of ours, so they are few. */
  readonly #said = new Map<string, { readonly atMs: number; times: number }>();

  constructor(options: RareLogOptions) {
    this.#options = options;
  }

  say(line: string): void {
    const { clock, log } = this.#options;
    const before = this.#said.get(line);
    const nowMs = clock.monotonicMs();
    if (before !== undefined && nowMs - before.atMs < sayAgainMs) {
      before.times += 1;
      return;
    }
    log(line, { times: (before?.times ?? 0) + 1 });
    this.#said.set(line, { atMs: nowMs, times: 0 });
  }
}
