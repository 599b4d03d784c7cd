import type { Agent, ClientRequest, IncomingMessage, OutgoingHttpHeaders } from "node:http";
import type { Clock } from "@adyton/runtime/clock";
import type { Address } from "./address.ts";
import { http } from "@adyton/runtime/node-http";

/**
 * One server over HTTP with kept connections. `node:http` and not `fetch`, because it says whether a connection was a
 * kept one, on which the retry of a dead one depends, and because it loads less at the start.
 */

/**
 * `unreachable`: no connection. `stale`: a kept connection the server had closed meanwhile. `reset`: closed before the
 * answer began. `not_http`: bytes that are no HTTP. `tls`: no trust. `closed`: closed by this side.
 */
export type WireFault = "unreachable" | "stale" | "reset" | "not_http" | "tls" | "closed";

export interface WireCall {
  readonly method: "GET" | "POST";
  /** After the base path, with a leading slash. */
  readonly path: string;
  readonly body?: string;
  readonly accept?: string;
  /** On a connection of its own, which is closed afterwards. */
  readonly isSeparate?: boolean;
}

export type WireResponse =
  | { readonly kind: "response"; readonly response: IncomingMessage }
  | { readonly kind: "fault"; readonly fault: WireFault };

export interface Exchange {
  readonly response: Promise<WireResponse>;
  /** Closes the connection at once; harmless when all is over. */
  close(): void;
}

export type Body =
  | { readonly kind: "complete"; readonly text: string }
  | { readonly kind: "too_large" }
  | { readonly kind: "broken" };

export interface WireOptions {
  readonly address: Address;
  readonly apiKey?: { reveal(): string } | undefined;
  readonly connectMsMax: number;
  readonly clock: Clock;
}

export class WireClient implements Disposable {
  readonly address: Address;
  readonly #options: WireOptions;
  readonly #agent: Agent;
  readonly #request: typeof http.request;

  constructor(options: WireOptions) {
    this.address = options.address;
    this.#options = options;
    const agentOptions = { keepAlive: true, scheduling: "lifo" } as const;
    // TLS is loaded only where it is spoken: most servers are on this machine, and loading it slows the start.
    const { Agent, request } = options.address.isSecure
      ? process.getBuiltinModule("node:https")
      : http;
    this.#agent = new Agent(agentOptions);
    this.#request = request;
  }

  send(call: WireCall): Exchange {
    const { address, apiKey } = this.#options;
    const headers: OutgoingHttpHeaders = {
      host: address.host,
      accept: call.accept ?? "application/json",
      "accept-encoding": "identity",
    };
    if (apiKey !== undefined) headers["authorization"] = `Bearer ${apiKey.reveal()}`;
    // As bytes: a string would be walked once for its length and once more for its bytes.
    const body = call.body === undefined ? undefined : Buffer.from(call.body);
    if (body !== undefined) {
      headers["content-type"] = "application/json";
      headers["content-length"] = body.length;
    }
    const request = this.#request({
      host: address.hostname,
      port: address.port,
      method: call.method,
      path: address.basePath + call.path,
      headers,
      agent: call.isSeparate === true ? false : this.#agent,
    });
    const response = this.#response(request);
    request.end(body);
    return { response, close: () => void request.destroy() };
  }

  /** Closes the kept connections that are idle, so that the next request gets a new one. */
  dropIdle(): void {
    for (const sockets of Object.values(this.#agent.freeSockets))
      for (const socket of sockets ?? []) socket.destroy();
  }

  [Symbol.dispose](): void {
    this.#agent.destroy();
  }

  #response(request: ClientRequest): Promise<WireResponse> {
    const { promise, resolve } = Promise.withResolvers<WireResponse>();
    const { clock, connectMsMax } = this.#options;
    request.once("socket", (socket) => {
      if (!socket.connecting) return;
      const timer = clock.setTimer(connectMsMax, () =>
        request.destroy(Object.assign(new Error("connect"), { code: "ETIMEDOUT" })),
      );
      const stop = (): void => timer[Symbol.dispose]();
      socket.once("connect", stop);
      socket.once("close", stop);
    });
    request.once("response", (response) => resolve({ kind: "response", response }));
    request.on("error", (error) => resolve({ kind: "fault", fault: faultOf(error, request) }));
    request.once("close", () => resolve({ kind: "fault", fault: "closed" }));
    return promise;
  }
}

const unreachableCodes = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EADDRNOTAVAIL",
  "ETIMEDOUT",
  "ECONNABORTED",
]);

function faultOf(error: Error, request: ClientRequest): WireFault {
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  if (unreachableCodes.has(code)) return "unreachable";
  if (code.startsWith("HPE_")) return "not_http";
  if (/^(EPROTO$|ERR_TLS|ERR_SSL|CERT_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO)/.test(code)) return "tls";
  return request.reusedSocket ? "stale" : "reset";
}

/** Reads a body as UTF-8 up to `bytesMax`; a larger one is cut off with its connection. */
export function readBody(
  response: IncomingMessage,
  bytesMax: number,
  onBytes?: () => void,
): Promise<Body> {
  const { promise, resolve } = Promise.withResolvers<Body>();
  const chunks: Buffer[] = [];
  let bytes = 0;
  response.on("data", (chunk: Buffer) => {
    onBytes?.();
    bytes += chunk.length;
    if (bytes > bytesMax) {
      resolve({ kind: "too_large" });
      response.destroy();
      return;
    }
    chunks.push(chunk);
  });
  response.once("end", () => {
    const [only] = chunks;
    const whole = chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks);
    resolve({ kind: "complete", text: whole.toString("utf8") });
  });
  response.on("error", () => resolve({ kind: "broken" }));
  response.once("close", () => resolve({ kind: "broken" }));
  return promise;
}

/** Text as JSON, or `undefined` when it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
