import type { Backend, BackendHealth, WorkerState } from "../../ports/backend.ts";
import type { JobHandle, Jobs, ModelCall } from "../../ports/jobs.ts";

/** Jobs run at once in this process, against its own model server: what a node does by default, and what a worker does. */
export class InProcessJobs implements Jobs {
  readonly #backend: Backend;
  readonly #software: string;
  #running = 0;

  /** The backend stays its owner's: disposing this leaves it open. */
  constructor(backend: Backend, software: string) {
    this.#backend = backend;
    this.#software = software;
  }

  get capacity(): number {
    return this.#backend.concurrency;
  }

  issue(call: ModelCall, onDelta?: (text: string) => void): JobHandle {
    const stop = new AbortController();
    this.#running += 1;
    const outcome = this.#backend
      .chat({ ...call, signal: stop.signal, ...(onDelta === undefined ? {} : { onDelta }) })
      .finally(() => {
        this.#running -= 1;
      });
    return { outcome, cancel: () => stop.abort() };
  }

  workers(): readonly WorkerState[] {
    const { name, model, contextTokens, concurrency } = this.#backend;
    const { status } = this.#backend.health();
    const own = { name, software: this.#software, status, stopping: false, model };
    return [{ ...own, contextTokens, concurrency, running: this.#running }];
  }

  health(): BackendHealth {
    return this.#backend.health();
  }

  onChange(listener: (health: BackendHealth) => void): void {
    this.#backend.onHealthChange(listener);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }
}
