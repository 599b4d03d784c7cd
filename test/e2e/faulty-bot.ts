import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import {
  type OpenAiEmulator,
  type Rule,
  startOpenAiEmulator,
  startTelegramEmulator,
  type TelegramEmulator,
} from "@adyton/emulators";
import { endChild } from "./end-child.ts";
import { fewAtOnce } from "./few-at-once.ts";
import { FaultyRelay, type FaultyRelaySettings } from "./faulty-relay.ts";
import type { Machine } from "./faulty-machine.ts";
import { FaultyWay } from "./faulty-way.ts";
import { NodeProcess } from "./node-process.ts";
import { OwnTime } from "./own-time.ts";
import { SmallProxy } from "./small-proxy.ts";
import { lastingPort } from "../../packages/core/test/lasting-port.ts";
import { answersTo } from "./bot-answers.ts";

/** The bot's server has a name, so that names can fail. */
const host = "telegram.test";
const owner = 1;
const startMsMax = 30_000;
/** A start keeps a processor busy: many at once would all be late. */
const inTurn = fewAtOnce(2);

/** Repeats the question, so that each answer tells whose it is. */
export const echo: Rule = { reply: ({ messages }) => `echo ${messages.at(-1)?.text ?? ""}` };

/** Certificates for the bot's server: the real one, and one that nobody has reason to trust. */
export class Certificates implements Disposable {
  readonly #folder = mkdtempSync(join(tmpdir(), "adyton-tls-"));

  constructor() {
    for (const name of ["real", "forged"]) {
      const out = ["-keyout", this.#file(`${name}.key`), "-out", this.#file(`${name}.pem`)];
      const kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "9"];
      const subject = ["-subj", `/CN=${host}`, "-addext", `subjectAltName=DNS:${host}`];
      execFileSync("openssl", ["req", "-x509", ...kind, ...out, ...subject], { stdio: "ignore" });
    }
  }

  get trusted(): string {
    return this.#file("real.pem");
  }

  of(name: "real" | "forged"): { readonly key: string; readonly cert: string } {
    const read = (ending: string): string => readFileSync(this.#file(`${name}.${ending}`), "utf8");
    return { key: read("key"), cert: read("pem") };
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true });
  }

  #file(name: string): string {
    return join(this.#folder, name);
  }
}

export interface FaultyBotSettings {
  /** TLS, with these. */
  readonly certificates?: Certificates;
  /** Through a relay of its own process; needs TLS. */
  readonly isRelayed?: boolean;
  /** Through a relay that runs the bot; needs TLS. */
  readonly botRelay?: FaultyRelaySettings;
  /** Through a proxy of this kind; needs TLS. */
  readonly proxy?: { readonly kind: "socks5" | "http"; readonly login?: string };
  /** Further sections of the configuration. */
  readonly config?: readonly string[];
  readonly home?: string;
}

/** A bot, its owner, and everything between them that can fail: node ── (relay) ── way ── messenger. */
export class FaultyBot implements AsyncDisposable {
  readonly telegram: TelegramEmulator;
  readonly model: OpenAiEmulator;
  readonly way: FaultyWay;
  /** Where the way leads: the messenger's port unless another is put in its place. */
  target: number;
  /** Added to the messenger's clock. */
  clockMs = 0;
  readonly #stack: AsyncDisposableStack;
  readonly #folder: string;
  readonly #settings: FaultyBotSettings;
  #relay: ReturnType<typeof spawn> | undefined;
  #relayPort = 0;
  #botRelay: FaultyRelay | undefined;
  #proxy: SmallProxy | undefined;
  #node: NodeProcess | undefined;

  private constructor(
    stack: AsyncDisposableStack,
    parts: Pick<FaultyBot, "telegram" | "model" | "way">,
    folder: string,
    settings: FaultyBotSettings,
  ) {
    this.#stack = stack;
    this.telegram = parts.telegram;
    this.model = parts.model;
    this.way = parts.way;
    this.target = parts.telegram.port;
    this.#folder = folder;
    this.#settings = settings;
  }

  static start(settings: FaultyBotSettings = {}): Promise<FaultyBot> {
    return inTurn(() => FaultyBot.#start(settings));
  }

  static async #start(settings: FaultyBotSettings): Promise<FaultyBot> {
    await using stack = new AsyncDisposableStack();
    const folder = mkdtempSync(join(tmpdir(), "adyton-faulty-"));
    stack.defer(() => rmSync(folder, { recursive: true, force: true }));
    const { certificates } = settings;
    const after: { bot?: FaultyBot } = {};
    const telegram = stack.use(
      await startTelegramEmulator({
        ...(certificates === undefined ? {} : { tls: certificates.of("real") }),
        now: () => Date.now() + (after.bot?.clockMs ?? 0),
      }),
    );
    const port = await lastingPort();
    const model = stack.use(await startOpenAiEmulator({ rules: [echo], port }));
    const way = stack.use(await FaultyWay.to(() => after.bot?.target ?? telegram.port));
    const bot = new FaultyBot(stack.move(), { telegram, model, way }, folder, settings);
    after.bot = bot;
    try {
      await bot.#open();
    } catch (error) {
      await bot[Symbol.asyncDispose]();
      throw error;
    }
    return bot;
  }

  get certificates(): Certificates | undefined {
    return this.#settings.certificates;
  }

  get node(): NodeProcess {
    return this.#node ?? assert.fail("the node was not started");
  }

  /** The relay that runs the bot. */
  get botRelay(): FaultyRelay {
    return this.#botRelay ?? assert.fail("no relay runs the bot");
  }

  /** Changes the machine around the node, from the next moment on. */
  setMachine(machine: Machine): void {
    const names = machine.names === undefined ? { [host]: ["127.0.0.1"] } : machine.names;
    writeFileSync(join(this.#folder, "machine.json"), JSON.stringify({ ...machine, names }));
  }

  /** Lets time pass, for the node's machine and for the messenger. */
  pass(ms: number): void {
    this.clockMs += ms;
    this.setMachine({ clockMs: this.clockMs });
  }

  /** Writes the bot's token where the node reads it. */
  writeToken(token: string): void {
    writeFileSync(join(this.#folder, "token"), token, { mode: 0o600 });
  }

  get proxy(): SmallProxy {
    return this.#proxy ?? assert.fail("there is no proxy");
  }

  /** Starts the proxy, again where it was, with another login where one is given. */
  async startProxy(login = this.#settings.proxy?.login): Promise<void> {
    const { kind } = this.#settings.proxy ?? assert.fail("there is no proxy");
    this.#proxy = await SmallProxy.start({
      kind,
      resolve: () => this.way.port,
      ...(this.#proxy === undefined ? {} : { port: this.#proxy.port }),
      ...(login === undefined ? {} : { login }),
    });
  }

  /** Writes the user and password of the proxy where the node reads them. */
  writeProxyLogin(login: string): void {
    writeFileSync(join(this.#folder, "proxy-login"), login, { mode: 0o600 });
  }

  /** The owner writes to the bot. */
  say(text: string): void {
    this.telegram.person({ id: owner }).say(text);
  }

  /** Everything the bot shows its owner, without what has no content. */
  get shown(): readonly string[] {
    return answersTo(this.telegram.person({ id: owner }))
      .map(({ text }) => text)
      .filter((text) => text !== "…");
  }

  answered(text: string, withinMs: number): Promise<void> {
    const isAnswered = (): boolean => this.shown.some((each) => each.includes(text));
    return this.time().until(`"${text}" is answered`, isAnswered, withinMs);
  }

  /** Time from now on, of the processes between the owner and the answer. */
  time(): OwnTime {
    return new OwnTime(() =>
      [process.pid, this.node.pid, this.#relay?.pid, this.#botRelay?.process.pid].filter(
        (pid) => pid !== undefined,
      ),
    );
  }

  /** The health report, or undefined while nobody answers. */
  async health(): Promise<
    | {
        readonly ready: boolean;
        readonly parts: readonly { name: string; status: string; detail?: string }[];
      }
    | undefined
  > {
    try {
      return (await this.node.ask("/api/v1/health", { token: this.node.owner })).json;
    } catch {
      return undefined;
    }
  }

  /** Starts the relay, again where it was. */
  async startRelay(): Promise<number> {
    const script = join(import.meta.dirname, "run-relay.ts");
    const ports = [String(this.way.port), String(this.#relayPort)];
    const child = spawn(process.execPath, [script, host, ...ports], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    this.#relay = child;
    const [line] = await once(createInterface({ input: child.stdout }), "line");
    this.#relayPort = Number(line);
    return this.#relayPort;
  }

  async killRelay(): Promise<void> {
    if (this.#relay !== undefined) await endChild(this.#relay, "SIGKILL");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#node?.[Symbol.asyncDispose]();
    await this.killRelay();
    await this.#botRelay?.[Symbol.asyncDispose]();
    await this.#proxy?.[Symbol.asyncDispose]();
    await this.#stack.disposeAsync();
  }

  async #open(): Promise<void> {
    const { certificates, home } = this.#settings;
    this.writeToken(this.telegram.token);
    this.setMachine({});
    const config = ["telegram:", `  owners: [${owner}]`, ...(await this.#way())];
    this.#node = await NodeProcess.start({
      backend: this.model.url,
      config: `${[...config, ...(this.#settings.config ?? [])].join("\n")}\n`,
      ...(home === undefined ? {} : { home }),
      env: {
        NODE_OPTIONS: `--import ${join(import.meta.dirname, "faulty-machine.ts")}`,
        ADYTON_TEST_MACHINE: join(this.#folder, "machine.json"),
        ...(certificates === undefined ? {} : { NODE_EXTRA_CA_CERTS: certificates.trusted }),
      },
    });
    this.say("before");
    await this.answered("echo before", startMsMax);
  }

  /** Starts what is between the node and the messenger, and answers what the configuration says of it. */
  async #way(): Promise<readonly string[]> {
    const { certificates, isRelayed, botRelay, proxy } = this.#settings;
    if (botRelay !== undefined) {
      const { trusted } = certificates ?? assert.fail("a relay needs TLS");
      const { token } = this.telegram;
      const parts = { folder: this.#folder, host, port: this.way.port, token, trusted };
      this.#botRelay = await FaultyRelay.start(parts, botRelay);
      return this.#botRelay.config;
    }
    const token = `  token_file: ${join(this.#folder, "token")}`;
    const root = `  api_root: ${certificates === undefined ? "http" : "https"}://${host}`;
    if (isRelayed === true)
      return [
        token,
        root,
        "  via: blind",
        "relay:",
        `  address: 127.0.0.1:${await this.startRelay()}`,
      ];
    if (proxy === undefined) return [token, `${root}:${this.way.port}`];
    await this.startProxy();
    const address = `  proxy: ${proxy.kind}://127.0.0.1:${this.proxy.port}`;
    if (proxy.login === undefined) return [token, root, "  via: proxy", address];
    this.writeProxyLogin(proxy.login);
    const login = `  proxy_login_file: ${join(this.#folder, "proxy-login")}`;
    return [token, root, "  via: proxy", address, login];
  }
}
