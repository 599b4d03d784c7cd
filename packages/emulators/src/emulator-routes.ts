import type { IncomingMessage, ServerResponse } from "node:http";

import type { EmulatorState } from "./emulator-state.ts";
import { answerEmbeddings } from "./embeddings-route.ts";
import {
  breakConnection,
  connectionSignal,
  isBrokenByUs,
  readBody,
  type Exchange,
} from "./exchange.ts";
import type { Endpoint } from "./fault.ts";
import { answerGeneration, strikeBeforeAnswer } from "./generation-route.ts";
import { sendBody, sendError, sendJson } from "./http-answer.ts";
import { modelList, nativeAnswer } from "./model-list.ts";
import { recordableHeaders } from "./request-journal.ts";
import { recordingIn } from "./sent-recording.ts";
import { answerTokenize } from "./tokenize-route.ts";
import { answerTranscription } from "./transcriptions-route.ts";

const endpoints: Readonly<Record<string, Endpoint>> = {
  "GET /v1/models": "models",
  "POST /v1/chat/completions": "chat",
  "POST /v1/responses": "responses",
  "POST /v1/embeddings": "embeddings",
  "POST /v1/audio/transcriptions": "transcriptions",
  "POST /tokenize": "tokenize",
  "POST /apply-template": "tokenize",
  "POST /v1/internal/token-count": "tokenize",
  "GET /health": "health",
};

/** Serves one request from its first byte to its last, and counts it while it lasts. */
export async function serve(
  state: EmulatorState,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  state.active += 1;
  response.once("close", () => {
    state.active -= 1;
    if (!response.writableFinished && !isBrokenByUs(response)) state.aborted += 1;
  });
  const method = request.method ?? "GET";
  const path = (request.url ?? "/").split("?", 1)[0] ?? "/";
  const endpoint = endpoints[`${method} ${path}`] ?? "other";
  if (!isAuthorized(state, request, endpoint)) {
    request.resume();
    record(state, { request, method, path, endpoint, callIndex: -1 }, null, 0);
    return sendError(response, 401, { message: "the API key is wrong", code: "invalid_api_key" });
  }
  const callIndex = state.nextCall(endpoint);
  const fault = state.faults.take(endpoint, callIndex);
  const exchange: Exchange = {
    request,
    response,
    method,
    path,
    endpoint,
    callIndex,
    fault,
    signal: connectionSignal(response),
  };
  const body = await receive(state, exchange);
  if (body === null) return;
  await route(state, exchange, body.json);
}

function isAuthorized(state: EmulatorState, request: IncomingMessage, endpoint: Endpoint): boolean {
  if (state.apiKey === null || endpoint === "health") return true;
  return request.headers.authorization === `Bearer ${state.apiKey}`;
}

/** Reads and records the request; null when it has been answered, or nobody is left to answer. */
async function receive(
  state: EmulatorState,
  exchange: Exchange,
): Promise<{ readonly json: unknown } | null> {
  const { request, response } = exchange;
  if (exchange.fault?.kind === "refuse") {
    record(state, exchange, null, 0);
    breakConnection(response);
    return null;
  }
  const body = exchange.method === "GET" ? null : await readBody(request);
  if (body?.kind === "gone") return null;
  if (body?.kind === "too_large") {
    record(state, exchange, null, 0);
    sendError(response, 413, { message: "the body is over 16 MiB" }, { connection: "close" });
    return null;
  }
  const read = body === null ? { json: null } : parsed(exchange, body.bytes);
  record(state, exchange, read?.json ?? null, body?.bytes.length ?? 0);
  if (await strikeBeforeAnswer(exchange, exchange.fault)) return null;
  if (read !== undefined || exchange.endpoint === "other") return read ?? { json: null };
  sendError(response, 400, {
    message: `the body is not ${exchange.endpoint === "transcriptions" ? "a form" : "JSON"}`,
  });
  return null;
}

/** A body as JSON, or as the recording in its form; nothing when it is neither. */
function parsed({ request, endpoint }: Exchange, bytes: Buffer) {
  try {
    if (endpoint === "transcriptions")
      return { json: recordingIn(request.headers["content-type"], bytes) };
    return { json: JSON.parse(bytes.toString("utf8")) as unknown };
  } catch {
    return undefined;
  }
}

function record(
  state: EmulatorState,
  exchange: Pick<Exchange, "request" | "method" | "path" | "endpoint" | "callIndex">,
  body: unknown,
  bodyBytes: number,
): void {
  if (state.journal.isRecording) {
    const { endpoint, callIndex, method, path } = exchange;
    state.journal.keep({
      index: state.journal.seenTotal,
      endpoint,
      callIndex,
      method,
      path,
      headers: recordableHeaders(exchange.request.headers),
      body,
      bodyBytes,
      atMs: Date.now(),
    });
  }
  state.journal.count(exchange.endpoint);
}

async function route(state: EmulatorState, exchange: Exchange, body: unknown): Promise<void> {
  const { response, method, path } = exchange;
  switch (exchange.endpoint) {
    case "chat":
    case "responses":
      return answerGeneration(state, exchange, body);
    case "embeddings":
      return answerEmbeddings(state, exchange, body);
    case "transcriptions":
      return answerTranscription(state, exchange, body);
    case "tokenize":
      return answerTokenize(state, exchange, body);
    case "models":
      return sendBody(
        response,
        modelList(state.models, state.flavour),
        exchange.fault,
        exchange.signal,
      );
    case "health":
      return sendJson(response, 200, { status: "ok" });
    case "other": {
      const native = nativeAnswer(`${method} ${path}`, state.models, state.flavour, body);
      if (native !== undefined) return sendJson(response, native.status, native.json);
      return sendNotFound(exchange);
    }
  }
}

/** Answers an address the flavour does not have. */
function sendNotFound({ response, method, path }: Exchange): void {
  sendError(response, 404, { message: `no such address: ${method} ${path.slice(0, 200)}` });
}
