import {
  type Bilingual,
  type CommandResult,
  grantCovers,
  type MessageAnswer,
  problem,
  searchQueryCharsMax,
  type TokenUsage,
} from "@adyton/protocol";
import { reserveTokens } from "../domain/context/reserve.ts";
import { shownModel } from "../domain/model/shown-model.ts";
import { trimHistory } from "../domain/model/trim-history.ts";
import type { ModeCommand, ModeSpec } from "../domain/modes/mode-spec.ts";
import type { Modes } from "../domain/modes/registry.ts";
import { ProblemError } from "../domain/problem-error.ts";
import type { JudgeQuality } from "../domain/recursia/asking.ts";
import type { MemoryQuestion, SearchResult } from "../domain/search/search-contract.ts";
import type {
  Backend,
  ChatFailure,
  ChatMessage,
  ChatOutcome,
  ChatRequest,
} from "../ports/backend.ts";
import type { BackendPool } from "./backend-pool.ts";
import type { Blocks } from "./blocks.ts";
import { type ClientContext, contextTokens, withOwnPrompt } from "./client-context.ts";
import type { Conversations } from "./conversations.ts";
import type { DayTokens } from "./day-tokens.ts";
import { answerFromMemory, type QuotingReason } from "./extractive-answer.ts";
import { type AskServer, askServers, type Attempt, type Served } from "./failover.ts";
import type { GuardOptions } from "./guard.ts";
import type { LiveRun } from "./live-run.ts";
import { externalTexts } from "./passages.ts";
import { problemWords } from "./problem-words.ts";
import { noteServed, type SentRequests } from "./sent-requests.ts";
import { withQuote } from "./quotes.ts";
import { systemMessage, turnSystem } from "./turn-context.ts";

export interface AnsweringOptions {
  /** The model servers; nobody until one is configured or found. */
  readonly backends: BackendPool;
  readonly find: (query: MemoryQuestion) => Promise<SearchResult>;
  readonly conversations: Conversations;
  readonly blocks: Blocks;
  readonly corePrompt: string;
  readonly answerTokensMax: number | undefined;
  readonly language: keyof Bilingual;
  readonly modes: Modes;
  /** What the server that judges was measured to be; `undefined` where nothing is known of it. */
  readonly judgeQuality: () => JudgeQuality | undefined;
  readonly guard: GuardOptions;
  /** What was sent last, for whoever checks it. */
  readonly sent: SentRequests;
  readonly now: () => number;
  /** Runs the command of a mode that is one, in the caller's name and by the caller's grants. */
  readonly runCommand: (
    command: ModeCommand,
    run: LiveRun,
  ) => Promise<Pick<CommandResult, "text" | "data">>;
  readonly dayTokens: DayTokens;
}

/** What a controller produces; the turn adds ids, mode and time. */
export type Produced = Omit<MessageAnswer, "id" | "conversation" | "mode" | "ms">;

const searchHits = 5;
/** The window is taken for smaller by this factor after the server said a prompt does not fit, so many times. */
export const overflowShrink = 0.7;
export const overflowTriesMax = 3;

/** Quotes memory. */
export async function answerExtractively(
  options: AnsweringOptions,
  run: LiveRun,
): Promise<Produced> {
  const { text, principal } = run.submission;
  const query = text.slice(0, searchQueryCharsMax);
  const result = await options.find({ query, owners: [principal.person], limit: searchHits });
  const answer = answerFromMemory(text, result, quotingReason(options, run));
  run.guard.read(externalTexts(answer.found ? answer.hits : []));
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
  if (options.backends.slots === 0) return "no_model";
  return run.submission.mode === undefined ? "conversation" : "message";
}

/** Asks the model, with as much of the conversation as fits its window. Throws `ProblemError`. */
export async function answerByModel(options: AnsweringOptions, run: LiveRun): Promise<Produced> {
  const startedMs = options.now();
  const served = await askAny(options, run, {
    servers: run.submission.servers,
    ask: (backend, attempt) => askServer(options, run, backend, attempt),
  });
  noteServed(options, { conversation: run.conversationKey, startedMs }, served);
  return producedBy(options, run, served);
}

/** Has one of the servers answer the run, shown as it grows to whoever watches. Throws `ProblemError` when it is stopped. */
export async function askAny<T>(
  { backends }: AnsweringOptions,
  run: LiveRun,
  {
    servers,
    ask,
  }: { readonly servers: ReadonlySet<string> | undefined; readonly ask: AskServer<T> },
): Promise<Served<T>> {
  const served = await askServers(
    backends,
    {
      conversation: run.conversationKey,
      servers,
      signal: run.signal,
      onDelta: run.watched ? (text) => run.delta(text) : undefined,
      onRestart: () => run.restart(),
    },
    ask,
  );
  // Whoever stopped the run says why.
  if (served === undefined) throw new ProblemError(problem("cancelled"));
  return served;
}

/** What a server's answer comes to. Throws `ProblemError` when it has none. */
export function producedBy(
  { language }: AnsweringOptions,
  run: LiveRun,
  { outcome, made, backend, failovers, stalledMs }: Served<Prompt>,
): Produced {
  run.servedBy = { backend: backend.name, failovers, stalledMs };
  if (outcome.kind === "failed") throw chatProblem(outcome, language);
  const isOwner = grantCovers(run.submission.principal.grants, "admin");
  const model = isOwner ? outcome.model : shownModel(outcome.model);
  return produced({ ...outcome, model }, backend, made);
}

/** Asks one server with the conversation, or with what the client sent in its place. */
async function askServer(
  options: AnsweringOptions,
  run: LiveRun,
  backend: Backend,
  attempt: Attempt,
): Promise<{ readonly outcome: ChatOutcome; readonly made: Prompt }> {
  const { answerTokensMax } = options;
  const { text, quote, context, principal } = run.submission;
  const { conversationKey: key, turnsBefore, policy, signal } = run;
  const { person, tier } = principal;
  const place = { key, person, tier, turnsBefore, modePrompt: policy.prompt };
  const first = systemMessage(turnSystem(options, place));
  const answerMax = leastOf(answerTokensMax, policy.answerTokensMax, context?.answerTokensMax);
  // What a client keeps itself it may send again, and what was said in its conversation is known here.
  if (context !== undefined && turnsBefore > 0) run.guard.inherit(options.conversations.taint(key));
  if (context !== undefined)
    return askWithContext(context, {
      backend,
      attempt,
      signal,
      policy,
      prompt: first.content,
      answerTokensMax: answerMax,
    });
  const question: ChatMessage = { role: "user", content: withQuote(text, quote) };
  const history = options.conversations.history(key);
  const onFitted = (dropped: number): void =>
    run.guard.inherit(options.conversations.taint(key, { dropped }));
  const prompt = { system: [first], history, question, answerTokensMax: answerMax, onFitted };
  const { generation: settings } = policy;
  return askInWindow(backend, prompt, {
    signal,
    ...attempt,
    ...(settings === undefined ? {} : { settings }),
  });
}

/** What a server is asked, before it is fitted into its window. */
export interface OpenPrompt {
  readonly system: readonly ChatMessage[];
  readonly history: readonly ChatMessage[];
  readonly question: ChatMessage;
  /** What stands behind the question; never dropped. */
  readonly behind?: readonly ChatMessage[];
  readonly answerTokensMax: number | undefined;
  /** Told, before it is asked, how many messages of the history are left out. */
  readonly onFitted?: (dropped: number) => void;
}

/** Asks with as much of the history as fits. A prompt that the server says does not fit is shortened and asked again. */
export async function askInWindow(
  backend: Backend,
  { system, history, question, behind = [], answerTokensMax, onFitted }: OpenPrompt,
  request: Omit<ChatRequest, "messages">,
): Promise<{ readonly outcome: ChatOutcome; readonly made: Prompt }> {
  const count = (text: string): number => backend.countTokens(text);
  const behindTokens = behind.length === 0 ? 0 : contextTokens(behind, undefined, count);
  let windowTokens = backend.contextTokens;
  for (let tries = 1; ; tries += 1) {
    const trimmed = trimHistory({
      system,
      history,
      question,
      windowTokens,
      reserveTokens: reserveTokens(windowTokens, answerTokensMax) + behindTokens,
      count,
    });
    if (trimmed.kind === "too_long") return { outcome: tooLong(trimmed), made: noPrompt };
    onFitted?.(trimmed.dropped);
    const outcome = await backend.chat({
      ...request,
      messages: [...trimmed.messages, ...behind],
      promptTokensEstimate: trimmed.tokens + behindTokens,
      ...(answerTokensMax === undefined ? {} : { answerTokensMax }),
    });
    const isOverflow = outcome.kind === "failed" && outcome.reason === "overflow";
    if (!isOverflow || outcome.started || tries === overflowTriesMax)
      return { outcome, made: trimmed };
    windowTokens = Math.floor(windowTokens * overflowShrink);
  }
}

/**
 * Asks one server with what the client sent. Nothing is left out of it: a client that keeps the history itself is told
 * when it does not fit, because a server may cut it silently, and the node's prompt first.
 */
async function askWithContext(
  context: ClientContext,
  { backend, attempt, signal, policy, prompt, answerTokensMax }: ContextAttempt,
): Promise<{ readonly outcome: ChatOutcome; readonly made: Prompt }> {
  const messages = withOwnPrompt(prompt, context.messages);
  const { tools, toolChoice } = policy.clientTools ? context : {};
  // What a mode says of generating is its policy, and stands before what a client says.
  const settings = { ...context.settings, ...policy.generation };
  const tokens = contextTokens(messages, tools, (text) => backend.countTokens(text));
  const made: Prompt = { messages, dropped: 0, tokens };
  const availableTokens = backend.contextTokens;
  if (tokens > availableTokens && backend.isContextAssumed !== true)
    return { outcome: tooLong({ questionTokens: tokens, availableTokens }), made };
  const outcome = await backend.chat({
    messages,
    signal,
    promptTokensEstimate: tokens,
    ...attempt,
    settings,
    ...(tools === undefined ? {} : { tools }),
    ...(toolChoice === undefined ? {} : { toolChoice }),
    ...(answerTokensMax === undefined ? {} : { answerTokensMax }),
  });
  return { outcome, made };
}

interface ContextAttempt {
  readonly backend: Backend;
  readonly attempt: Attempt;
  readonly signal: AbortSignal;
  readonly policy: ModeSpec;
  readonly prompt: string;
  readonly answerTokensMax: number | undefined;
}

/** The least of the bounds that there are. */
export function leastOf(...bounds: readonly (number | undefined)[]): number | undefined {
  const known = bounds.filter((bound) => bound !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}

/** Another server may have the room that this one lacks. */
export function tooLong(question: {
  readonly questionTokens: number;
  readonly availableTokens: number;
}): ChatOutcome {
  const detail = problemWords.questionTooLong(question.questionTokens, question.availableTokens);
  return { kind: "failed", reason: "overflow", detail, started: false };
}

const noPrompt: Prompt = { messages: [], dropped: 0, tokens: 0 };

export interface Prompt {
  readonly messages: readonly ChatMessage[];
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

export function usageOf(
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

/** A model server's failure as the problem its caller sees. */
export function chatProblem(
  { reason, detail }: { readonly reason: ChatFailure; readonly detail: Bilingual },
  language: keyof Bilingual,
): ProblemError {
  return new ProblemError(problem(codeOf[reason], { detail: detail[language] }));
}
