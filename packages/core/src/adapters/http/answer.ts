import type { IncomingMessage, ServerResponse } from "node:http";
import { openAiError, openAiStatus, speaksOpenAi } from "@adyton/protocol";
import type { EdgeLimits } from "./edge-limits.ts";
import { announcesBody } from "./read-body.ts";
import type { StreamFraming } from "./event-stream.ts";
import type { Refusal } from "./refusal.ts";

const securityHeaders = {
  "Cache-Control": "no-store",
  "X-Content-Type-Options": "nosniff",
  "Content-Security-Policy": "default-src 'none'",
} as const;

type Headers = Readonly<Record<string, string>>;

/** Headers of a stream. Proxies hold answers back unless told not to. */
export function streamHeaders(framing: StreamFraming, extra: Headers = {}): Headers {
  const type = framing === "lines" ? "application/x-ndjson" : "text/event-stream";
  return {
    ...extra,
    "Content-Type": `${type}; charset=utf-8`,
    "X-Accel-Buffering": "no",
    ...securityHeaders,
  };
}

export function refusalHeaders(
  refusal: Refusal,
  body: string,
  type = "application/problem+json",
): Headers {
  const { retryAfterSeconds } = refusal.problem;
  const retry = retryAfterSeconds === undefined ? {} : { "Retry-After": String(retryAfterSeconds) };
  return { ...refusal.headers, ...retry, ...contentHeaders(type, body) };
}

/** A refusal in the words of the address that was asked. */
function refusalAnswer(request: IncomingMessage, refusal: Refusal) {
  const { problem } = refusal;
  const isOpenAi = speaksOpenAi(request.url ?? "");
  const body = JSON.stringify(isOpenAi ? openAiError(problem) : problem);
  return {
    status: isOpenAi ? openAiStatus(problem.status) : problem.status,
    headers: refusalHeaders(refusal, body, isOpenAi ? "application/json" : undefined),
    body,
  };
}

/** Answers with a whole body. HEAD gets the same headers; Node leaves the body out. */
export function answer(
  response: ServerResponse,
  status: number,
  type: string,
  body: string,
  extra?: Headers,
): void {
  const content = contentHeaders(type, body);
  response.writeHead(status, extra === undefined ? content : { ...extra, ...content });
  response.end(body);
}

/**
 * Answers with a problem. When the request's body has not been read, closing at once would reset the connection and
 * the client would never see why it was refused; so a bounded rest is read away first.
 */
export function answerRefusal(
  request: IncomingMessage,
  response: ServerResponse,
  refusal: Refusal,
  limits: EdgeLimits,
): void {
  const { status, headers, body } = refusalAnswer(request, refusal);
  if (request.complete || !announcesBody(request)) {
    response.writeHead(status, headers);
    response.end(body);
    return;
  }
  response.writeHead(status, { ...headers, Connection: "close" });
  response.write(body);
  let bytesLeft = limits.refusedBodyBytesMax;
  const finish = () => {
    clearTimeout(timer);
    response.end();
  };
  const timer = setTimeout(finish, limits.lingerMs);
  request.on("data", (chunk: Buffer) => {
    bytesLeft -= chunk.length;
    if (bytesLeft < 0) finish();
  });
  request.on("end", finish).on("close", finish);
  request.resume();
}

function contentHeaders(type: string, body: string): Headers {
  return {
    "Content-Type": type,
    "Content-Length": String(Buffer.byteLength(body)),
    ...securityHeaders,
  };
}
