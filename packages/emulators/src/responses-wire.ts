import { argumentsText, type Generation, type Usage } from "./generation.ts";
import type { JsonObject } from "./json.ts";
import type { WireEvent } from "./wire-event.ts";

/** The body of POST /v1/responses: one message, then its calls. */
export function responsesBody(generation: Generation): JsonObject {
  return response(generation, "completed");
}

/** The events of a streamed response; the reasoning of the field kind is left to the final object. */
export function* responsesEvents(generation: Generation): Generator<WireEvent> {
  let sequence = 0;
  const event = (kind: WireEvent["kind"], type: string, fields: JsonObject): WireEvent => ({
    kind,
    name: type,
    data: JSON.stringify({ type, sequence_number: sequence++, ...fields }),
  });
  const place = { item_id: `msg_${generation.id}`, output_index: 0, content_index: 0 };
  yield event("opening", "response.created", { response: response(generation, "in_progress") });
  if (generation.hasChoices) {
    for (const piece of generation.contentPieces)
      yield event("token", "response.output_text.delta", { ...place, delta: piece });
    yield event("closing", "response.output_text.done", {
      ...place,
      text: generation.contentPieces.join(""),
    });
  }
  yield event("closing", "response.completed", { response: response(generation, "completed") });
}

function response(generation: Generation, status: "in_progress" | "completed"): JsonObject {
  const isDone = status === "completed";
  const isCut = generation.finishReason === "length";
  return {
    id: generation.id,
    object: "response",
    created_at: generation.createdS,
    status: isDone && isCut ? "incomplete" : status,
    incomplete_details: isDone && isCut ? { reason: "max_output_tokens" } : null,
    model: generation.model,
    output: isDone && generation.hasChoices ? output(generation) : [],
    ...(isDone && generation.usage !== null ? { usage: responsesUsage(generation.usage) } : {}),
  };
}

function output(generation: Generation): readonly JsonObject[] {
  const text = generation.contentPieces.join("");
  return [
    ...(generation.reasoningPieces.length === 0
      ? []
      : [
          {
            id: `rs_${generation.id}`,
            type: "reasoning",
            summary: [{ type: "summary_text", text: generation.reasoningPieces.join("") }],
          },
        ]),
    {
      id: `msg_${generation.id}`,
      type: "message",
      role: "assistant",
      status: "completed",
      content: [{ type: "output_text", text, annotations: [] }],
    },
    ...generation.toolCalls.map((call) => ({
      id: `fc_${call.id}`,
      type: "function_call",
      call_id: call.id,
      name: call.name,
      arguments: argumentsText(call),
      status: "completed",
    })),
  ];
}

function responsesUsage(usage: Usage): JsonObject {
  return {
    input_tokens: usage.promptTokens,
    output_tokens: usage.completionTokens,
    total_tokens: usage.promptTokens + usage.completionTokens,
    output_tokens_details: { reasoning_tokens: usage.reasoningTokens },
  };
}
