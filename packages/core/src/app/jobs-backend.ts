import { estimatePromptTokens, learnCorrection } from "../domain/model/token-estimate.ts";
import { TokenMemo } from "../domain/model/token-memo.ts";
import type {
  Backend,
  BackendHealth,
  ChatOutcome,
  ChatRequest,
  WorkerState,
} from "../ports/backend.ts";
import type { Jobs } from "../ports/jobs.ts";

/** What is assumed of the workers' models until one spoke. */
const contextTokensDefault = 4_096;

/** All workers together as one model server: each chat is a job. The jobs are closed with it. */
export class JobsBackend implements Backend {
  readonly name: string;
  readonly address: string;
  readonly #jobs: Jobs;
  readonly #memo = new TokenMemo();
  #correction = 1;
  #model = "";
  #contextTokens = contextTokensDefault;

  constructor(jobs: Jobs, { name, address }: { readonly name: string; readonly address: string }) {
    this.#jobs = jobs;
    this.name = name;
    this.address = address;
  }

  /** The model most workers have; while none is there, the one they had. */
  get model(): string {
    const counts = new Map<string, number>();
    for (const { model } of this.#jobs.workers())
      if (model !== "") counts.set(model, (counts.get(model) ?? 0) + 1);
    const [most] = [...counts].toSorted(([, a], [, b]) => b - a);
    this.#model = most?.[0] ?? this.#model;
    return this.#model;
  }

  get concurrency(): number {
    return this.#jobs.capacity;
  }

  /** The smallest window: nobody knows which worker a job goes to. */
  get contextTokens(): number {
    const windows = this.#jobs.workers().map(({ contextTokens }) => contextTokens);
    if (windows.length > 0) this.#contextTokens = Math.min(...windows);
    return this.#contextTokens;
  }

  workers(): readonly WorkerState[] {
    return this.#jobs.workers();
  }

  async chat({ signal, onDelta, ...call }: ChatRequest): Promise<ChatOutcome> {
    const handle = this.#jobs.issue(call, onDelta);
    const cancel = (): void => handle.cancel();
    if (signal.aborted) cancel();
    signal.addEventListener("abort", cancel, { once: true });
    const outcome = await handle.outcome;
    signal.removeEventListener("abort", cancel);
    if (outcome.kind === "answered" && outcome.usage !== undefined) {
      const estimate = this.#estimate(call);
      this.#correction = learnCorrection(this.#correction, estimate, outcome.usage.promptTokens);
    }
    return outcome;
  }

  countTokens(text: string): number {
    return Math.ceil(this.#memo.estimate(text) * this.#correction);
  }

  health(): BackendHealth {
    return this.#jobs.health();
  }

  onHealthChange(listener: (health: BackendHealth) => void): void {
    this.#jobs.onChange(listener);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#jobs[Symbol.asyncDispose]();
  }

  /** Without the learned correction: what is learned compares the bare estimate with the report. */
  #estimate({
    promptTokensEstimate,
    messages,
  }: Pick<ChatRequest, "promptTokensEstimate" | "messages">): number {
    if (promptTokensEstimate === undefined) return estimatePromptTokens(messages);
    return Math.ceil(promptTokensEstimate / this.#correction);
  }
}
