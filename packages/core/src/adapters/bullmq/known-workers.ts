import type { BackendHealth, WorkerState } from "../../ports/backend.ts";
import { workersMax } from "./limits.ts";
import type { BeatMessage } from "./wire.ts";

interface Known {
  readonly beat: BeatMessage;
  readonly heardMs: number;
}

/** Who is there: every worker that was heard within the lease. */
export class KnownWorkers {
  readonly #leaseMs: number;
  readonly #known = new Map<string, Known>();
  #strangerMs = Number.NEGATIVE_INFINITY;

  constructor(leaseMs: number) {
    this.#leaseMs = leaseMs;
  }

  /** False for a beat that is not newer than the last one, and for one worker too many. */
  hear(beat: BeatMessage, nowMs: number): boolean {
    const before = this.#known.get(beat.worker);
    if (before !== undefined && before.beat.number >= beat.number) return false;
    if (before === undefined && this.#known.size >= workersMax) return false;
    this.#known.set(beat.worker, { beat, heardMs: nowMs });
    return true;
  }

  /** Somebody speaks who does not have the key. */
  hearStranger(nowMs: number): void {
    this.#strangerMs = nowMs;
  }

  hasStranger(nowMs: number): boolean {
    return nowMs - this.#strangerMs < this.#leaseMs;
  }

  /** Leaves out those that were silent for a whole lease. */
  forgetSilent(nowMs: number): void {
    for (const [worker, { heardMs }] of this.#known)
      if (nowMs - heardMs >= this.#leaseMs) this.#known.delete(worker);
  }

  /** Whether anybody could take a job now. */
  hasRoom(): boolean {
    return this.states().some((each) => takesJobs(each) && each.running < each.concurrency);
  }

  /** Whether anybody but this worker takes new jobs. */
  hasTakerBeside(worker: string): boolean {
    return this.#states().some(([id, state]) => id !== worker && takesJobs(state));
  }

  states(): readonly WorkerState[] {
    return this.#states().map(([, state]) => state);
  }

  #states(): readonly (readonly [worker: string, state: WorkerState])[] {
    return [...this.#known].map(([worker, { beat }]) => {
      const { name, software, status, stopping, model, contextTokens, concurrency } = beat;
      const running = beat.running.length;
      return [
        worker,
        { name, software, status, stopping, model, contextTokens, concurrency, running },
      ];
    });
  }
}

/** Whether it takes new jobs. */
export function takesJobs({ status, stopping }: WorkerState): boolean {
  return status !== "degraded" && !stopping;
}

/** How the work of the model is doing, for the owner. */
export function workersHealth(seen: {
  readonly address: string;
  readonly isReachable: boolean;
  readonly workers: readonly WorkerState[];
  readonly hasStranger: boolean;
}): Pick<BackendHealth, "status" | "detail"> {
  const { address, isReachable, workers } = seen;
  if (!isReachable) return { status: "degraded", detail: `Redis at ${address} does not answer` };
  const stranger = seen.hasStranger
    ? "; somebody there has another key_file, or another version"
    : "";
  const takers = workers.filter(takesJobs);
  const atOnce = takers.reduce((sum, { concurrency }) => sum + concurrency, 0);
  if (takers.length > 0) {
    const detail = `${takers.length} of ${workers.length} workers take jobs, ${atOnce} at once${stranger}`;
    return { status: "ok", detail };
  }
  const detail =
    workers.length === 0
      ? `no worker is at Redis ${address}; start one with adyton worker`
      : `none of ${workers.length} workers takes jobs: their model servers do not work, or they are stopping`;
  return { status: "degraded", detail: `${detail}${stranger}` };
}
