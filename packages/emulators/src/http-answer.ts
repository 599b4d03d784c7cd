import type { OutgoingHttpHeaders, ServerResponse } from "node:http";

import { breakConnection } from "./exchange.ts";
import type { Fault } from "./fault.ts";
import { wait } from "./pacing.ts";

export const splitsMax = 16;
const splitPauseMs = 1;
const garbageMark = "\uE000";
const garbageMarkBytes = Buffer.from(garbageMark);
const garbageBytes = Buffer.from([0xc3, 0x28, 0xff]);

/** Sends a JSON body whole. */
export function sendJson(
  response: ServerResponse,
  status: number,
  json: unknown,
  headers: OutgoingHttpHeaders = {},
): void {
  const body = JSON.stringify(json);
  response.writeHead(status, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(body),
    ...headers,
  });
  response.end(body);
}

/** Sends an error in OpenAI's shape. */
export function sendError(
  response: ServerResponse,
  status: number,
  error: { message: string; code?: string; param?: string | null },
  headers: OutgoingHttpHeaders = {},
): void {
  const type =
    status === 429 ? "rate_limit_error" : status >= 500 ? "server_error" : "invalid_request_error";
  const { message, code = null, param = null } = error;
  sendJson(response, status, { error: { message, type, param, code } }, headers);
}

export function sendHtml(response: ServerResponse): void {
  const page = "<!doctype html><title>Sign in</title><p>Please sign in to the network.</p>";
  response.writeHead(200, {
    "content-type": "text/html",
    "content-length": Buffer.byteLength(page),
  });
  response.end(page);
}

/** Sends an answer that is not streamed, damaged as the fault says. */
export async function sendBody(
  response: ServerResponse,
  json: unknown,
  fault: Fault | null,
  signal: () => AbortSignal,
): Promise<void> {
  if (fault === null) return sendJson(response, 200, json);
  const whole = JSON.stringify(json);
  const bytes = damaged(whole, fault);
  const headers = { "content-type": "application/json" };
  switch (fault.kind) {
    case "invalid_json":
    case "invalid_chunk": {
      const half = bytes.subarray(0, bytes.length >> 1);
      response.writeHead(200, { ...headers, "content-length": half.length });
      response.end(half);
      return;
    }
    case "early_end":
      response.writeHead(200, headers);
      response.end(bytes.subarray(0, bytes.length >> 1));
      return;
    case "cut_stream":
      response.writeHead(200, { ...headers, "content-length": bytes.length });
      response.write(bytes.subarray(0, bytes.length >> 1), () => breakConnection(response));
      return;
    case "split_utf8":
      response.writeHead(200, { ...headers, "content-length": bytes.length });
      if (await writeSplit(response, bytes, signal())) response.end();
      return;
    default:
      response.writeHead(200, { ...headers, "content-length": bytes.length });
      response.end(bytes);
  }
}

/** The bytes of a JSON text; with `garbage_utf8`, bytes that are no UTF-8 open its first text. */
export function damaged(json: string, fault: Fault | null): Buffer {
  if (fault?.kind !== "garbage_utf8") return Buffer.from(json);
  const marked = Buffer.from(
    json.replace(/"(?:content|delta|text)":"/u, (opening) => opening + garbageMark),
  );
  const at = marked.indexOf(garbageMarkBytes);
  if (at < 0) return marked;
  return Buffer.concat([
    marked.subarray(0, at),
    garbageBytes,
    marked.subarray(at + garbageMarkBytes.length),
  ]);
}

/** Writes bytes with up to 16 cuts inside multi-byte characters, each part in a TCP write of its own. */
export async function writeSplit(
  response: ServerResponse,
  bytes: Buffer,
  signal: AbortSignal,
): Promise<boolean> {
  let from = 0;
  let splits = 0;
  for (let index = 0; index < bytes.length && splits < splitsMax; index++) {
    if ((bytes[index] ?? 0) < 0xc0) continue;
    response.write(bytes.subarray(from, index + 1));
    from = index + 1;
    splits += 1;
    // A pause keeps the kernel from joining the two writes.
    if (!(await wait(splitPauseMs, signal))) return false;
  }
  if (from < bytes.length) response.write(bytes.subarray(from));
  return !signal.aborted;
}
