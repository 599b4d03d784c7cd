import { type Clock } from "@adyton/runtime/clock";
import { retryAfterMs } from "@adyton/runtime/retry";
import type { ChatOutcome, ReportedUsage, ToolCall } from "../../ports/backend.ts";
import { ReasoningFilter, withoutReasoning } from "../../domain/model/reasoning-filter.ts";
import {
  ChatAnswer,
  cutText,
  finishOf,
  hasSeparateReasoning,
  modelOf,
  plausibleUsage,
  type TextEnd,
} from "./chat-wire.ts";
import { failureWords } from "./failure-words.ts";
import {
  faultFailure,
  invalidAnswer,
  notAnAnswer,
  readServerError,
  statusFailure,
  type TryFailure,
} from "./failures.ts";
import { answerBytesMax, errorBytesMax, type Timeouts } from "./limits.ts";
import { SilenceWatch, type GiveUp } from "./silence-watch.ts";
import { isAlive } from "./small-call.ts";
import { readStream } from "./stream-reader.ts";
import { StreamCollector } from "./stream-collector.ts";
import { ToolCalls } from "./tool-calls.ts";
import { parseJson, readBody, type Response, type WireClient } from "./wire-client.ts";
import { withinMs } from "./within.ts";

export interface TryAnswer {
  readonly text: string;
  readonly toolCalls: readonly ToolCall[];
  readonly finish: TextEnd | "tool_calls";
  readonly usage?: ReportedUsage | undefined;
  readonly model: string;
  /** The stream broke after this text. */
  readonly isBroken: boolean;
  /** The answer began with reasoning that nothing opened: the next one will too. */
  readonly beganReasoning: boolean;
}

export type TryOutcome =
  | { readonly kind: "answered"; readonly answer: TryAnswer; readonly wasShown: boolean }
  | { readonly kind: "failed"; readonly failure: TryFailure; readonly wasShown: boolean };

export interface TryInput {
  readonly client: WireClient;
  readonly clock: Clock;
  readonly timeouts: Timeouts;
  readonly body: string;
  readonly model: string;
  readonly promptTokensEstimate: number;
  readonly mayBeginReasoning: boolean;
  /** Whether the request holds pictures, which many a model does not take. */
  readonly hasImages: boolean;
  readonly signal: AbortSignal;
  readonly onDelta?: ((text: string) => void) | undefined;
}

/** Sends the request once and reads what comes. Rejects only with what `onDelta` throws. */
export async function tryChat(input: TryInput): Promise<TryOutcome> {
  const { client, clock, timeouts, signal } = input;
  const exchange = client.send({
    method: "POST",
    path: "/v1/chat/completions",
    body: input.body,
    accept:
      input.onDelta === undefined ? "application/json" : "text/event-stream, application/json",
  });
  let gaveUp: GiveUp | undefined;
  const close = (): void => exchange.close();
  signal.addEventListener("abort", close, { once: true });
  using watch = new SilenceWatch({
    clock,
    timeouts,
    probe: (stop) =>
      withinMs(clock, timeouts.livenessMsMax, stop, (until) => isAlive(client, until)),
    onGiveUp: (reason) => {
      gaveUp = reason;
      close();
    },
  });
  try {
    const got = await exchange.response;
    const outcome =
      got.kind === "fault"
        ? failed(faultFailure(got.fault))
        : await readResponse(input, got.response, watch);
    if (outcome.kind === "answered" && outcome.answer.finish !== "cut") return outcome;
    if (signal.aborted) return failed(cancelled, outcome.wasShown);
    return gaveUp === undefined ? outcome : failed(timedOut(gaveUp, timeouts), outcome.wasShown);
  } catch (error) {
    close();
    throw error;
  } finally {
    signal.removeEventListener("abort", close);
  }
}

/** What a caller of the backend gets of an answer. */
export function answeredOutcome(answer: TryAnswer): ChatOutcome {
  const { text, toolCalls, finish, usage, model, isBroken } = answer;
  return {
    kind: "answered",
    text,
    finish,
    model,
    ...(toolCalls.length === 0 ? {} : { toolCalls }),
    ...(isBroken ? { isBroken } : {}),
    ...(usage === undefined ? {} : { usage }),
  };
}

async function readResponse(
  input: TryInput,
  response: Response,
  watch: SilenceWatch,
): Promise<TryOutcome> {
  const status = response.status;
  if (status !== 200) {
    const body = await readBody(response, errorBytesMax, () => watch.touch());
    const error = readServerError(body.kind === "complete" ? parseJson(body.text) : undefined);
    const afterMs = retryAfterMs(response.header("retry-after"), {
      nowMs: input.clock.nowMs(),
      maxMs: Number.MAX_SAFE_INTEGER,
    });
    const { hasImages } = input;
    return failed(statusFailure({ status, error, afterMs, hasImages }));
  }
  const type = response.header("content-type") ?? "";
  const isStream = input.onDelta !== undefined && !/^(application\/json|text\/html)\b/i.test(type);
  return isStream
    ? await readStreamed(input, response, watch)
    : await readWhole(input, response, watch);
}

async function readWhole(
  input: TryInput,
  response: Response,
  watch: SilenceWatch,
): Promise<TryOutcome> {
  const body = await readBody(response, answerBytesMax, () => watch.touch());
  if (body.kind === "broken") return failed(faultFailure("reset"));
  if (body.kind === "too_large") return failed(tooLarge);
  const json = parseJson(body.text);
  const parsed = ChatAnswer.safeParse(json);
  if (!parsed.success) {
    const error = readServerError(json);
    if (error === undefined) return failed(notAnAnswer(body.text));
    return failed(statusFailure({ status: statusOf(error.code), error }));
  }
  const [choice] = parsed.data.choices;
  if (choice === undefined) return failed(invalidAnswer(failureWords.withoutText));
  const ownFinish = finishOf(choice.finish_reason) ?? "stop";
  const isSeparate = hasSeparateReasoning(choice.message);
  const start = input.mayBeginReasoning && !isSeparate ? "maybe_reasoning" : "text";
  const isComplete = ownFinish === "stop";
  const stripped = withoutReasoning(choice.message.content ?? "", { start, isComplete });
  const { sawReasoning, closedUnopened } = stripped;
  const text = cutText(stripped.text);
  const finish = text.length < stripped.text.length ? "length" : ownFinish;
  const calls = new ToolCalls();
  if (!calls.take(choice.message.tool_calls)) return failed(notAnAnswer(""));
  const toolCalls = calls.all;
  if (text.trim() === "" && toolCalls.length === 0)
    return failed(emptyAnswer(finish, sawReasoning || isSeparate));
  if (text !== "") input.onDelta?.(text);
  const { model, usage } = parsed.data;
  const beganReasoning = closedUnopened;
  return answered(input, {
    text,
    toolCalls,
    finish,
    usage,
    model,
    beganReasoning,
    isBroken: false,
  });
}

async function readStreamed(
  input: TryInput,
  response: Response,
  watch: SilenceWatch,
): Promise<TryOutcome> {
  const filter = new ReasoningFilter(input.mayBeginReasoning ? "maybe_reasoning" : "text");
  const collector = new StreamCollector({ filter, onDelta: input.onDelta ?? (() => undefined) });
  const end = await readStream({
    response,
    collector,
    clock: input.clock,
    streamEndMsMax: input.timeouts.streamEndMsMax,
    onBytes: () => watch.touch(),
  });
  collector.end();
  const { closedUnopened: beganReasoning, sawReasoning } = filter;
  const text = cutText(filter.text);
  const { state, wasShown, model, usage } = collector;
  const isWhole = state !== "open" && state !== "broken";
  const finish = isWhole ? (collector.finish ?? "stop") : "cut";
  // Half a call must not be carried out, so a broken answer calls nothing.
  const toolCalls = isWhole ? collector.toolCalls : [];
  if (text.trim() !== "" || toolCalls.length > 0)
    return answered(input, {
      text,
      toolCalls,
      finish,
      usage,
      model,
      beganReasoning,
      isBroken: !isWhole,
    });
  if (isWhole) return failed(emptyAnswer(finish, sawReasoning), wasShown);
  if (collector.error !== undefined) {
    const { error } = collector;
    const status = statusOf(error.code);
    return failed(statusFailure({ status, error }), wasShown);
  }
  if (collector.problem === "too_large") return failed(tooLarge, wasShown);
  if (collector.problem === "unreadable") return failed(notAnAnswer(""), wasShown);
  if (end === "broken") return failed(faultFailure("reset"), wasShown);
  return failed(invalidAnswer(failureWords.endedEarly), wasShown);
}

function answered(
  input: TryInput,
  got: Omit<TryAnswer, "usage" | "model" | "finish"> & {
    readonly finish: TextEnd;
    readonly usage: unknown;
    readonly model: unknown;
  },
): TryOutcome {
  const usage = plausibleUsage(got.usage, input.promptTokensEstimate);
  const model = modelOf(got.model, input.model);
  // Servers differ in what they call the end of an answer that calls tools.
  const isCalling = got.toolCalls.length > 0 && got.finish === "stop";
  const finish = isCalling ? "tool_calls" : got.finish;
  return {
    kind: "answered",
    answer: { ...got, finish, usage, model },
    wasShown: input.onDelta !== undefined,
  };
}

function failed(failure: TryFailure, wasShown = false): TryOutcome {
  return { kind: "failed", failure, wasShown };
}

const cancelled: TryFailure = {
  reason: "cancelled",
  detail: failureWords.cancelled,
  retry: "no",
  health: "says_nothing",
};

const tooLarge = invalidAnswer(failureWords.tooLarge);

function emptyAnswer(finish: string, sawReasoning: boolean): TryFailure {
  const detail =
    finish === "length" || sawReasoning ? failureWords.usedUp : failureWords.nothingWritten;
  // The server did its work: the emptiness is the model's.
  return { reason: "invalid", detail, retry: "no", health: "works" };
}

function timedOut(reason: GiveUp, { answerMsMax }: Timeouts): TryFailure {
  const detail =
    reason === "too_long"
      ? failureWords.tooSlow(Math.round(answerMsMax / 1000))
      : failureWords[reason];
  return { reason: "timed_out", detail, retry: "no", health: "failed" };
}

/** The status an error inside a body stands for; without one it is the server's failure. */
function statusOf(code: string): number {
  const number = Number(/\b[45]\d\d\b/.exec(code)?.[0] ?? "500");
  return /invalid_request/.test(code) ? 400 : number;
}
