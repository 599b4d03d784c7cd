import { systemClock, type Clock } from "@adyton/runtime/clock";
import { backoffDelayMs, type Random } from "@adyton/runtime/retry";
import { mayBeginReasoning } from "../../domain/model/model-kind.ts";
import { estimatePromptTokens, learnCorrection } from "../../domain/model/token-estimate.ts";
import type {
  Backend,
  BackendHealth,
  ChatOutcome,
  ChatRequest,
  EmbedOutcome,
} from "../../ports/backend.ts";
import type { ServerHost } from "../../ports/server-host.ts";
import { TokenMemo } from "../../domain/model/token-memo.ts";
import { parseAddress } from "./address.ts";
import { answeredOutcome, tryChat, type TryOutcome } from "./chat-try.ts";
import { chatBody } from "./chat-wire.ts";
import { embedTexts } from "./embed-try.ts";
import { checkOptions } from "./check-options.ts";
import { countExactly } from "./exact-count.ts";
import { failureWords } from "./failure-words.ts";
import { unknownModelSentence, type TryFailure } from "./failures.ts";
import { HealthWatch } from "./health-watch.ts";
import { inspectServer, type Inspection } from "./inspect-server.ts";
import {
  contextTokensDefault,
  retryBackoff,
  timeoutsDefault,
  triesMax,
  type Timeouts,
} from "./limits.ts";
import { findModel, type ServerDescription } from "./server-description.ts";
import { getJson } from "./small-call.ts";
import { WireClient } from "./wire-client.ts";
import { unlessAborted, withinMs } from "./within.ts";

export interface BackendOptions {
  readonly name: string;
  /** With or without `/v1`. */
  readonly url: string;
  /** Default: the first model of the kind that the server lists. */
  readonly model?: string;
  /** What the model is for; a chat by default. */
  readonly kind?: "chat" | "embedding" | "other";
  readonly apiKey?: { reveal(): string };
  readonly concurrency: number;
  /** Wins over what the server reports. */
  readonly contextTokens?: number;
  /** Where the node runs the server itself; it is stopped with the backend. */
  readonly host?: ServerHost;
  readonly clock?: Clock;
  readonly random?: Random;
  readonly timeouts?: Partial<Timeouts>;
}

/**
 * A backend over any OpenAI-compatible server. Construction does no I/O; `start()` or the first use does. Throws
 * `BackendError` for an address or a number that cannot be. The caller keeps to `concurrency`; nothing is queued here.
 */
export function openBackend(options: BackendOptions): Backend {
  return new OpenAiCompatibleBackend(options);
}

class OpenAiCompatibleBackend implements Backend {
  readonly name: string;
  readonly address: string;
  readonly concurrency: number;
  readonly #options: BackendOptions;
  readonly #timeouts: Timeouts;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #client: WireClient;
  readonly #health: HealthWatch;
  readonly #flights = new Set<AbortController>();
  readonly #stop = new AbortController();
  #server: ServerDescription | undefined;
  #inspecting: Promise<Inspection> | undefined;
  #wasInspected = false;
  #correction = 1;
  readonly #memo = new TokenMemo();
  #reasoning: { readonly model: string; readonly mayBegin: boolean } | undefined;
  #beginsReasoning = false;

  constructor(options: BackendOptions) {
    checkOptions(options);
    const address = parseAddress(options.url);
    this.#options = options;
    this.#timeouts = { ...timeoutsDefault, ...options.timeouts };
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
    this.name = options.name;
    this.concurrency = options.concurrency;
    this.address = options.host?.name ?? address.text;
    this.#client = new WireClient({
      address,
      apiKey: options.apiKey,
      connectMsMax: this.#timeouts.connectMsMax,
      clock: this.#clock,
    });
    this.#health = new HealthWatch(
      { clock: this.#clock, timeouts: this.#timeouts, probe: (signal) => this.#look(signal) },
      `${this.address} was not asked yet`,
    );
  }

  get model(): string {
    const { model } = this.#options;
    if (model !== undefined) return model;
    return this.#server?.models.find(({ kind }) => kind === this.#kind)?.id ?? "";
  }

  get #kind(): "chat" | "embedding" | "other" {
    return this.#options.kind ?? "chat";
  }

  get contextTokens(): number {
    if (this.#options.contextTokens !== undefined) return this.#options.contextTokens;
    return this.#reportedTokens ?? contextTokensDefault;
  }

  /** Ollama cuts a prompt over its window silently, so what is assumed of it has to hold. */
  get isContextAssumed(): boolean {
    const isStated = (this.#options.contextTokens ?? this.#reportedTokens) !== undefined;
    return !isStated && this.#server?.software !== "ollama";
  }

  health(): BackendHealth {
    return this.#health.health;
  }

  onHealthChange(listener: (health: BackendHealth) => void): void {
    this.#health.onChange(listener);
  }

  countTokens(text: string): number {
    return Math.ceil(this.#memo.estimate(text) * this.#correction);
  }

  async countExact(text: string, signal = this.#stop.signal): Promise<number | undefined> {
    await this.start();
    if (this.#server === undefined) return undefined;
    const { software } = this.#server;
    return await withinMs(this.#clock, this.#timeouts.inspectMsMax, signal, (until) =>
      countExactly(this.#client, software, { model: this.model, text, signal: until }),
    );
  }

  async start(): Promise<void> {
    if (this.#wasInspected || this.#stop.signal.aborted) return;
    const trouble = await this.#look(this.#stop.signal);
    if (this.#stop.signal.aborted) return;
    this.#health.start();
    if (trouble === undefined) this.#health.succeeded(this.#wellSentence());
    else this.#health.failed(trouble);
  }

  async chat(request: ChatRequest): Promise<ChatOutcome> {
    if (request.signal.aborted || this.#stop.signal.aborted) return cancelled;
    this.#health.used();
    const flight = new AbortController();
    const abort = (): void => flight.abort();
    request.signal.addEventListener("abort", abort, { once: true });
    this.#flights.add(flight);
    try {
      // Without a configured model the server's list decides; with one, what it lists can come later.
      if (this.model === "") await this.#awaitList(request.patience, flight.signal);
      else if (!this.#wasInspected) void this.start();
      if (flight.signal.aborted) return cancelled;
      if (this.model === "") return this.#withoutModel();
      return await this.#tries(request, flight.signal);
    } finally {
      request.signal.removeEventListener("abort", abort);
      this.#flights.delete(flight);
    }
  }

  get embeddingModel(): string {
    if (this.#kind === "embedding") return this.model;
    return this.#server?.models.find(({ kind }) => kind === "embedding")?.id ?? "";
  }

  async embed(texts: readonly string[], signal: AbortSignal): Promise<EmbedOutcome> {
    await unlessAborted(this.start(), signal);
    const model = this.embeddingModel;
    if (model === "")
      return { kind: "failed", reason: "refused", detail: failureWords.noEmbeddingModel };
    this.#health.used();
    const until = AbortSignal.any([signal, this.#stop.signal]);
    const { embedMsMax } = this.#timeouts;
    const outcome = await withinMs(this.#clock, embedMsMax, until, (untilLate) =>
      embedTexts(this.#client, { texts, model, signal: untilLate, caller: until, embedMsMax }),
    );
    if (outcome.kind === "embedded") this.#health.succeeded(this.#wellSentence());
    else if (outcome.reason === "unavailable" || outcome.reason === "invalid")
      this.#health.failed(`${this.address}: ${outcome.detail.en}`);
    return outcome;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    for (const flight of this.#flights) flight.abort();
    await this.#health[Symbol.asyncDispose]();
    await this.#inspecting;
    this.#client[Symbol.dispose]();
    await this.#options.host?.[Symbol.asyncDispose]();
  }

  /** Asks what the server has, and again as often as a question is tried: one that loads a model answers nothing yet. */
  async #awaitList(patience: ChatRequest["patience"], signal: AbortSignal): Promise<void> {
    await unlessAborted(this.start(), signal);
    if (patience !== undefined && patience !== "retries") return;
    const startedMs = this.#clock.monotonicMs();
    for (let tries = 1; this.#server === undefined && tries < triesMax; tries += 1) {
      const delayMs = backoffDelayMs(tries, retryBackoff, this.#random);
      if (this.#clock.monotonicMs() - startedMs + delayMs > this.#timeouts.retryMsMax) return;
      if (!(await this.#slept(delayMs, signal))) return;
      await unlessAborted(this.#health.look(), signal);
    }
  }

  async #tries(request: ChatRequest, signal: AbortSignal): Promise<ChatOutcome> {
    const startedMs = this.#clock.monotonicMs();
    const estimate = this.#estimate(request);
    const body = chatBody(request, this.model);
    const hasImages = request.messages.some(({ parts }) => parts !== undefined);
    const { patience = "retries" } = request;
    const timeouts = { ...this.#timeouts, ...(patience === "brief" ? this.#timeouts.brief : {}) };
    const { host } = this.#options;
    for (let tries = 1, replaced = 0; ;) {
      // A server of the node's own that is about to answer is worth a moment, unless another can be asked.
      if (host?.trouble !== undefined && patience !== "brief")
        await unlessAborted(host.settled(), signal);
      if (signal.aborted) return cancelled;
      const outcome = await tryChat({
        client: this.#client,
        clock: this.#clock,
        timeouts,
        body,
        model: this.model,
        promptTokensEstimate: estimate,
        mayBeginReasoning: this.#beginsReasoning || this.#mayBeginReasoning(),
        hasImages,
        signal,
        onDelta: request.onDelta,
      });
      this.#learn(outcome, estimate);
      if (outcome.kind === "answered") return answeredOutcome(outcome.answer);
      const { failure, wasShown } = outcome;
      if (failure.retry === "no" || wasShown) return await this.#failed(failure, wasShown);
      if (failure.retry === "at_once" && replaced < triesMax) {
        this.#client.dropIdle();
        replaced += 1;
        continue;
      }
      if (patience !== "retries") return await this.#failed(failure, wasShown);
      const backoffMs = backoffDelayMs(tries, retryBackoff, this.#random);
      const delayMs = Math.max(backoffMs, failure.afterMs ?? 0);
      const spentMs = this.#clock.monotonicMs() - startedMs;
      tries += 1;
      if (tries > triesMax || spentMs + delayMs > this.#timeouts.retryMsMax)
        return await this.#failed(failure, wasShown);
      if (!(await this.#slept(delayMs, signal))) return cancelled;
    }
  }

  /** Told from the model's name, once for each model: the rule is long. */
  #mayBeginReasoning(): boolean {
    const { model } = this;
    if (this.#reasoning?.model !== model)
      this.#reasoning = { model, mayBegin: mayBeginReasoning(model) };
    return this.#reasoning.mayBegin;
  }

  /** Without the learned correction: what is learned compares the bare estimate with the report. */
  #estimate({ promptTokensEstimate, messages, tools }: ChatRequest): number {
    if (promptTokensEstimate === undefined)
      return estimatePromptTokens([...messages, ...toolTexts(tools)]);
    return Math.ceil(promptTokensEstimate / this.#correction);
  }

  #learn(outcome: TryOutcome, estimate: number): void {
    if (outcome.kind === "failed") {
      const { health, detail } = outcome.failure;
      if (health === "failed") this.#health.failed(`${this.address}: ${detail.en}`);
      if (health === "works") this.#health.succeeded(this.#wellSentence());
      // The server's window is another than the one believed.
      if (outcome.failure.reason === "overflow") void this.#inspect();
      return;
    }
    const { usage, beganReasoning, isBroken } = outcome.answer;
    if (isBroken) this.#health.failed(`${this.address} broke an answer off`);
    else this.#health.succeeded(this.#wellSentence());
    if (beganReasoning) this.#beginsReasoning = true;
    if (usage !== undefined)
      this.#correction = learnCorrection(this.#correction, estimate, usage.promptTokens);
    // Ollama states a window only once a model is loaded, which this answer has done.
    if (this.#server?.software === "ollama" && this.#reportedTokens === undefined)
      void this.#inspect();
  }

  async #failed(failure: TryFailure, started: boolean): Promise<ChatOutcome> {
    let { detail } = failure;
    if (failure.isMissing === true) {
      await this.#inspect();
      const models = this.#server?.models ?? [];
      const names = models.filter(({ kind }) => kind === "chat").map(({ id }) => id);
      if (names.length > 0 && findModel(models, this.model) === undefined)
        detail = unknownModelSentence(this.model, names);
    }
    const { reason, afterMs } = failure;
    const wish = afterMs === undefined ? {} : { retryAfterMs: afterMs };
    return { kind: "failed", reason, detail, started, ...wish };
  }

  #withoutModel(): ChatOutcome {
    const detail = this.#server === undefined ? failureWords.noModels : failureWords.noChatModel;
    return { kind: "failed", reason: "unavailable", detail, started: false };
  }

  get #reportedTokens(): number | undefined {
    if (this.#server === undefined) return undefined;
    return findModel(this.#server.models, this.model)?.contextTokens;
  }

  /** What is wrong with the server, for the owner; `undefined` when nothing is. A healthy one is only asked briefly. */
  async #look(signal: AbortSignal): Promise<string | undefined> {
    const { host } = this.#options;
    if (host !== undefined) await unlessAborted(host.settled(), signal);
    if (host?.trouble !== undefined) return `${this.address} ${host.trouble}`;
    if (this.#health.health.status === "ok" && this.#wasInspected) {
      const answer = await withinMs(this.#clock, this.#timeouts.inspectMsMax, signal, (until) =>
        getJson(this.#client, "/v1/models", until),
      );
      if (answer.kind === "answer" && answer.status === 200) return undefined;
      return `${this.address} ${answer.kind === "fault" ? "does not answer" : `fails with status ${answer.status}`}`;
    }
    const inspection = await this.#inspect();
    if (inspection.kind !== "model_server") return `${this.address} ${inspection.detail}`;
    const { models, software } = inspection.server;
    if (this.model === "")
      return `${this.address} has no ${this.#kind === "other" ? "such" : this.#kind} model`;
    // These three serve a request only when it names a model they have.
    const isStrict = software === "ollama" || software === "vllm" || software === "sglang";
    if (!isStrict || findModel(models, this.model) !== undefined) return undefined;
    const names = models.filter(({ kind }) => kind === this.#kind).map(({ id }) => id);
    return `${this.address}: ${unknownModelSentence(this.model, names).en}`;
  }

  /** One inspection at a time; whoever asks meanwhile gets the same. */
  #inspect(): Promise<Inspection> {
    this.#inspecting ??= this.#inspectNow();
    return this.#inspecting;
  }

  async #inspectNow(): Promise<Inspection> {
    const inspection = await withinMs(
      this.#clock,
      this.#timeouts.inspectMsMax,
      this.#stop.signal,
      (until) => inspectServer(this.#client, until),
    );
    this.#inspecting = undefined;
    this.#wasInspected = true;
    if (inspection.kind === "model_server") this.#server = inspection.server;
    return inspection;
  }

  #wellSentence(): string {
    return `${this.address} works`;
  }

  async #slept(ms: number, signal: AbortSignal): Promise<boolean> {
    try {
      await this.#clock.sleep(ms, signal);
      return true;
    } catch {
      // Only the abort rejects a sleep.
      return false;
    }
  }
}

/** Tools stand in the prompt as text. */
function toolTexts(tools: ChatRequest["tools"]): { readonly content: string }[] {
  return tools === undefined ? [] : [{ content: JSON.stringify(tools) }];
}

const cancelled: ChatOutcome = {
  kind: "failed",
  reason: "cancelled",
  detail: failureWords.cancelled,
  started: false,
};
