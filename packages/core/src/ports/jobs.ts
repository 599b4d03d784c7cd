import type { BackendHealth, ChatOutcome, ChatRequest, WorkerState } from "./backend.ts";

/**
 * Model work as jobs. Two drivers exist: in this process, and workers on other machines. Both keep one promise: a job
 * that was issued has exactly one outcome, whatever dies under way, and a delta never comes from a run that was given up.
 */

/** One call of a model: all of a request that can leave the process. */
export type ModelCall = Omit<ChatRequest, "signal" | "onDelta">;

export interface JobHandle {
  /** Never rejects. */
  readonly outcome: Promise<ChatOutcome>;
  /** Ends the call at the model server too. The outcome is `cancelled`, unless it is there already. */
  cancel(): void;
}

export interface Jobs extends AsyncDisposable {
  /** Jobs that may be under way at once, over all workers that can take any. */
  readonly capacity: number;
  /** `onDelta` is called with pieces of the answer, in order; the outcome's text is right where the two differ. */
  issue(call: ModelCall, onDelta?: (text: string) => void): JobHandle;
  workers(): readonly WorkerState[];
  health(): BackendHealth;
  /** Called at each change of the status, and when the capacity grows. */
  onChange(listener: (health: BackendHealth) => void): void;
}
