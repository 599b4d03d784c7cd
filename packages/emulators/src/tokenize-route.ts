import type { EmulatorState } from "./emulator-state.ts";
import type { Exchange } from "./exchange.ts";
import { parseMessages } from "./generation-request.ts";
import { sendError, sendJson } from "./http-answer.ts";
import { isObject } from "./json.ts";
import type { Flavour } from "./model-list.ts";
import { renderPrompt } from "./prompt.ts";
import { countTokens, tokenId, tokensOf } from "./tokenizer.ts";

const offered: Readonly<Record<string, readonly Flavour[]>> = {
  "/tokenize": ["openai", "llama.cpp", "vllm"],
  "/apply-template": ["openai", "llama.cpp"],
  "/v1/internal/token-count": ["tgw"],
};

/**
 * Answers the addresses that count tokens: llama.cpp's /tokenize `{content}` and /apply-template `{messages}`, vLLM's
 * /tokenize `{prompt}` or `{messages}`, text-generation-webui's /v1/internal/token-count `{text}`. With messages the
 * count equals `usage.prompt_tokens` of the same chat.
 */
export function answerTokenize(state: EmulatorState, exchange: Exchange, body: unknown): void {
  const { response, method, path } = exchange;
  if (!offered[path]?.includes(state.flavour))
    return sendError(response, 404, { message: `no such address: ${method} ${path}` });
  if (!isObject(body))
    return sendError(response, 400, { message: "the body must be a JSON object" });
  const { content, prompt, messages, text } = body as Record<string, unknown>;
  if (path === "/v1/internal/token-count" && typeof text === "string")
    return sendJson(response, 200, { length: countTokens(text) });
  if (path === "/tokenize" && typeof content === "string")
    return sendJson(response, 200, { tokens: tokensOf(content).map(tokenId) });
  if (path === "/tokenize" && typeof prompt === "string") return sendCount(state, exchange, prompt);
  if (messages !== undefined) {
    const parsed = parseMessages(messages, "messages");
    if (!Array.isArray(parsed)) return sendError(response, 400, parsed);
    const rendered = renderPrompt(parsed);
    if (path === "/tokenize") return sendCount(state, exchange, rendered);
    return sendJson(response, 200, { prompt: rendered });
  }
  sendError(response, 400, { message: "content, prompt, text or messages is missing" });
}

function sendCount(state: EmulatorState, { response }: Exchange, text: string): void {
  const tokens = tokensOf(text).map(tokenId);
  const contextTokens = state.models[0]?.contextTokens ?? 0;
  sendJson(response, 200, { count: tokens.length, max_model_len: contextTokens, tokens });
}
