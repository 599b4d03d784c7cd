import { randomUUID } from "node:crypto";
import type { ServerResponse } from "node:http";
import { unsentBytesMax } from "./limits.ts";
import type { ChatAnswer, EmbeddedModel, Piece } from "./model.ts";
import { readChatRequest } from "./requests.ts";

interface Target {
  readonly response: ServerResponse;
  /** Aborts when the client goes away. */
  readonly signal: AbortSignal;
}

/** Answers `/v1/chat/completions`, whole or as a stream. Rejects with `RequestError`. */
export async function answerChat(
  model: EmbeddedModel,
  body: unknown,
  { response, signal }: Target,
): Promise<void> {
  const request = readChatRequest(body);
  const head = {
    id: `chatcmpl-${randomUUID()}`,
    created: Math.floor(Date.now() / 1_000),
    model: model.name,
  };
  if (!request.isStreamed) {
    const answer = await model.chat(request, { signal, onPiece: () => undefined });
    sendWhole(response, head, answer);
    return;
  }
  // A client that reads slower than the model writes must not fill the memory.
  const tooSlow = new AbortController();
  const ended = AbortSignal.any([signal, tooSlow.signal]);
  const send = (event: object): void => {
    if (!response.headersSent)
      response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
    response.write(`data: ${JSON.stringify(event)}\n\n`);
    if (response.writableLength > unsentBytesMax) {
      tooSlow.abort();
      response.destroy();
    }
  };
  const chunk = (delta: object, finish: string | null = null): object => ({
    ...head,
    object: "chat.completion.chunk",
    choices: [{ index: 0, delta, finish_reason: finish }],
  });
  const onPiece = ({ kind, text }: Piece): void =>
    send(chunk(kind === "text" ? { content: text } : { reasoning_content: text }));
  const answer = await model.chat(request, { signal: ended, onPiece });
  if (ended.aborted) return;
  send(chunk({}, answer.finish));
  if (request.withUsage)
    send({ ...head, object: "chat.completion.chunk", choices: [], usage: usageOf(answer) });
  response.end("data: [DONE]\n\n");
}

function sendWhole(response: ServerResponse, head: object, answer: ChatAnswer): void {
  const { text, reasoning, finish } = answer;
  const message = {
    role: "assistant",
    content: text,
    ...(reasoning === "" ? {} : { reasoning_content: reasoning }),
  };
  const body = Buffer.from(
    JSON.stringify({
      ...head,
      object: "chat.completion",
      choices: [{ index: 0, message, finish_reason: finish }],
      usage: usageOf(answer),
    }),
  );
  response.writeHead(200, { "content-type": "application/json", "content-length": body.length });
  response.end(body);
}

function usageOf({ promptTokens, completionTokens }: ChatAnswer): object {
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
  };
}
