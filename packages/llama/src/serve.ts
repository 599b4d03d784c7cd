import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { once } from "node:events";
import { chmodSync, rmSync } from "node:fs";
import { answerChat } from "./chat-route.ts";
import { readJson } from "./read-json.ts";
import { connectionsMax, loadWaitMs } from "./limits.ts";
import type { EmbeddedModel } from "./model.ts";
import { RequestError } from "./request-error.ts";
import { readEmbedRequest, readTokenizeRequest } from "./requests.ts";
import { setTimeout as delay } from "node:timers/promises";

export interface ServeOptions {
  /** Path of the unix socket; one that is left there is replaced. */
  readonly socket: string;
  /** The model, once it is loaded. */
  readonly loaded: Promise<EmbeddedModel>;
}

interface Call {
  readonly model: EmbeddedModel;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Aborts when the client goes away. */
  readonly signal: AbortSignal;
}

type Route = (call: Call) => Promise<void> | void;

const createdAtSeconds = Math.floor(Date.now() / 1_000);

/** The routes, in the shapes of OpenAI and of llama.cpp's own server. */
const routes: Readonly<Record<string, Route>> = {
  "GET /health": ({ response }) => sendJson(response, 200, { status: "ok" }),
  "GET /v1/models": ({ model, response }) =>
    sendJson(response, 200, { object: "list", data: [describeModel(model)] }),
  "GET /props": ({ model, response }) =>
    sendJson(response, 200, {
      default_generation_settings: { n_ctx: model.contextTokens },
      total_slots: model.slotCount,
    }),
  "POST /v1/chat/completions": async ({ model, request, response, signal }) =>
    await answerChat(model, await readJson(request), { response, signal }),
  "POST /v1/embeddings": async ({ model, request, response, signal }) => {
    const { vectors, tokens } = await model.embed(
      readEmbedRequest(await readJson(request)),
      signal,
    );
    sendJson(response, 200, {
      object: "list",
      model: model.name,
      data: vectors.map((embedding, index) => ({ object: "embedding", index, embedding })),
      usage: { prompt_tokens: tokens, total_tokens: tokens },
    });
  },
  "POST /tokenize": async ({ model, request, response }) =>
    sendJson(response, 200, {
      tokens: model.tokenize(readTokenizeRequest(await readJson(request))),
    }),
};

/** Serves a model on a unix socket that this user alone can open, also while it is still loading. */
export async function serve({ socket, loaded }: ServeOptions): Promise<Server> {
  // The failure to load is told by whoever loads; here it is only waited for.
  const ready = loaded.catch(() => undefined);
  const server = createServer((request, response) => {
    void handle(request, response, ready);
  });
  server.maxConnections = connectionsMax;
  rmSync(socket, { force: true });
  server.listen(socket);
  await once(server, "listening");
  chmodSync(socket, 0o600);
  return server;
}

async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  ready: Promise<EmbeddedModel | undefined>,
): Promise<void> {
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  try {
    const path = (request.url ?? "/").replace(/\?.*$/s, "");
    const route = routes[`${request.method} ${path}`];
    if (route === undefined)
      throw new RequestError(404, "there is no such route", "not_found_error");
    // It may be waited for only briefly: whoever asks has a limit of its own.
    const model = await Promise.race([ready, delay(loadWaitMs, undefined, { ref: false })]);
    if (model === undefined) throw new RequestError(503, "Loading model", "unavailable_error");
    await route({ model, request, response, signal: gone.signal });
  } catch (error) {
    sendError(response, error);
  }
}

function describeModel(model: EmbeddedModel): object {
  return {
    id: model.name,
    object: "model",
    created: createdAtSeconds,
    owned_by: "llamacpp",
    max_model_len: model.contextTokens,
    meta: {
      n_ctx: model.contextTokens,
      n_ctx_train: model.trainedContextTokens,
      n_embd: model.vectorLength,
      size: model.bytes,
    },
  };
}

function sendJson(response: ServerResponse, status: number, body: object): void {
  const bytes = Buffer.from(JSON.stringify(body));
  response.writeHead(status, {
    "content-type": "application/json",
    "content-length": bytes.length,
  });
  response.end(bytes);
}

function sendError(response: ServerResponse, error: unknown): void {
  if (response.destroyed) return;
  // What the engine throws may repeat a prompt; only its kind is told.
  const known =
    error instanceof RequestError
      ? error
      : new RequestError(500, "the engine failed on this request", "server_error");
  const body = {
    error: { code: known.status, message: known.message, type: known.type, ...known.extra },
  };
  if (response.headersSent) response.end(`data: ${JSON.stringify(body)}\n\n`);
  else {
    response.setHeader("connection", "close");
    sendJson(response, known.status, body);
  }
}
