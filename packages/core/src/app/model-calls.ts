import { problem } from "@adyton/protocol";
import { ProblemError } from "../domain/problem-error.ts";
import type { Ask, AskCall, AskOutcome } from "../domain/recursia/asking.ts";
import type { Backend, ChatMessage, ChatOutcome, ChatSettings } from "../ports/backend.ts";
import {
  type AnsweringOptions,
  askInWindow,
  chatProblem,
  leastOf,
  type OpenPrompt,
  usageOf,
} from "./answering.ts";
import { withOwnPrompt } from "./client-context.ts";
import { askServers, type Attempt } from "./failover.ts";
import type { LiveRun } from "./live-run.ts";
import { SchemaHolding } from "./schema-holding.ts";
import { noteServed } from "./sent-requests.ts";
import { systemMessage, turnSystem } from "./turn-context.ts";
import { unlessAborted } from "./unless-aborted.ts";

type Answered = ChatOutcome & { readonly kind: "answered" };

/**
 * Puts the questions of a controller to the model servers, with the conversation or alone, each with its own time. A
 * server that fails is left for another, as for any turn; nobody watches single calls grow.
 */
export class ModelCalls {
  readonly #options: AnsweringOptions;
  readonly #run: LiveRun;
  readonly #base: Omit<OpenPrompt, "question" | "behind">;
  readonly #holding = new SchemaHolding();
  readonly #answers = new Map<string, Answered>();
  /** What the last call that brought nothing came to. */
  failure: (ChatOutcome & { readonly kind: "failed" }) | undefined;
  #estimated = false;

  /** `historyDropped`: messages at the end of the history that the model is not shown. */
  constructor(options: AnsweringOptions, run: LiveRun, historyDropped = 0) {
    this.#options = options;
    this.#run = run;
    const { answerTokensMax } = options;
    const { conversationKey: key, turnsBefore, policy } = run;
    const { context, principal } = run.submission;
    const { person, tier } = principal;
    const place = { key, person, tier, turnsBefore, modePrompt: policy.prompt };
    const first = systemMessage(turnSystem(options, place));
    const history = options.conversations.history(key);
    const sent = context === undefined ? undefined : withOwnPrompt(first.content, context.messages);
    this.#base = {
      system: sent?.slice(0, 1) ?? [first],
      history: sent?.slice(1, -1) ?? history.slice(0, history.length - historyDropped),
      answerTokensMax: leastOf(
        answerTokensMax,
        run.policy.answerTokensMax,
        context?.answerTokensMax,
      ),
      // A client's own context is taken for what the conversation says, whatever of it is sent again.
      onFitted: (dropped) =>
        run.guard.inherit(
          options.conversations.taint(
            key,
            sent === undefined ? { dropped, without: historyDropped } : {},
          ),
        ),
    };
  }

  /** Whether the node had to count tokens that a server did not report. */
  get estimated(): boolean {
    return this.#estimated;
  }

  /** The outcome that brought this text. */
  answer(text: string): Answered | undefined {
    return this.#answers.get(text);
  }

  readonly ask: Ask = async (call) => {
    const startedMs = performance.now();
    const elapsedMs = (): number => performance.now() - startedMs;
    const limit = new AbortController();
    const timer =
      call.msMax === undefined ? undefined : setTimeout(() => limit.abort(), call.msMax);
    try {
      const signal = AbortSignal.any([this.#run.signal, limit.signal]);
      const outcome = await unlessAborted(this.#put(call, signal), signal);
      if (this.#run.signal.aborted)
        return { kind: "stopped", reason: "cancelled", ms: elapsedMs() };
      if (limit.signal.aborted) return { kind: "stopped", reason: "wall", ms: elapsedMs() };
      return outcome === undefined
        ? { kind: "stopped", reason: "upstream", ms: elapsedMs() }
        : { ...outcome, ms: elapsedMs() };
    } finally {
      clearTimeout(timer);
    }
  };

  async #put(
    call: AskCall,
    signal: AbortSignal,
  ): Promise<Omit<AskOutcome & { kind: "answered" }, "ms"> | undefined> {
    const { backends } = this.#options;
    const hasVerifier = call.byVerifier && backends.works("verifier");
    const startedMs = this.#options.now();
    const served = await askServers(
      backends,
      {
        conversation: this.#run.conversationKey,
        role: hasVerifier ? "verifier" : "chat",
        signal,
        onRestart: () => undefined,
      },
      (backend, attempt) => this.#askServer(call, backend, { ...attempt, signal }),
    );
    if (served === undefined) return undefined;
    if (call.about === "conversation")
      noteServed(this.#options, { conversation: this.#run.conversationKey, startedMs }, served);
    const { outcome, made, backend, failovers, stalledMs } = served;
    if (outcome.kind === "failed") {
      this.failure = outcome;
      return undefined;
    }
    const before = this.#run.servedBy;
    this.#run.servedBy = {
      backend: backend.name,
      failovers: (before?.failovers ?? 0) + failovers,
      stalledMs: (before?.stalledMs ?? 0) + stalledMs,
    };
    const usage = usageOf(outcome, backend, made.tokens);
    this.#estimated ||= usage.estimated;
    this.#answers.set(outcome.text, outcome);
    const { promptTokens: inTokens, completionTokens: outTokens } = usage;
    this.#run.spent.promptTokens += inTokens;
    this.#run.spent.completionTokens += outTokens;
    return { kind: "answered", text: outcome.text, inTokens, outTokens };
  }

  #askServer(call: AskCall, backend: Backend, attempt: Attempt & { readonly signal: AbortSignal }) {
    return this.#holding.ask(backend.name, call.schema, (format) =>
      this.#askOnce(call, backend, { ...attempt, format }),
    );
  }

  #askOnce(
    call: AskCall,
    backend: Backend,
    {
      format,
      ...attempt
    }: Attempt & { readonly signal: AbortSignal; readonly format: ChatSettings },
  ) {
    const { submission } = this.#run;
    const request = { ...attempt, settings: this.#settings(call, format) };
    if (call.about === "alone") {
      const [question = { role: "user", content: "" } as const, ...behind] = call.messages;
      const { answerTokensMax } = this.#base;
      return askInWindow(
        backend,
        { system: [], history: [], question, behind, answerTokensMax },
        request,
      );
    }
    const last: ChatMessage = submission.context?.messages.at(-1) ?? {
      role: "user",
      content: submission.text,
    };
    const isDigest = call.question !== undefined && call.question !== submission.text;
    const question: ChatMessage = isDigest ? { role: "user", content: call.question } : last;
    return askInWindow(backend, { ...this.#base, question, behind: call.messages }, request);
  }

  #settings({ about, temperature }: AskCall, format: ChatSettings): ChatSettings {
    const own = about === "conversation" ? this.#run.submission.context?.settings : undefined;
    const asOfMode = about === "conversation" ? this.#run.policy.generation : undefined;
    return { ...own, temperature, ...asOfMode, ...format };
  }
}

/** Why a run has no answer at all. */
export function noAnswer(
  { language }: AnsweringOptions,
  reason: string,
  { failure }: ModelCalls,
): ProblemError {
  if (failure !== undefined) return chatProblem(failure, language);
  // Whoever stopped the run says why.
  return new ProblemError(problem(reason === "cancelled" ? "cancelled" : "budget_exhausted"));
}
