import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:tls";
import { EmulatorError } from "../emulator-error.ts";
import { connectionSignal, readBody } from "../exchange.ts";
import { listen } from "../listen.ts";
import { seededUnit } from "../seeded.ts";
import { BotFailure, failureBody } from "./bot-failure.ts";
import { type BotFault, BotFaults, type BotStrike } from "./bot-fault.ts";
import { botMethod } from "./bot-methods.ts";
import { BotState } from "./bot-state.ts";
import { callArguments } from "./call-body.ts";
import { type BotCallRecord, CallJournal } from "./call-journal.ts";
import type { Chat, ChatMessage, Person } from "./chat-store.ts";
import { ChatPage } from "./chat-page.ts";
import { EmulatedPerson } from "./emulated-person.ts";
import type { SendPace } from "./send-limits.ts";
import type { Update } from "./update-queue.ts";

export interface TelegramEmulatorOptions {
  /** 0, the default, takes any free port. */
  readonly port?: number;
  readonly host?: string;
  /** The bot's token; one is made without it. */
  readonly token?: string;
  /** Speaks TLS too, with this key and certificate, at a port of its own: 0, the default, takes any free one. */
  readonly tls?: { readonly key: string; readonly cert: string; readonly port?: number };
  /** Refuses faster sends with 429; without it everything is taken. */
  readonly pace?: SendPace;
  readonly seed?: number;
  /** The server's clock, for what expires. */
  readonly now?: () => number;
  readonly firstUpdateId?: number;
  /** How many calls the journal keeps. */
  readonly recordedCallsMax?: number;
}

export interface TelegramEmulator extends AsyncDisposable {
  /** What a client takes for `https://api.telegram.org`; with TLS where there is any. */
  readonly apiRoot: string;
  /** The port of `apiRoot`. */
  readonly port: number;
  /** The same without TLS, which a browser takes as it is. */
  readonly plainRoot: string;
  readonly token: string;
  /** The calls that came, oldest first. */
  readonly calls: readonly BotCallRecord[];
  /** All calls since the start, also those no longer kept. */
  readonly callsSeen: number;
  /** Updates the bot has not confirmed yet. */
  readonly pending: number;
  /** Somebody with a private chat; the same id gives the same person's chat again. */
  person(person: Partial<Person> & { readonly id: number }): EmulatedPerson;
  /** A group the bot is a member of. */
  group(chat: Omit<Chat, "type"> & { readonly type?: Chat["type"] }): Chat;
  messages(chatId: number): readonly ChatMessage[];
  /** Any update at all; undefined when the bot does not ask for its kind, unless it is `unasked`. */
  push(kind: string, value: object, unasked?: boolean): Update | undefined;
  renumberUpdates(nextId: number): void;
  /** Gives the updates that were confirmed last once more, as the server may; answers how many. */
  repeatUpdates(most: number): number;
  setFaults(faults: readonly BotFault[]): void;
  /** From now on only this token opens the bot. */
  setToken(token: string): void;
  /** Breaks every open connection, as a restart of the server would. */
  breakConnections(): void;
  /** Resolves when the condition holds after a change; throws `timed_out`. */
  waitUntil(condition: () => boolean, timeoutMs: number): Promise<void>;
}

const recordedCallsDefault = 1_000;
const keepAliveMs = 65_000;
const slowMsMax = 600_000;

/**
 * Starts a server that behaves like Telegram's Bot API towards one bot, with a page to chat with it by hand. Throws
 * EmulatorError `port_taken` or `listen_failed`. Disposing it breaks open connections and frees the port.
 */
export async function startTelegramEmulator(
  options: TelegramEmulatorOptions = {},
): Promise<TelegramEmulator> {
  const emulator = new Server(options);
  try {
    await emulator.start(options);
  } catch (error) {
    await emulator[Symbol.asyncDispose]();
    throw error;
  }
  return emulator;
}

class Server implements TelegramEmulator {
  readonly #state: BotState;
  readonly #faults: BotFaults;
  readonly #journal: CallJournal;
  readonly #page: ChatPage;
  readonly #server: ReturnType<typeof createServer>;
  readonly #tlsServer: ReturnType<typeof createTlsServer> | undefined;
  #token: string;
  apiRoot = "";
  plainRoot = "";
  port = 0;

  constructor(options: TelegramEmulatorOptions) {
    const seed = options.seed ?? 1;
    let draws = 0;
    this.#token = options.token ?? newToken();
    this.#faults = new BotFaults(() => seededUnit(seed, draws++, "fault"));
    this.#journal = new CallJournal(options.recordedCallsMax ?? recordedCallsDefault);
    const [id = ""] = this.#token.split(":");
    this.#state = new BotState({
      now: options.now ?? Date.now,
      bot: {
        id: Number(id),
        firstName: "Adyton",
        username: "adyton_bot",
        language: "en",
        isBot: true,
      },
      firstUpdateId: options.firstUpdateId ?? 100_000_000,
      pace: options.pace,
    });
    this.#page = new ChatPage(this.#state);
    const serve = (request: IncomingMessage, response: ServerResponse): void => {
      this.#serve(request, response).catch((error: unknown) => {
        const words = error instanceof Error ? error.message : "unknown";
        send(response, new BotFailure(500, `Internal Server Error: the emulator failed: ${words}`));
      });
    };
    this.#server = createServer(serve);
    this.#server.keepAliveTimeout = keepAliveMs;
    if (options.tls === undefined) return;
    // What TLS has opened is a connection of the one server like any other.
    this.#tlsServer = createTlsServer(options.tls, (socket) =>
      this.#server.emit("connection", socket),
    );
  }

  async start({ host = "127.0.0.1", port = 0, tls }: TelegramEmulatorOptions): Promise<void> {
    this.port = await listen(this.#server, host, port);
    this.plainRoot = `http://${host}:${this.port}`;
    this.apiRoot = this.plainRoot;
    if (this.#tlsServer === undefined) return;
    this.port = await listen(this.#tlsServer, host, tls?.port ?? 0);
    this.apiRoot = `https://${host}:${this.port}`;
  }

  get token(): string {
    return this.#token;
  }
  get calls(): readonly BotCallRecord[] {
    return this.#journal.calls;
  }
  get callsSeen(): number {
    return this.#journal.seen;
  }
  get pending(): number {
    return this.#state.updates.pending;
  }

  person({ id, ...rest }: Partial<Person> & { readonly id: number }): EmulatedPerson {
    return new EmulatedPerson(this.#state, {
      id,
      firstName: `Person ${id}`,
      language: "en",
      ...rest,
    });
  }

  group(chat: Omit<Chat, "type"> & { readonly type?: Chat["type"] }): Chat {
    return this.#state.chats.open({ type: "supergroup", ...chat });
  }

  messages(chatId: number): readonly ChatMessage[] {
    return this.#state.chats.messages(chatId);
  }

  push(kind: string, value: object, unasked = false): Update | undefined {
    return this.#state.updates.push(kind, value, unasked);
  }

  renumberUpdates(nextId: number): void {
    this.#state.updates.renumber(nextId);
  }

  repeatUpdates(most: number): number {
    return this.#state.updates.repeat(most);
  }

  setFaults(faults: readonly BotFault[]): void {
    this.#faults.set(faults);
  }

  setToken(token: string): void {
    this.#token = token;
  }

  breakConnections(): void {
    this.#server.closeAllConnections();
  }

  async waitUntil(condition: () => boolean, timeoutMs: number): Promise<void> {
    if (condition()) return;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const look = (): void => {
      if (condition()) resolve();
    };
    const stop = [this.#state.onChange(look), this.#journal.onCall(look)];
    const timer = setTimeout(
      () => reject(new EmulatorError("timed_out", `nothing of the kind within ${timeoutMs} ms`)),
      timeoutMs,
    );
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      for (const each of stop) each();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Closing a server that is closed already reports an error, and disposing twice is harmless.
    const closed = [this.#server, this.#tlsServer].map(
      (server) => new Promise<void>((resolve) => server?.close(() => resolve()) ?? resolve()),
    );
    this.#server.closeAllConnections();
    await Promise.all(closed);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", "http://emulator");
    const [, kind, secret, rest] = /^\/(bot|file\/bot)([^/]+)\/(.+)$/u.exec(url.pathname) ?? [];
    if (kind === undefined || secret === undefined || rest === undefined)
      return this.#page.serve(request, response, url);
    if (decodeURIComponent(secret) !== this.#token) {
      this.#journal.add({ method: rest, values: {}, outcome: 401 });
      return send(response, new BotFailure(401, "Unauthorized"));
    }
    if (kind === "file/bot") return await this.#sendFile(rest, response);
    return this.#call(rest, url, request, response);
  }

  /** Hands a file out. To faults and in the journal this is the method `file`. */
  async #sendFile(path: string, response: ServerResponse): Promise<void> {
    const fault = this.#faults.take("file");
    const record = this.#journal.add({ method: "file", values: { path }, outcome: undefined });
    if (fault !== undefined) record.fault = fault;
    if (fault !== undefined && isBefore(fault)) return strikeBefore(fault, response, record);
    const file = this.#state.files.get(path.replace(/^documents\//u, ""));
    record.outcome = file === undefined ? 404 : 200;
    if (file === undefined) return send(response, new BotFailure(404, "Not Found"));
    await deliver(response, { type: "application/octet-stream", bytes: file.bytes }, record);
    if (fault !== undefined && record.fault === undefined) this.#faults.miss(fault);
  }

  async #call(
    written: string,
    url: URL,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const found = botMethod(written);
    const name = found?.name ?? written;
    const body = await readBody(request);
    if (body.kind === "gone") return;
    if (body.kind === "too_large")
      return send(response, new BotFailure(413, "Request Entity Too Large"));
    const fault = this.#faults.take(name);
    const record = this.#journal.add({ method: name, values: {}, outcome: undefined });
    if (fault !== undefined) record.fault = fault;
    try {
      const args = callArguments(request, url.searchParams, body.bytes);
      record.values = args.values;
      if (fault !== undefined && isBefore(fault)) return strikeBefore(fault, response, record);
      if (found === undefined) throw new BotFailure(404, "Not Found: method not found");
      const gone = connectionSignal(response);
      const result = await found.method(this.#state, { ...args, gone });
      record.outcome = 200;
      const bytes = Buffer.from(JSON.stringify({ ok: true, result }));
      await deliver(response, { type: "application/json", bytes }, record);
      if (fault !== undefined && record.fault === undefined) this.#faults.miss(fault);
    } catch (error) {
      if (!(error instanceof BotFailure)) throw error;
      record.outcome = error.status;
      send(response, error);
    }
  }
}

type FaultBefore = BotStrike & { readonly kind: "status" | "html" | "hang" | "refuse" };

function isBefore(fault: BotStrike): fault is FaultBefore {
  return ["status", "html", "hang", "refuse"].includes(fault.kind);
}

const statusWords: Readonly<Record<number, string>> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  409: "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
  500: "Internal Server Error",
  502: "Bad Gateway",
  504: "Gateway Timeout",
};

/** What a fault does to a call that then has no effect. */
function strikeBefore(fault: FaultBefore, response: ServerResponse, record: BotCallRecord): void {
  switch (fault.kind) {
    case "status": {
      const { status, retryAfterS } = fault;
      record.outcome = status;
      const words =
        status === 429
          ? `Too Many Requests: retry after ${retryAfterS ?? 1}`
          : (statusWords[status] ?? "Error");
      const retry = status === 429 ? (retryAfterS ?? 1) : undefined;
      return send(response, new BotFailure(status, words, retry));
    }
    case "html":
      record.outcome = fault.status;
      response.writeHead(fault.status, { "content-type": "text/html" });
      response.end("<html><head><title>Bad Gateway</title></head><body>nginx</body></html>");
      return;
    case "hang":
      return;
    case "refuse":
      response.destroy();
  }
}

/** Answers a call that has had its effect, damaged as the fault says. */
async function deliver(
  response: ServerResponse,
  { type, bytes }: { readonly type: string; readonly bytes: Buffer },
  record: Pick<BotCallRecord, "fault">,
): Promise<void> {
  const { fault } = record;
  const head = { "content-type": type, "content-length": bytes.length };
  if (fault?.kind === "lost_reply") {
    response.destroy();
    return;
  }
  if (fault?.kind === "cut") {
    const { socket } = response;
    const lines = Object.entries(head).map(([name, value]) => `${name}: ${value}\r\n`);
    const whole = Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\n${lines.join("")}\r\n`), bytes]);
    if (fault.afterBytes >= whole.length || socket === null || socket.destroyed) {
      delete record.fault;
      response.writeHead(200, head).end(bytes);
      return;
    }
    socket.write(whole.subarray(0, fault.afterBytes), () => socket.destroy());
    return;
  }
  if (fault?.kind === "slow") {
    const delayMs = Math.min(fault.delayMs, slowMsMax);
    await new Promise((resolve) => setTimeout(resolve, delayMs));
  }
  if (!response.destroyed) response.writeHead(200, head).end(bytes);
}

function send(response: ServerResponse, failure: BotFailure): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const body = JSON.stringify(failureBody(failure));
  response.writeHead(failure.status, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(body),
  });
  response.end(body);
}

/** A token in the real one's form. */
function newToken(): string {
  return `7000000001:AA${randomBytes(25).toString("base64url").slice(0, 33)}`;
}
