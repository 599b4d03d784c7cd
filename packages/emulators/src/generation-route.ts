import { chatBody, chatEvents } from "./chat-wire.ts";
import type { EmulatorState } from "./emulator-state.ts";
import { breakConnection, type Exchange } from "./exchange.ts";
import { strikes, type Fault } from "./fault.ts";
import { composeGeneration, spokenTokens, type Generation } from "./generation.ts";
import {
  parseChatRequest,
  parseResponsesRequest,
  type GenerationRequest,
} from "./generation-request.ts";
import { sendBody, sendError, sendHtml } from "./http-answer.ts";
import type { EmulatedModel } from "./model-list.ts";
import { wait } from "./pacing.ts";
import { personaReply } from "./persona-reply.ts";
import { renderPrompt } from "./prompt.ts";
import type { Reply, ReplyContext } from "./reply.ts";
import { responsesBody, responsesEvents } from "./responses-wire.ts";
import { findRule, type Rule } from "./rule.ts";
import { seededUnit } from "./seeded.ts";
import { sendEvents } from "./stream-writer.ts";
import { countTokens } from "./tokenizer.ts";

/** Answers POST /v1/chat/completions and POST /v1/responses. */
export async function answerGeneration(
  state: EmulatorState,
  exchange: Exchange,
  body: unknown,
): Promise<void> {
  const { response } = exchange;
  const parsed =
    exchange.endpoint === "chat" ? parseChatRequest(body) : parseResponsesRequest(body);
  if (parsed.kind === "invalid") return sendError(response, 400, parsed);
  const { request } = parsed;
  const model = findModel(state, request.model, "chat");
  if (model === null) return sendModelUnknown(exchange, request.model);
  const promptTokens = countTokens(renderPrompt(request.messages));
  const isOver = promptTokens > model.contextTokens;
  // Ollama cuts a long prompt without a word; the others refuse it.
  if (isOver && state.flavour !== "ollama")
    return sendError(response, 400, {
      message: `the prompt has ${promptTokens} tokens and the context holds ${model.contextTokens}`,
      code: "context_length_exceeded",
      param: "messages",
    });
  const rule = findRule(state.rules, request, exchange.callIndex, state.spentRules);
  const fault = faultOf(rule, exchange);
  if (fault !== exchange.fault && (await strikeBeforeAnswer(exchange, fault))) return;
  const reply = await replyTo(state, exchange, { request, rule, promptTokens, model });
  const generation = composeGeneration({
    reply,
    request,
    promptTokens: isOver ? model.contextTokens : promptTokens,
    fault,
    serial: state.serial++,
    createdS: Math.floor(Date.now() / 1000),
  });
  await send(state, exchange, { request, generation, fault });
}

async function replyTo(
  state: EmulatorState,
  exchange: Exchange,
  parts: {
    readonly request: GenerationRequest;
    readonly rule: Rule | undefined;
    readonly promptTokens: number;
    readonly model: EmulatedModel;
  },
): Promise<Reply> {
  const { request, rule, promptTokens, model } = parts;
  const seed = request.seed === null ? state.seed : state.seed + request.seed;
  const { callIndex } = exchange;
  const context: ReplyContext = {
    callIndex,
    seed,
    random: (salt = "") => seededUnit(seed, callIndex, salt),
    promptTokens,
  };
  if (rule !== undefined) {
    state.spentRules.set(rule, (state.spentRules.get(rule) ?? 0) + 1);
    return typeof rule.reply === "function" ? rule.reply(request, context) : rule.reply;
  }
  const isOver = promptTokens > model.contextTokens;
  const persona =
    state.persona ?? (isOver ? { kind: "truncate" as const, tokens: model.contextTokens } : null);
  return personaReply(persona, request, context);
}

async function send(
  state: EmulatorState,
  exchange: Exchange,
  parts: {
    readonly request: GenerationRequest;
    readonly generation: Generation;
    readonly fault: Fault | null;
  },
): Promise<void> {
  const { request, generation, fault } = parts;
  const pace =
    fault?.kind === "slow_drip"
      ? { ...state.pacing, tokenDelayMs: fault.tokenDelayMs }
      : state.pacing;
  const isChat = request.endpoint === "chat";
  if (request.isStream) {
    const events = isChat
      ? chatEvents(generation, request.includesUsage)
      : responsesEvents(generation);
    return sendEvents(exchange.response, events, pace, fault, exchange.signal());
  }
  if (pace.firstTokenDelayMs > 0 || pace.tokenDelayMs > 0) {
    const delayMs = pace.firstTokenDelayMs + pace.tokenDelayMs * spokenTokens(generation);
    if (!(await wait(delayMs, exchange.signal()))) return;
  }
  const body = isChat ? chatBody(generation) : responsesBody(generation);
  await sendBody(exchange.response, body, fault, exchange.signal);
}

function faultOf(rule: Rule | undefined, exchange: Exchange): Fault | null {
  const { endpoint, callIndex } = exchange;
  if (rule?.fault !== undefined && strikes(rule.fault, endpoint, callIndex)) return rule.fault;
  return exchange.fault;
}

/** Applies the faults that come before an answer is looked for; true when the exchange is over. */
export async function strikeBeforeAnswer(
  exchange: Exchange,
  fault: Fault | null,
): Promise<boolean> {
  const { response, signal } = exchange;
  switch (fault?.kind) {
    case "status": {
      const retryAfterS = fault.retryAfterS ?? (fault.status === 429 ? 1 : undefined);
      const headers = retryAfterS === undefined ? {} : { "retry-after": String(retryAfterS) };
      sendError(response, fault.status, { message: `scripted status ${fault.status}` }, headers);
      return true;
    }
    case "timeout": {
      const gone = signal();
      if (!gone.aborted) await new Promise((resolve) => gone.addEventListener("abort", resolve));
      return true;
    }
    case "refuse":
      breakConnection(response);
      return true;
    case "html":
      sendHtml(response);
      return true;
    case "long_prefill":
      return !(await wait(fault.firstByteDelayMs, signal()));
    default:
      return false;
  }
}

/** The model by its name. Servers that hold one model take any name; null when the flavour refuses it. */
export function findModel(
  state: EmulatorState,
  id: string,
  kind: EmulatedModel["kind"],
): EmulatedModel | null {
  const named = state.models.find(
    (model) => model.id === id || (state.flavour === "ollama" && `${model.id}:latest` === id),
  );
  if (named !== undefined) return named.kind === kind ? named : null;
  const takesAny =
    state.flavour === "llama.cpp" || state.flavour === "tgw" || state.flavour === "lmstudio";
  return takesAny ? (state.models.find((model) => model.kind === kind) ?? null) : null;
}

/** Answers 404 for a model, 400 when none is named. */
export function sendModelUnknown({ response }: Exchange, id: string): void {
  if (id === "") return sendError(response, 400, { message: "model is missing", param: "model" });
  const message = `the model ${JSON.stringify(id.slice(0, 200))} does not exist here`;
  sendError(response, 404, { message, code: "model_not_found", param: "model" });
}
