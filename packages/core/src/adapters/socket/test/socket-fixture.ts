// What the tests of this folder share: a server with a door for sockets whose handlers echo, and clients for both
// framings that can be as rude as a socket.
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { WebSocket } from "ws";
import type { Principal } from "../../../ports/http.ts";
import type { Callers } from "../../../ports/operations.ts";
import { authenticate, testServer, type TestServer } from "../../http/test/http-fixture.ts";
import type { HttpOptions } from "../../http/serve-http.ts";
import { listenOnPort, listenOnUnixSocket } from "../listen-sockets.ts";
import { SocketDoor } from "../socket-door.ts";
import type { SocketLimits } from "../socket-limits.ts";

export const ownerToken = "adyton_owner-0123456789";
export const owner: Principal = { id: "owner", tier: "owner", grants: ["admin"], person: "owner" };
export const local: Principal = { id: "local", tier: "local", grants: ["say"], person: "local" };

// oxlint-disable-next-line typescript/no-explicit-any
export type Said = { readonly type: string; readonly [key: string]: any };

/** Tokens as the HTTP fixture knows them, until `revoke` is called. */
export class TestCallers implements Callers {
  readonly #revoked = new Set<string>();
  readonly #watchers = new Map<() => void, string>();
  #known = new Map<string, Principal>();

  authenticate(bearer: string): Principal | undefined {
    const principal = authenticate(bearer);
    if (principal === undefined || this.#revoked.has(principal.id)) return undefined;
    this.#known.set(principal.id, principal);
    return principal;
  }

  principal(id: string): Principal | undefined {
    return this.#revoked.has(id) ? undefined : this.#known.get(id);
  }

  onEnd(id: string, listener: () => void): () => void {
    this.#watchers.set(listener, id);
    return () => this.#watchers.delete(listener);
  }

  get watched(): number {
    return this.#watchers.size;
  }

  /** `silently`: nobody is told; only the next look finds out. */
  revoke(id: string, silently = false): void {
    this.#revoked.add(id);
    if (silently) return;
    for (const [listener, whose] of this.#watchers) if (whose === id) listener();
  }
}

export interface TestDoor extends AsyncDisposable {
  readonly server: TestServer;
  readonly door: SocketDoor;
  readonly callers: TestCallers;
  readonly port: number;
  readonly linesPort: number;
  readonly path: string;
}

export async function testDoor(
  options: Partial<HttpOptions> = {},
  limits: Partial<SocketLimits> = {},
): Promise<TestDoor> {
  await using stack = new AsyncDisposableStack();
  const callers = new TestCallers();
  const server = stack.use(
    await testServer({ authenticate: (bearer) => callers.authenticate(bearer), ...options }),
  );
  const { operations } = server.http;
  const door = stack.use(
    new SocketDoor({
      operations,
      callers,
      log: () => undefined,
      limits: { lingerMs: 300, ...limits },
    }),
  );
  server.http.onUpgrade((upgrade) => door.takeUpgrade(upgrade));
  const folder = mkdtempSync(join(tmpdir(), "adyton-socket-"));
  stack.defer(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "adyton.sock");
  const unix = await listenOnUnixSocket({
    path,
    door,
    speaker: { principal: owner, byToken: false },
    http: (socket) => server.http.adopt(socket, owner),
  });
  const tcp = await listenOnPort({
    port: 0,
    host: "127.0.0.1",
    door,
    speaker: { principal: local, byToken: false },
  });
  if (unix.kind === "refused") throw new Error(unix.message);
  if (tcp.kind === "refused") throw new Error(tcp.message);
  stack.use(unix.listener);
  stack.use(tcp.listener);
  const { port: linesPort } = tcp.listener.server.address() as { port: number };
  const opened = stack.move();
  return {
    server,
    door,
    callers,
    port: server.port,
    linesPort,
    path,
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

/** What was said to a client, and how to wait for more. */
class Ear {
  readonly said: Said[] = [];
  #isOver = false;
  readonly #watchers = new Set<() => void>();

  hear(text: string): void {
    this.said.push(JSON.parse(text) as Said);
    this.#changed();
  }

  over(): void {
    this.#isOver = true;
    this.#changed();
  }

  /** The first thing said that fits; rejects when the connection is closed before. */
  until(fits: (said: Said) => boolean): Promise<Said> {
    return new Promise((resolve, reject) => {
      const look = () => {
        const found = this.said.find(fits);
        if (found === undefined && !this.#isOver) return;
        this.#watchers.delete(look);
        if (found !== undefined) resolve(found);
        else reject(new Error(`closed after ${JSON.stringify(this.said).slice(0, 400)}`));
      };
      this.#watchers.add(look);
      look();
    });
  }

  #changed(): void {
    for (const watcher of this.#watchers) watcher();
  }
}

export interface SocketClient extends Disposable {
  readonly said: readonly Said[];
  tell(message: object): void;
  write(text: string | Buffer): void;
  until(fits: (said: Said) => boolean): Promise<Said>;
  /** The last of a request's answers. */
  answer(id: string): Promise<Said>;
  /** Resolves when the connection is closed, with a WebSocket's code. */
  readonly closed: Promise<number | undefined>;
}

const isLast = ({ type }: Said) => type === "result" || type === "problem" || type === "end";

export class WebSocketClient implements SocketClient {
  readonly #ear = new Ear();
  readonly webSocket: WebSocket;
  readonly closed: Promise<number | undefined>;
  /** The status of a refused upgrade, and its body. */
  refusal: { status: number; body: string } | undefined;

  constructor(port: number, headers: Record<string, string> = {}, protocols = ["adyton.v1+json"]) {
    this.webSocket = new WebSocket(`ws://127.0.0.1:${port}/api/v1/ws`, protocols, { headers });
    const { promise, resolve } = Promise.withResolvers<number | undefined>();
    this.closed = promise;
    this.webSocket.on("message", (data: Buffer) => this.#ear.hear(data.toString()));
    this.webSocket.on("error", () => undefined);
    this.webSocket.on("close", (code) => {
      this.#ear.over();
      resolve(code);
    });
    this.webSocket.on("unexpected-response", (_request, response) => {
      let body = "";
      response.on("data", (chunk: Buffer) => (body += chunk.toString()));
      response.on("end", () => {
        this.refusal = { status: response.statusCode ?? 0, body };
        this.#ear.over();
        resolve(undefined);
      });
    });
  }

  static async open(port: number, headers: Record<string, string> = {}): Promise<WebSocketClient> {
    const client = new WebSocketClient(port, headers);
    await once(client.webSocket, "open");
    return client;
  }

  /** The connection below, for what no client would send. */
  get raw(): Socket {
    const { _socket } = this.webSocket as unknown as { readonly _socket: Socket };
    return _socket;
  }

  get said(): readonly Said[] {
    return this.#ear.said;
  }

  tell(message: object): void {
    this.webSocket.send(JSON.stringify(message));
  }

  write(text: string | Buffer): void {
    this.webSocket.send(text);
  }

  until(fits: (said: Said) => boolean): Promise<Said> {
    return this.#ear.until(fits);
  }

  answer(id: string): Promise<Said> {
    return this.#ear.until((said) => said["id"] === id && isLast(said));
  }

  [Symbol.dispose](): void {
    this.webSocket.terminate();
  }
}

export class LinesClient implements SocketClient {
  readonly #ear = new Ear();
  readonly socket: Socket;
  readonly closed: Promise<undefined>;
  /** Resolves with the first empty line. */
  readonly hasHeardNothing: Promise<void>;

  constructor(where: { path: string } | { port: number }) {
    this.socket = connect(Object.assign({ allowHalfOpen: true }, where));
    let rest = "";
    const { promise: nothing, resolve: heardNothing } = Promise.withResolvers<void>();
    this.hasHeardNothing = nothing;
    this.socket.setEncoding("utf8").on("data", (chunk: string) => {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines)
        if (line === "") heardNothing();
        else this.#ear.hear(line);
    });
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.closed = promise;
    const over = () => {
      this.#ear.over();
      resolve(undefined);
    };
    this.socket.on("end", over).on("close", over).on("error", over);
  }

  get said(): readonly Said[] {
    return this.#ear.said;
  }

  tell(message: object): void {
    this.socket.write(`${JSON.stringify(message)}\n`);
  }

  write(text: string | Buffer): void {
    this.socket.write(text);
  }

  until(fits: (said: Said) => boolean): Promise<Said> {
    return this.#ear.until(fits);
  }

  answer(id: string): Promise<Said> {
    return this.#ear.until((said) => said["id"] === id && isLast(said));
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }
}
