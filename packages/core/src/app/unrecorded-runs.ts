import type { Run } from "@adyton/protocol";
import { describeLive, type LiveRun } from "./live-run.ts";

/** The oldest goes first. */
const unrecordedMax = 1_000;

/** What is left of a run: its end, never its text. */
interface UnrecordedRun {
  readonly principal: string;
  readonly run: Run;
}

/**
 * Runs whose end could not be written stay in memory, so that whoever asks is told. Every other ended run is read from
 * the journal.
 */
export class UnrecordedRuns {
  readonly #runs = new Map<string, UnrecordedRun>();

  find(id: string): UnrecordedRun | undefined {
    return this.#runs.get(id);
  }

  keep(run: LiveRun): void {
    this.#runs.set(run.id, { principal: run.submission.principal.id, run: describeLive(run) });
    const [oldest] = this.#runs.keys();
    if (this.#runs.size > unrecordedMax && oldest !== undefined) this.#runs.delete(oldest);
  }
}
