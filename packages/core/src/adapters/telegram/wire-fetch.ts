import type { IncomingMessage, RequestOptions } from "node:http";
import { Agent as HttpAgent, request as httpRequest } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { Readable } from "node:stream";
import { CodedError } from "@adyton/runtime/coded-error";
import { ownLookup } from "./own-lookup.ts";
import { type Proxy, proxyAgents } from "./proxy.ts";
import { tooLargeCode } from "./trouble.ts";

/** Bytes of one answer; the largest, a hundred updates, has a few hundred kilobytes. */
const answerBytesMax = 16 * 1024 * 1024;
const socketsMax = 64;
/**
 * A connection on which nothing comes is asked after so long whether the other side is there; ten questions without an
 * answer, a second apart (libuv), end it. A poll on a dead way would otherwise be waited for to its end.
 */
const keepAliveMsecs = 5_000;

/** What grammY's client hands over of a request. */
export interface Init {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly signal?: AbortSignal | null;
}

/** What it reads of an answer. */
export interface Answer {
  readonly ok: boolean;
  readonly status: number;
  json(): Promise<unknown>;
  /** The body as it came. */
  readonly bytes: Buffer;
}

/** How a client's requests reach Telegram. */
export interface Wire extends Disposable {
  readonly fetch: (url: string | URL, init?: Init) => Promise<Answer>;
}

/** A relay that passes connections on to the one server behind it, whose certificate is still checked. */
export interface Relay {
  readonly host: string;
  readonly port: number;
}

/** What a connection is made through; at most one of them. */
export interface Ways {
  readonly relay?: Relay | undefined;
  readonly proxy?: Proxy | undefined;
}

class WireError extends CodedError<typeof tooLargeCode | `RELAY_${string}`> {}

/**
 * Requests for grammY's client over Node's own. Its default, node-fetch 2, never ends when a connection breaks in the
 * middle of an answer with a length: a poll then hangs until its timeout.
 */
export class WireFetch implements Wire {
  readonly #http: HttpAgent;
  readonly #https: HttpsAgent;
  readonly #relay: Relay | undefined;

  constructor({ relay, proxy }: Ways = {}) {
    this.#relay = relay;
    const sockets = { keepAlive: true, keepAliveMsecs, maxSockets: socketsMax };
    const options = { ...sockets, lookup: ownLookup(), autoSelectFamily: false };
    const agents =
      proxy === undefined
        ? { http: new HttpAgent(options), https: new HttpsAgent(options) }
        : proxyAgents(proxy, options);
    this.#http = agents.http;
    this.#https = agents.https;
  }

  /** Resolves once the whole answer is there. Rejects when it does not come whole, is too large, or the signal aborts. */
  readonly fetch = async (url: string | URL, init: Init = {}): Promise<Answer> => {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const { protocol, host, hostname: servername } = new URL(url);
    const isTls = protocol === "https:";
    const relay = this.#relay;
    const options: RequestOptions = {
      method: init.method ?? "GET",
      headers: { ...init.headers, host },
      ...(relay === undefined ? {} : { hostname: relay.host, port: relay.port, servername }),
      agent: isTls ? this.#https : this.#http,
      ...(init.signal == null ? {} : { signal: init.signal }),
    };
    const request = (isTls ? httpsRequest : httpRequest)(url, options, resolve);
    request.on("error", (error) => reject(relay === undefined ? error : ofRelay(error)));
    if (init.body instanceof Readable) init.body.pipe(request);
    else request.end(init.body);
    const response = await promise;
    const bytes = await readWhole(response);
    const status = response.statusCode ?? 0;
    return {
      ok: status >= 200 && status < 300,
      status,
      json: async () => JSON.parse(bytes.toString()) as unknown,
      bytes,
    };
  };

  [Symbol.dispose](): void {
    this.#http.destroy();
    this.#https.destroy();
  }
}

/** Whatever keeps a connection to the relay from coming about is told as the relay's fault, not the messenger's. */
function ofRelay(error: NodeJS.ErrnoException): Error {
  const { code, syscall } = error;
  if (code === undefined || (syscall !== "connect" && syscall !== "getaddrinfo")) return error;
  return new WireError(`RELAY_${code}`, "the relay is not reached", { cause: error });
}

async function readWhole(response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  // Ends with an error when the connection breaks before the end.
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > answerBytesMax) throw new WireError(tooLargeCode, "the answer is too large");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
