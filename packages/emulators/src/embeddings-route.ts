import { base64Of, embed, embeddingDimensionsMax, embeddingInputsMax } from "./embedding.ts";
import type { EmulatorState } from "./emulator-state.ts";
import type { Exchange } from "./exchange.ts";
import { chatUsage, miscount } from "./generation.ts";
import { findModel, sendModelUnknown } from "./generation-route.ts";
import { sendBody, sendError } from "./http-answer.ts";
import { isObject } from "./json.ts";
import { wait } from "./pacing.ts";
import { countTokens } from "./tokenizer.ts";

/** Answers POST /v1/embeddings for a text, a list of texts, or lists of token numbers, as floats or base64. */
export async function answerEmbeddings(
  state: EmulatorState,
  exchange: Exchange,
  body: unknown,
): Promise<void> {
  const { response, fault } = exchange;
  if (!isObject(body))
    return sendError(response, 400, { message: "the body must be a JSON object" });
  const inputs = textsOf(body["input"]);
  if (inputs === null) {
    const message = `input must be a text or a list of 1 to ${embeddingInputsMax} texts`;
    return sendError(response, 400, { message, param: "input" });
  }
  const dimensions = body["dimensions"] ?? state.embeddingDimensions;
  if (!isDimensions(dimensions)) {
    const message = `dimensions must be an integer from 1 to ${embeddingDimensionsMax}`;
    return sendError(response, 400, { message, param: "dimensions" });
  }
  const name = typeof body["model"] === "string" ? body["model"] : "";
  if (findModel(state, name, "embedding") === null) return sendModelUnknown(exchange, name);
  if (fault?.kind === "slow_drip" && !(await wait(fault.tokenDelayMs, exchange.signal()))) return;
  const isBase64 = body["encoding_format"] === "base64";
  const data = inputs.map((text, index) => {
    const vector = embed(text, dimensions);
    return { object: "embedding", index, embedding: isBase64 ? base64Of(vector) : [...vector] };
  });
  const promptTokens = inputs.reduce((sum, text) => sum + countTokens(text), 0);
  const counted = { promptTokens, completionTokens: 0, reasoningTokens: 0 };
  const usage = fault?.kind === "wrong_usage" ? miscount(counted, fault.usage) : counted;
  const answer = {
    object: "list",
    data: fault?.kind === "empty_choices" ? [] : data,
    model: name,
    ...(usage === null ? {} : { usage: chatUsage(usage) }),
  };
  await sendBody(response, answer, fault, exchange.signal);
}

function textsOf(input: unknown): readonly string[] | null {
  if (typeof input === "string") return [input];
  if (!Array.isArray(input) || input.length === 0 || input.length > embeddingInputsMax) return null;
  if (input.every((item) => typeof item === "string")) return input;
  if (input.every((item) => typeof item === "number")) return [input.join(" ")];
  return input.every((item) => Array.isArray(item)) ? input.map((item) => item.join(" ")) : null;
}

export function isDimensions(value: unknown): value is number {
  return (
    typeof value === "number" &&
    Number.isSafeInteger(value) &&
    value >= 1 &&
    value <= embeddingDimensionsMax
  );
}
