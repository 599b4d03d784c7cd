import {
  type Bilingual,
  grantCovers,
  type MessageAnswer,
  problem,
  searchQueryCharsMax,
  type TokenUsage,
} from "@adyton/protocol";
import { shownModel } from "../domain/model/shown-model.ts";
import { trimHistory } from "../domain/model/trim-history.ts";
import { ProblemError } from "../domain/problem-error.ts";
import type { SearchQuery, SearchResult } from "../domain/search/search-contract.ts";
import { systemPrompt } from "../domain/turns/core-prompt.ts";
import type { Backend, ChatFailure, ChatMessage, ChatOutcome } from "../ports/backend.ts";
import type { Conversations } from "./conversations.ts";
import { answerFromMemory, type QuotingReason } from "./extractive-answer.ts";
import type { LiveRun } from "./live-run.ts";
import { problemWords } from "./problem-words.ts";

export interface AnsweringOptions {
  /** The model server; none until one is configured or found. */
  readonly backend: () => Backend | undefined;
  readonly find: (query: SearchQuery) => Promise<SearchResult>;
  readonly conversations: Conversations;
  readonly corePrompt: string;
  readonly answerTokensMax: number | undefined;
  readonly language: keyof Bilingual;
}

/** What a controller produces; the turn adds ids, mode and time. */
export type Produced = Omit<MessageAnswer, "id" | "conversation" | "mode" | "ms">;

const searchHits = 5;
/** The part of the model's window kept free for the answer, and the most that is kept. */
const answerShare = 0.25;
const answerReserveTokensMax = 4_096;
/** The window is taken for smaller by this factor after the server said a prompt does not fit, so many times. */
const overflowShrink = 0.7;
const overflowTriesMax = 3;

/** Quotes memory. */
export async function answerExtractively(
  options: AnsweringOptions,
  run: LiveRun,
): Promise<Produced> {
  const { text, principal } = run.submission;
  const query = text.slice(0, searchQueryCharsMax);
  const result = await options.find({ query, owners: [principal.person], limit: searchHits });
  const answer = answerFromMemory(text, result, quotingReason(options, run));
  if (run.watched) run.delta(answer.text);
  return {
    text: answer.text,
    answeredBy: "extractive",
    finish: "stop",
    found: answer.found,
    ...(answer.found
      ? { citations: answer.citations.map((cited) => ({ ...cited, heading: [...cited.heading] })) }
      : {}),
  };
}

function quotingReason(options: AnsweringOptions, run: LiveRun): QuotingReason {
  if (options.backend() === undefined) return "no_model";
  return run.submission.mode === undefined ? "conversation" : "message";
}

/** Asks the model, with as much of the conversation as fits its window. Throws `ProblemError`. */
export async function answerByModel(
  options: AnsweringOptions,
  backend: Backend,
  run: LiveRun,
): Promise<Produced> {
  const { conversations, corePrompt, answerTokensMax } = options;
  const overlays = conversations
    .overlays(run.conversationKey, run.turnsBefore)
    .map((overlay) => overlay.text);
  const system: ChatMessage[] = [{ role: "system", content: systemPrompt(corePrompt, overlays) }];
  const history = conversations.history(run.conversationKey);
  const question: ChatMessage = { role: "user", content: run.submission.text };
  let windowTokens = backend.contextTokens;
  for (let tries = 1; ; tries += 1) {
    const reserveTokens = Math.min(
      answerTokensMax ?? answerReserveTokensMax,
      Math.floor(windowTokens * answerShare),
    );
    const trimmed = trimHistory({
      system,
      history,
      question,
      windowTokens,
      reserveTokens,
      count: (text) => backend.countTokens(text),
    });
    if (trimmed.kind === "too_long") {
      const words = problemWords.questionTooLong(trimmed.questionTokens, trimmed.availableTokens);
      throw new ProblemError(problem("payload_too_large", { detail: words[options.language] }));
    }
    const outcome = await backend.chat({
      messages: trimmed.messages,
      signal: run.signal,
      promptTokensEstimate: trimmed.tokens,
      ...(answerTokensMax === undefined ? {} : { answerTokensMax }),
      ...(run.watched ? { onDelta: (text: string) => run.delta(text) } : {}),
    });
    if (outcome.kind === "answered") {
      const isOwner = grantCovers(run.submission.principal.grants, "admin");
      const model = isOwner ? outcome.model : shownModel(outcome.model);
      return produced({ ...outcome, model }, backend, trimmed);
    }
    if (outcome.reason !== "overflow" || outcome.started || tries === overflowTriesMax)
      throw failure(outcome, options.language);
    windowTokens = Math.floor(windowTokens * overflowShrink);
  }
}

interface Prompt {
  /** Messages of the history that were left out. */
  readonly dropped: number;
  readonly tokens: number;
}

function produced(
  outcome: ChatOutcome & { kind: "answered" },
  backend: Backend,
  prompt: Prompt,
): Produced {
  return {
    text: outcome.text,
    answeredBy: "model",
    model: outcome.model,
    finish: outcome.finish,
    ...(outcome.toolCalls === undefined ? {} : { toolCalls: [...outcome.toolCalls] }),
    usage: usageOf(outcome, backend, prompt.tokens),
    ...(prompt.dropped > 0 ? { historyDropped: prompt.dropped } : {}),
  };
}

function usageOf(
  outcome: ChatOutcome & { kind: "answered" },
  backend: Backend,
  promptTokens: number,
): TokenUsage {
  if (outcome.usage !== undefined) return { ...outcome.usage, estimated: false };
  return { promptTokens, completionTokens: backend.countTokens(outcome.text), estimated: true };
}

const codeOf = {
  unavailable: "backend_unavailable",
  timed_out: "backend_unavailable",
  invalid: "backend_invalid",
  refused: "backend_invalid",
  overflow: "payload_too_large",
  cancelled: "cancelled",
} as const satisfies Record<ChatFailure, string>;

function failure(
  { reason, detail }: ChatOutcome & { kind: "failed" },
  language: keyof Bilingual,
): ProblemError {
  return new ProblemError(problem(codeOf[reason], { detail: detail[language] }));
}
