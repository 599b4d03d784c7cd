import type { Fault, UsageFault } from "./fault.ts";
import type { GenerationRequest } from "./generation-request.ts";
import type { JsonObject, JsonValue } from "./json.ts";
import type { Reply, ToolCall } from "./reply.ts";
import { countTokens, tokensOf } from "./tokenizer.ts";

export interface Usage {
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly reasoningTokens: number;
}

/** A finished answer, cut into tokens, before it is given the shape of an endpoint. */
export interface Generation {
  readonly id: string;
  readonly model: string;
  readonly createdS: number;
  readonly reasoningPieces: readonly string[];
  readonly contentPieces: readonly string[];
  readonly toolCalls: readonly Required<ToolCall>[];
  readonly finishReason: string;
  /** Null when the usage is to be left out. */
  readonly usage: Usage | null;
  /** False when the answer is to come without choices. */
  readonly hasChoices: boolean;
}

/** Turns a reply into a generation: applies stop texts and the token limit, counts, then miscounts where asked to. */
export function composeGeneration(parts: {
  readonly reply: Reply;
  readonly request: GenerationRequest;
  readonly promptTokens: number;
  readonly fault: Fault | null;
  readonly serial: number;
  readonly createdS: number;
}): Generation {
  const { request, fault, serial } = parts;
  const reply = typeof parts.reply === "string" ? { text: parts.reply } : parts.reply;
  const reasoning = reply.reasoning ?? "";
  const isInline = reasoning !== "" && (reply.reasoningIn ?? "content") === "content";
  const said = reply.json === undefined ? (reply.text ?? "") : JSON.stringify(reply.json);
  const content = beforeStop(
    isInline ? `<think>${reasoning}</think>\n\n${said}` : said,
    request.stop,
  );
  const tokensMax = request.outputTokensMax ?? Number.POSITIVE_INFINITY;
  const allReasoning = isInline ? [] : tokensOf(reasoning);
  const allContent = tokensOf(content);
  const reasoningPieces = allReasoning.slice(0, tokensMax);
  const contentPieces = allContent.slice(0, tokensMax - reasoningPieces.length);
  const isCut = allReasoning.length + allContent.length > tokensMax;
  const toolCalls = (isCut ? [] : (reply.toolCalls ?? [])).map((call, index) => ({
    id: `call_${serial}_${index}`,
    ...call,
  }));
  const callTokens = toolCalls.reduce((sum, call) => sum + countTokens(argumentsText(call)), 0);
  const usage = {
    promptTokens: reply.promptTokens ?? parts.promptTokens,
    completionTokens: reasoningPieces.length + contentPieces.length + callTokens,
    reasoningTokens: isInline ? countTokens(reasoning) : reasoningPieces.length,
  };
  return {
    id: `${request.endpoint === "chat" ? "chatcmpl" : "resp"}-${serial}`,
    model: request.model,
    createdS: parts.createdS,
    reasoningPieces,
    contentPieces,
    toolCalls,
    finishReason:
      reply.finishReason ?? (isCut ? "length" : toolCalls.length > 0 ? "tool_calls" : "stop"),
    usage: fault?.kind === "wrong_usage" ? miscount(usage, fault.usage) : usage,
    hasChoices: fault?.kind !== "empty_choices",
  };
}

/** A usage made wrong on purpose; null leaves it out. */
export function miscount(usage: Usage, fault: UsageFault): Usage | null {
  if (fault === "missing") return null;
  const factor = fault === "negative" ? -1 : fault.factor;
  return {
    promptTokens: Math.round(usage.promptTokens * factor),
    completionTokens: Math.round(usage.completionTokens * factor),
    reasoningTokens: Math.round(usage.reasoningTokens * factor),
  };
}

/** How many tokens a generation takes to say, by which a delayed answer waits. */
export function spokenTokens(generation: Generation): number {
  const calls = generation.toolCalls.reduce(
    (sum, call) => sum + countTokens(argumentsText(call)),
    0,
  );
  return generation.reasoningPieces.length + generation.contentPieces.length + calls;
}

/** A call's arguments as the JSON text that travels. A text is sent as it is, so a test can send broken arguments. */
export function argumentsText(call: { readonly arguments: JsonValue }): string {
  return typeof call.arguments === "string" ? call.arguments : JSON.stringify(call.arguments);
}

/** Usage in the shape of chat completions. */
export function chatUsage(usage: Usage): JsonObject {
  return {
    prompt_tokens: usage.promptTokens,
    completion_tokens: usage.completionTokens,
    total_tokens: usage.promptTokens + usage.completionTokens,
    ...(usage.reasoningTokens === 0
      ? {}
      : { completion_tokens_details: { reasoning_tokens: usage.reasoningTokens } }),
  };
}

function beforeStop(text: string, stops: readonly string[]): string {
  const places = stops.filter((stop) => stop !== "").map((stop) => text.indexOf(stop));
  const found = places.filter((place) => place >= 0);
  return found.length === 0 ? text : text.slice(0, Math.min(...found));
}
