import { settlesWithin, systemClock, type Clock } from "./clock.ts";
import { CodedError } from "./coded-error.ts";
import { backoffDelayMs, type Backoff, type Random } from "./retry.ts";

/**
 * Every promise that nobody awaits belongs to a supervisor.
 *
 * A *task* runs once. A *loop* is meant to run for ever: when it throws or returns it is started again after a backoff,
 * and when it fails too often in a row it is given up. A run that lasted `healthyMs` ends the row. All get one signal
 * each, which aborts when the supervisor stops; a failure after that moment is the expected end, not news.
 */

export class SupervisorError extends CodedError<
  "stopped" | "name_taken" | "too_many" | "returned"
> {}

export interface Failure {
  readonly name: string;
  readonly error: unknown;
  /** Failures in a row, this one included. */
  readonly failures: number;
  /** When it starts again; `undefined` when it does not. */
  readonly restartMs: number | undefined;
}

export interface SupervisorOptions {
  /** Called for every failure, and for what still runs after the stop deadline. What it throws is ignored. */
  readonly onFailure: (failure: Failure) => void;
  readonly clock?: Clock;
  readonly random?: Random;
  readonly namesMax?: number;
  readonly stopMs?: number;
}

export interface LoopOptions {
  readonly backoff?: Backoff;
  readonly failuresMax?: number;
  readonly healthyMs?: number;
}

export type StopOutcome =
  | { readonly kind: "stopped" }
  | { readonly kind: "timed_out"; readonly running: readonly string[] };

type Work = (signal: AbortSignal) => Promise<void>;

export class Supervisor implements AsyncDisposable {
  readonly #onFailure: (failure: Failure) => void;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #namesMax: number;
  readonly #stopMs: number;
  readonly #abort = new AbortController();
  readonly #running = new Map<string, Promise<void>>();

  constructor(options: SupervisorOptions) {
    this.#onFailure = options.onFailure;
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
    this.#namesMax = options.namesMax ?? 1_024;
    this.#stopMs = options.stopMs ?? 5_000;
  }

  /** Names of what runs now or waits for its restart. */
  get names(): readonly string[] {
    return [...this.#running.keys()];
  }

  /** Runs `work` once. Throws `SupervisorError` when stopped, at `namesMax`, or when the name runs already. */
  task(name: string, work: Work): void {
    this.#hold(name, async (signal) => {
      try {
        await work(signal);
      } catch (error) {
        if (!signal.aborted) this.#report({ name, error, failures: 1, restartMs: undefined });
      }
    });
  }

  /**
   * Keeps `work` running. Defaults: backoff from 100 ms to 30 s with full jitter, no limit of failures, healthy after
   * 60 s. Throws as `task` does.
   */
  loop(name: string, work: Work, options: LoopOptions = {}): void {
    const { failuresMax = Infinity, healthyMs = 60_000 } = options;
    const backoff = options.backoff ?? { baseMs: 100, capMs: 30_000 };
    this.#hold(name, async (signal) => {
      for (let failures = 1; ; failures += 1) {
        const startedMs = this.#clock.monotonicMs();
        const error = await failureOf(work, signal);
        if (signal.aborted) return;
        if (this.#clock.monotonicMs() - startedMs >= healthyMs) failures = 1;
        const givesUp = failures >= failuresMax;
        const restartMs = givesUp ? undefined : backoffDelayMs(failures, backoff, this.#random);
        this.#report({ name, error, failures, restartMs });
        if (restartMs === undefined) return;
        if (!(await this.#wait(restartMs, signal))) return;
      }
    });
  }

  /** Aborts everything and waits up to `stopMs`. May be called again; nothing starts after the first call. */
  async stop(): Promise<StopOutcome> {
    this.#abort.abort(new SupervisorError("stopped", "the supervisor stops"));
    const stopped = Promise.all(this.#running.values());
    return (await settlesWithin(stopped, this.#stopMs, this.#clock))
      ? { kind: "stopped" }
      : { kind: "timed_out", running: this.names };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const outcome = await this.stop();
    if (outcome.kind === "stopped") return;
    for (const name of outcome.running) {
      const error = new SupervisorError("stopped", `did not stop within ${this.#stopMs} ms`);
      this.#report({ name, error, failures: 1, restartMs: undefined });
    }
  }

  #hold(name: string, work: Work): void {
    const { signal } = this.#abort;
    if (signal.aborted)
      throw new SupervisorError("stopped", `${name} cannot start: the supervisor stops`);
    if (this.#running.has(name)) throw new SupervisorError("name_taken", `${name} runs already`);
    if (this.#running.size >= this.#namesMax)
      throw new SupervisorError("too_many", `over ${this.#namesMax} tasks run`);
    // A signal of its own per task, so that listeners of finished tasks do not pile up on a shared one.
    const own = new AbortController();
    const forward = (): void => own.abort(signal.reason);
    signal.addEventListener("abort", forward, { once: true });
    const run = async (): Promise<void> => {
      await Promise.resolve();
      // Stopped before its first step: work that only listens for the abort would wait for ever.
      if (!own.signal.aborted) await work(own.signal);
      signal.removeEventListener("abort", forward);
      this.#running.delete(name);
    };
    this.#running.set(name, run());
  }

  async #wait(ms: number, signal: AbortSignal): Promise<boolean> {
    try {
      await this.#clock.sleep(ms, signal);
      return true;
    } catch {
      // Only the abort rejects a sleep.
      return false;
    }
  }

  #report(failure: Failure): void {
    try {
      this.#onFailure(failure);
    } catch {
      // A broken reporter must not end what it reports on.
    }
  }
}

async function failureOf(work: Work, signal: AbortSignal): Promise<unknown> {
  try {
    await work(signal);
    return new SupervisorError("returned", "a loop returned although nothing stopped it");
  } catch (error) {
    return error;
  }
}
