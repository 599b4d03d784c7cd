import {
  type OpenAiEmulator,
  type OpenAiEmulatorOptions,
  startOpenAiEmulator,
} from "@adyton/emulators";
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { endChild } from "./end-child.ts";
import { type Answer, type Ask, Client, type StreamEvent } from "./http-client.ts";
import { lastingPort } from "../../packages/core/test/lasting-port.ts";

export interface NodeSettings {
  /** The node's folder; a temporary one, removed at the end, when absent. */
  readonly home?: string;
  /** `none`, which is the default, a model server's address, or `configured`: as `config` says. */
  readonly backend?: string;
  readonly language?: "en" | "ru";
  /** True: external text is treated as the node's own. */
  readonly isUnguarded?: boolean;
  /** The text of HOME/adyton.yaml. */
  readonly config?: string;
  /** The texts of files in HOME/modes, by name. */
  readonly modes?: Readonly<Record<string, string>>;
  /** Added to the environment of its process. */
  readonly env?: Readonly<Record<string, string>>;
}

// oxlint-disable-next-line typescript/no-explicit-any
export type Notice = { readonly kind: string; readonly [key: string]: any };

const runner = join(import.meta.dirname, "run-node.ts");
/** Of a machine that is busy with others. */
const readyMsMax = 60_000;

/** A real node in a process of its own. Everything it needs dies with it. */
export class NodeProcess implements AsyncDisposable {
  readonly home: string;
  readonly #settings: NodeSettings;
  readonly #isHomeOurs: boolean;
  #child: ChildProcess | undefined;
  #client: Client | undefined;
  #port = 0;
  /** What the present process has told. */
  notices: Notice[] = [];
  errors = "";

  private constructor(settings: NodeSettings) {
    this.#settings = settings;
    this.#isHomeOurs = settings.home === undefined;
    this.home = settings.home ?? mkdtempSync(join(tmpdir(), "adyton-e2e-"));
    mkdirSync(this.home, { recursive: true, mode: 0o700 });
    if (settings.config !== undefined)
      writeFileSync(join(this.home, "adyton.yaml"), settings.config, { mode: 0o600 });
    for (const [name, text] of Object.entries(settings.modes ?? {})) {
      mkdirSync(join(this.home, "modes"), { recursive: true });
      writeFileSync(join(this.home, "modes", name), text);
    }
  }

  static async start(settings: NodeSettings = {}): Promise<NodeProcess> {
    const node = new NodeProcess(settings);
    try {
      await node.start();
    } catch (error) {
      await node[Symbol.asyncDispose]();
      throw error;
    }
    return node;
  }

  /**
   * Starts the node's process, always at the same port, and waits until it serves. Rejects with its refusal's message.
   */
  async start(backend: string = this.#settings.backend ?? "none"): Promise<void> {
    if (this.#port === 0) this.#port = await lastingPort();
    const options = {
      home: this.home,
      port: this.#port,
      ...(backend === "configured" ? {} : { backend }),
      language: this.#settings.language ?? "en",
      ...(this.#settings.isUnguarded === true ? { isUnguarded: true } : {}),
    };
    const child = spawn(process.execPath, [runner, JSON.stringify(options)], {
      stdio: ["pipe", "pipe", "pipe"],
      env: { ...process.env, ...this.#settings.env },
    });
    this.#child = child;
    this.notices = [];
    this.errors = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.errors += text;
    });
    const { promise: ready, resolve, reject } = Promise.withResolvers<number>();
    createInterface({ input: child.stdout }).on("line", (line) => {
      const notice = JSON.parse(line) as Notice;
      this.notices.push(notice);
      if (notice.kind === "ready") resolve(Number(notice["port"]));
      if (notice.kind === "refused") reject(new Error(`${notice["code"]}: ${notice["message"]}`));
    });
    child.once("exit", () => reject(new Error(`the node ended: ${this.errors}`)));
    const timer = setTimeout(() => reject(new Error("the node was not ready in time")), readyMsMax);
    try {
      this.#port = await ready;
    } finally {
      clearTimeout(timer);
    }
    this.#client?.[Symbol.dispose]();
    this.#client = new Client(this.#port);
  }

  get pid(): number {
    const pid = this.#child?.pid;
    if (pid === undefined) throw new Error("the node does not run");
    return pid;
  }

  get port(): number {
    return this.#port;
  }

  get client(): Client {
    if (this.#client === undefined) throw new Error("the node was never started");
    return this.#client;
  }

  /** The owner's token. */
  get owner(): string {
    return readFileSync(join(this.home, "token"), "utf8").trim();
  }

  get exitCode(): number | null {
    return this.#child?.exitCode ?? null;
  }

  ask(path: string, options: Ask = {}): Promise<Answer> {
    return this.client.ask(path, options);
  }

  /** Says something as the owner, or as `token`; `undefined` is a caller without one. */
  say(body: object, options: Ask = { token: this.owner }): Promise<Answer> {
    return this.client.ask("/api/v1/message", { ...options, body });
  }

  stream(path: string, options: Ask = {}): AsyncGenerator<StreamEvent> {
    return this.client.stream(path, options);
  }

  async makeToken(name: string, may: readonly string[], more: object = {}): Promise<string> {
    const made = await this.ask("/api/v1/tokens", {
      token: this.owner,
      body: { name, may, ...more },
    });
    if (made.status !== 201) throw new Error(`no token: ${made.text}`);
    return String(made.json.secret);
  }

  /**
   * A token that expires in a moment. A busy machine may let that moment pass before the node looks at it, which refuses
   * an expiry that has passed; then a longer one is asked for.
   */
  async makeBriefToken(
    name: string,
    may: readonly string[],
    lifeMs: number,
  ): Promise<{ readonly token: string; readonly expiresMs: number }> {
    const expiresMs = Date.now() + lifeMs;
    const body = { name, may, expiresAt: new Date(expiresMs).toISOString() };
    const made = await this.ask("/api/v1/tokens", { token: this.owner, body });
    if (made.status === 201) return { token: String(made.json.secret), expiresMs };
    if (Date.now() < expiresMs) throw new Error(`no token: ${made.text}`);
    return this.makeBriefToken(name, may, lifeMs * 2);
  }

  /** Every record of the journal, read through the API by the owner. */
  async journal(type?: string): Promise<Notice[]> {
    const all: Notice[] = [];
    for (let after = 0; ;) {
      const query = `after=${after}&limit=500${type === undefined ? "" : `&type=${type}`}`;
      const page = await this.ask(`/api/v1/events?${query}`, { token: this.owner });
      if (page.status !== 200) throw new Error(`no journal: ${page.text}`);
      all.push(...page.json.events);
      if (page.json.more !== true) return all;
      after = Number(page.json.next);
    }
  }

  async verify(): Promise<Answer> {
    return this.ask("/api/v1/journal/verify", {
      token: this.owner,
      method: "POST",
      timeoutMs: 60_000,
    });
  }

  /** Ends the process at once, as a power cut would, and waits until it is gone. */
  async kill(): Promise<void> {
    await this.#end("SIGKILL");
  }

  /** Asks the node to stop and answers its exit code. */
  async stop(): Promise<number | null> {
    return this.#end("SIGTERM");
  }

  async restart(backend?: string): Promise<void> {
    await this.stop();
    await this.start(backend);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end("SIGKILL");
    this.#client?.[Symbol.dispose]();
    if (this.#isHomeOurs) rmSync(this.home, { recursive: true, force: true });
  }

  async #end(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.#child;
    if (child === undefined) return null;
    return endChild(child, signal);
  }
}

/** A node with an emulated model server behind it. */
export async function startWithEmulator(
  emulation: OpenAiEmulatorOptions = {},
  settings: NodeSettings = {},
): Promise<{ node: NodeProcess; emulator: OpenAiEmulator } & AsyncDisposable> {
  await using stack = new AsyncDisposableStack();
  const emulator = stack.use(await startOpenAiEmulator(emulation));
  const node = stack.use(await NodeProcess.start({ backend: emulator.url, ...settings }));
  const opened = stack.move();
  return { node, emulator, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

/** Waits until a condition holds; fails with `what` when it does not within the time. */
export async function until<T>(
  what: string,
  condition: () => T | undefined | false | Promise<T | undefined | false>,
  timeoutMs = 30_000,
): Promise<T> {
  for (const endMs = performance.now() + timeoutMs; ;) {
    const value = await condition();
    if (value !== undefined && value !== false) return value;
    if (performance.now() > endMs) throw new Error(`${what}: not within ${timeoutMs} ms`);
    await delay(20);
  }
}

/** The chats the model server was asked, each as its list of messages. */
export function chatsOf(
  emulator: OpenAiEmulator,
): readonly (readonly { readonly role: string; readonly content: string }[])[] {
  return emulator.requests
    .filter(({ endpoint }) => endpoint === "chat")
    .map(({ body }) => (body as { messages: { role: string; content: string }[] }).messages);
}
