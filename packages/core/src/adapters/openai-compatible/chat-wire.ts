import * as z from "zod";
import type { ChatMessage, ChatRequest, ReportedUsage } from "../../ports/backend.ts";
import { isPlausibleCount } from "../../domain/model/token-estimate.ts";
import { answerCharsMax, modelNameCharsMax } from "./limits.ts";

/**
 * What a server answers on `/v1/chat/completions`, whole or piece by piece. Only what is used is described: servers add
 * keys of their own. Fields that one server or another gets wrong without harm are `unknown` here and judged below.
 */
const Message = z.object({
  content: z.string().nullish(),
  reasoning_content: z.unknown().optional(),
  reasoning: z.unknown().optional(),
  tool_calls: z.unknown().optional(),
});

export const ChatAnswer = z.object({
  model: z.unknown().optional(),
  choices: z.array(z.object({ message: Message, finish_reason: z.unknown().optional() })),
  usage: z.unknown().optional(),
});
export type ChatAnswer = z.infer<typeof ChatAnswer>;

export const ChatChunk = z.object({
  model: z.unknown().optional(),
  choices: z
    .array(
      z.object({
        index: z.number().optional(),
        delta: Message.nullish(),
        message: Message.nullish(),
        finish_reason: z.unknown().optional(),
      }),
    )
    .nullish(),
  usage: z.unknown().optional(),
});
export type ChatChunk = z.infer<typeof ChatChunk>;

/** Whether the server keeps reasoning apart from the text, in either of the two fields in use. */
export function hasSeparateReasoning(message: z.infer<typeof Message> | null | undefined): boolean {
  return isText(message?.reasoning_content) || isText(message?.reasoning);
}

function isText(value: unknown): boolean {
  return typeof value === "string" && value !== "";
}

const Usage = z.object({
  prompt_tokens: z.int().nonnegative(),
  completion_tokens: z.int().nonnegative(),
});

/** Usage as reported, unless it cannot be true: then the node's own estimate serves better. */
export function plausibleUsage(
  reported: unknown,
  promptTokensEstimate: number,
): ReportedUsage | undefined {
  const parsed = Usage.safeParse(reported);
  if (!parsed.success) return undefined;
  const { prompt_tokens: promptTokens, completion_tokens: completionTokens } = parsed.data;
  if (!isPlausibleCount(promptTokensEstimate, promptTokens)) return undefined;
  return { promptTokens, completionTokens };
}

/** Whether an answer's text ended by itself, at a limit, or was broken off. */
export type TextEnd = "stop" | "length" | "cut";

/** `undefined` when the server gave no reason. A reason nobody knows counts as the model's own end. */
export function finishOf(reason: unknown): TextEnd | undefined {
  if (typeof reason !== "string" || reason === "") return undefined;
  if (reason === "length" || reason === "max_tokens") return "length";
  if (reason === "abort" || reason === "error" || reason === "content_filter") return "cut";
  return "stop";
}

/** An answer's text up to its limit, without half a character at the end. */
export function cutText(text: string, charsMax = answerCharsMax): string {
  if (text.length <= charsMax) return text;
  return text.slice(0, charsMax).replace(/[\uD800-\uDBFF]$/, "");
}

/** The answering model as the server names it, or `fallback` when it names none. */
export function modelOf(named: unknown, fallback: string): string {
  if (typeof named !== "string" || named === "" || named.length > modelNameCharsMax)
    return fallback;
  return named;
}

/** A request as the shared route takes it. What the caller settled by name wins over its settings. */
export function chatBody(
  { messages, answerTokensMax, settings, tools, toolChoice, onDelta }: ChatRequest,
  model: string,
): string {
  return JSON.stringify({
    ...settings,
    model,
    messages: messages.map(wireMessage),
    ...(tools === undefined
      ? {}
      : { tools: tools.map((tool) => ({ type: "function", function: tool })) }),
    ...(toolChoice === undefined ? {} : { tool_choice: toolChoice }),
    ...(answerTokensMax === undefined ? {} : { max_tokens: answerTokensMax }),
    ...(onDelta === undefined ? {} : { stream: true, stream_options: { include_usage: true } }),
  });
}

function wireMessage(message: ChatMessage): unknown {
  const { role, content, parts, toolCalls, toolCallId } = message;
  // Most messages have nothing else, and a turn sends dozens.
  if (parts === undefined && toolCalls === undefined && toolCallId === undefined) return message;
  if (toolCalls !== undefined)
    return {
      role,
      // Servers tell a message that only calls tools by `null`; templates print an empty text.
      content: content === "" ? null : content,
      tool_calls: toolCalls.map(({ id, name, arguments: text }) => ({
        id,
        type: "function",
        function: { name, arguments: text },
      })),
    };
  return {
    role,
    content: parts ?? content,
    ...(toolCallId === undefined ? {} : { tool_call_id: toolCallId }),
  };
}
