import { argumentsText, chatUsage, type Generation } from "./generation.ts";
import type { JsonObject } from "./json.ts";
import { tokensOf } from "./tokenizer.ts";
import type { WireEvent } from "./wire-event.ts";

/** The body of a chat completion that is not streamed. */
export function chatBody(generation: Generation): JsonObject {
  const { contentPieces, reasoningPieces, toolCalls } = generation;
  const message = {
    role: "assistant",
    content: contentPieces.length === 0 && toolCalls.length > 0 ? null : contentPieces.join(""),
    ...(reasoningPieces.length === 0 ? {} : { reasoning_content: reasoningPieces.join("") }),
    ...(toolCalls.length === 0
      ? {}
      : {
          tool_calls: toolCalls.map((call) => ({
            id: call.id,
            type: "function",
            function: { name: call.name, arguments: argumentsText(call) },
          })),
        }),
  };
  return {
    id: generation.id,
    object: "chat.completion",
    created: generation.createdS,
    model: generation.model,
    choices: generation.hasChoices
      ? [{ index: 0, message, logprobs: null, finish_reason: generation.finishReason }]
      : [],
    ...(generation.usage === null ? {} : { usage: chatUsage(generation.usage) }),
  };
}

/** The events of a streamed chat completion, one token each, then finish_reason, usage when asked for, and [DONE]. */
export function* chatEvents(generation: Generation, includesUsage: boolean): Generator<WireEvent> {
  const head = {
    id: generation.id,
    object: "chat.completion.chunk",
    created: generation.createdS,
    model: generation.model,
  };
  const chunk = (delta: JsonObject, finishReason: string | null = null) =>
    JSON.stringify({
      ...head,
      choices: generation.hasChoices ? [{ index: 0, delta, finish_reason: finishReason }] : [],
      ...(includesUsage ? { usage: null } : {}),
    });
  yield { kind: "opening", data: chunk({ role: "assistant", content: "" }) };
  if (generation.hasChoices) {
    for (const piece of generation.reasoningPieces)
      yield { kind: "token", data: chunk({ reasoning_content: piece }) };
    for (const piece of generation.contentPieces)
      yield { kind: "token", data: chunk({ content: piece }) };
    for (const [index, call] of generation.toolCalls.entries()) {
      const opening = {
        id: call.id,
        type: "function",
        function: { name: call.name, arguments: "" },
      };
      yield { kind: "opening", data: chunk({ tool_calls: [{ index, ...opening }] }) };
      for (const piece of tokensOf(argumentsText(call)))
        yield {
          kind: "token",
          data: chunk({ tool_calls: [{ index, function: { arguments: piece } }] }),
        };
    }
    yield { kind: "closing", data: chunk({}, generation.finishReason) };
  }
  if (includesUsage && generation.usage !== null)
    yield {
      kind: "closing",
      data: JSON.stringify({ ...head, choices: [], usage: chatUsage(generation.usage) }),
    };
  yield { kind: "closing", data: "[DONE]" };
}
