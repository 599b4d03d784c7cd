import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { copyFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { BotRelayProcess, type BotRelaySettings } from "./bot-relay-process.ts";
import type { Machine } from "./faulty-machine.ts";
import { FaultyWay } from "./faulty-way.ts";

export type FaultyRelaySettings = Pick<BotRelaySettings, "spool" | "limits">;

interface RelayParts {
  readonly folder: string;
  readonly host: string;
  /** Where the way to the messenger begins. */
  readonly port: number;
  readonly token: string;
  /** The messenger's certificate, in a file. */
  readonly trusted: string;
}

/** The relay that runs the bot, with the link to it and the machine around it, all of which can fail. */
export class FaultyRelay implements AsyncDisposable {
  readonly link: FaultyWay;
  readonly process: BotRelayProcess;
  /** Where the link leads: to the relay unless another port is put in its place. */
  target: number;
  readonly #folder: string;
  readonly #spool: string | undefined;

  private constructor(
    parts: Pick<FaultyRelay, "link" | "process">,
    folder: string,
    spool: string | undefined,
  ) {
    this.link = parts.link;
    this.process = parts.process;
    this.target = parts.process.port;
    this.#folder = folder;
    this.#spool = spool;
  }

  static async start(
    { folder, host, port, token, trusted }: RelayParts,
    settings: FaultyRelaySettings,
  ): Promise<FaultyRelay> {
    await using stack = new AsyncDisposableStack();
    const env = {
      NODE_OPTIONS: `--import ${join(import.meta.dirname, "faulty-machine.ts")}`,
      ADYTON_TEST_MACHINE: join(folder, "relay-machine.json"),
      NODE_EXTRA_CA_CERTS: trusted,
    };
    const telegram = { port, token };
    const process = stack.use(
      await BotRelayProcess.start(folder, host, telegram, { ...settings, env }),
    );
    const after: { relay?: FaultyRelay } = {};
    const link = stack.use(await FaultyWay.to(() => after.relay?.target ?? process.port));
    const relay = new FaultyRelay({ link, process }, folder, settings.spool);
    relay.setMachine({});
    relay.giveNodeTheKey();
    after.relay = relay;
    stack.move();
    return relay;
  }

  /** What the node's configuration says. */
  get config(): readonly string[] {
    return [
      "  via: bot",
      "relay:",
      `  address: 127.0.0.1:${this.link.port}`,
      `  link_key_file: ${this.#nodeKey}`,
      `  time_port: ${this.process.timePort}`,
    ];
  }

  /** Changes the machine around the relay, from the next moment on. */
  setMachine(machine: Machine): void {
    writeFileSync(join(this.#folder, "relay-machine.json"), JSON.stringify(machine));
  }

  giveNodeTheKey(): void {
    copyFileSync(this.process.keyFile, this.#nodeKey);
  }

  giveNodeAnotherKey(): void {
    writeFileSync(this.#nodeKey, randomBytes(32).toString("hex"));
  }

  async restart(): Promise<void> {
    await this.process.kill();
    await this.process.start();
  }

  /** The spool's folder. */
  get spool(): string {
    return this.#spool ?? assert.fail("there is no spool");
  }

  /** Sealed records that wait for the node. */
  get spooled(): number {
    return readdirSync(this.spool).filter((name) => name.endsWith(".age")).length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.link[Symbol.asyncDispose]();
    await this.process[Symbol.asyncDispose]();
  }

  get #nodeKey(): string {
    return join(this.#folder, "node-link.key");
  }
}
