// What the tests of this folder share: a server whose handlers echo, and a client that can be as rude as a socket.
import { connect, type Socket } from "node:net";
import {
  type Grant,
  OpenAiError,
  openAiStatus,
  type Problem,
  problem,
  problemTable,
  routes,
  type RouteId,
} from "@adyton/protocol";
import type { Handler, Handlers, Principal } from "../../../ports/http.ts";
import type { HttpLogEntry } from "../edge.ts";
import { type HttpOptions, type HttpServer, serveHttp } from "../serve-http.ts";

const localCaller: Principal = {
  id: "local",
  tier: "local",
  grants: ["say"],
  person: "local",
};
const ownerCaller: Principal = {
  id: "owner",
  tier: "owner",
  grants: ["admin"],
  person: "owner",
};
const ownerToken = "adyton_owner-0123456789";

/** A bearer that stands for its own grants: the grants in hexadecimal. */
export function tokenFor(grants: readonly Grant[]): string {
  return `g-${Buffer.from(grants.join(",")).toString("hex")}`;
}

export function authenticate(bearer: string): Principal | undefined {
  if (bearer === ownerToken) return ownerCaller;
  if (!bearer.startsWith("g-")) return undefined;
  const grants = Buffer.from(bearer.slice(2), "hex")
    .toString()
    .split(",")
    .filter(Boolean) as Grant[];
  return { id: "token:test", tier: "member", grants, person: "token:test" };
}

/** Answers what the handler was given. */
const echo: Handler = ({ principal, params, query, body }) =>
  Promise.resolve({
    kind: "json",
    body: { caller: principal.id, params, query, body: body ?? null },
  });

export function handlersOf(handler: Handler, special: Partial<Handlers> = {}): Handlers {
  const all = Object.fromEntries(routes.map((route) => [route.id, handler]));
  return { ...(all as Record<RouteId, Handler>), ...special };
}

export interface TestServer extends AsyncDisposable {
  readonly http: HttpServer;
  readonly port: number;
  readonly log: HttpLogEntry[];
}

export async function testServer(options: Partial<HttpOptions> = {}): Promise<TestServer> {
  const log: HttpLogEntry[] = [];
  const http = await serveHttp({
    port: 0,
    hosts: ["127.0.0.1"],
    handlers: handlersOf(echo),
    authenticate,
    local: localCaller,
    log: (entry) => log.push(entry),
    ...options,
  });
  return { http, port: http.port, log, [Symbol.asyncDispose]: () => http[Symbol.asyncDispose]() };
}

export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A connection whose bytes the test chooses. It keeps all it receives. */
export class RawClient implements Disposable {
  readonly socket: Socket;
  #received = "";
  #closed = false;
  #watchers = new Set<() => void>();

  constructor(port: number) {
    this.socket = connect({ host: "127.0.0.1", port, allowHalfOpen: true });
    this.socket.on("data", (chunk: Buffer) => {
      this.#received += chunk.toString("latin1");
      this.#changed();
    });
    const over = () => {
      this.#closed = true;
      this.#changed();
    };
    this.socket.on("end", over).on("close", over).on("error", over);
  }

  get received(): string {
    return this.#received;
  }

  get closed(): boolean {
    return this.#closed;
  }

  write(bytes: string | Buffer): this {
    this.socket.write(bytes);
    return this;
  }

  /** Resolves when the condition holds; rejects when the connection is closed and it cannot any more. */
  until(holds: (received: string, closed: boolean) => boolean): Promise<string> {
    return new Promise((resolve, reject) => {
      const look = () => {
        if (holds(this.#received, this.#closed)) {
          this.#watchers.delete(look);
          resolve(this.#received);
        } else if (this.#closed) {
          this.#watchers.delete(look);
          reject(new Error(`closed after ${JSON.stringify(this.#received.slice(0, 300))}`));
        }
      };
      this.#watchers.add(look);
      look();
    });
  }

  /** The first whole answer. */
  async answer(): Promise<RawAnswer> {
    let found: RawAnswer | undefined;
    await this.until((received, closed) => (found = firstAnswer(received, closed)) !== undefined);
    if (found === undefined) throw new Error("no answer");
    return found;
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }

  #changed(): void {
    for (const watcher of this.#watchers) watcher();
  }
}

function firstAnswer(received: string, closed: boolean): RawAnswer | undefined {
  const end = received.indexOf("\r\n\r\n");
  if (end === -1) return undefined;
  const [statusLine = "", ...lines] = received.slice(0, end).split("\r\n");
  const headers = Object.fromEntries(
    lines.map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
  const status = Number(statusLine.split(" ")[1]);
  const rest = received.slice(end + 4);
  const length = headers["content-length"];
  if (length === undefined && !closed) return undefined;
  if (length !== undefined && rest.length < Number(length) && !closed) return undefined;
  const body = Buffer.from(length === undefined ? rest : rest.slice(0, Number(length)), "latin1");
  return { status, headers, body: body.toString("utf8") };
}

export interface RawRequest {
  readonly method?: string;
  readonly target?: string;
  readonly headers?: readonly (readonly [string, string])[];
  readonly host?: string | null;
  readonly body?: string | Buffer;
}

/** The bytes of a request: exactly what is given, plus a right Host and the body's length unless told otherwise. */
export function requestBytes(port: number, request: RawRequest): Buffer {
  const { method = "GET", target = "/", headers = [], body } = request;
  const host = request.host === undefined ? `127.0.0.1:${port}` : request.host;
  const all: (readonly [string, string])[] = host === null ? [] : [["Host", host]];
  all.push(...headers);
  const framed = all.some(([name]) => /^(content-length|transfer-encoding)$/i.test(name));
  if (body !== undefined && !framed) all.push(["Content-Length", String(Buffer.byteLength(body))]);
  const head = all.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  return Buffer.concat([
    Buffer.from(`${method} ${target} HTTP/1.1\r\n${head}\r\n`, "latin1"),
    Buffer.from(body ?? ""),
  ]);
}

export async function ask(port: number, request: RawRequest): Promise<RawAnswer> {
  using client = new RawClient(port);
  client.write(requestBytes(port, request));
  return await client.answer();
}

export const jsonType = ["Content-Type", "application/json"] as const;
export const asOwner = ["Authorization", `Bearer ${ownerToken}`] as const;

/**
 * The problem an answer carries, in either dialect; throws unless it is one of the contract with the status of its code.
 */
export function problemOf(answer: RawAnswer): Problem {
  const type = answer.headers["content-type"];
  if (type !== "application/problem+json" && answer.status < 400)
    throw new Error(`not a problem: ${answer.status} ${type} ${answer.body.slice(0, 200)}`);
  const said: unknown = JSON.parse(answer.body);
  const { success, data } = OpenAiError.safeParse(said);
  const parsed = success
    ? problem(data.error.code, { detail: data.error.message })
    : (said as Problem);
  const row = Object.hasOwn(problemTable, parsed.code) ? problemTable[parsed.code] : undefined;
  const status = success ? openAiStatus(parsed.status) : parsed.status;
  if (row?.status !== parsed.status || status !== answer.status)
    throw new Error(`a problem outside the list: ${answer.status} ${answer.body.slice(0, 200)}`);
  if (type !== (success ? "application/json" : "application/problem+json"))
    throw new Error(`a problem of another type: ${type}`);
  return parsed;
}
