import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { environment, flags } from "../../packages/relay/src/bundle.ts";
import type { SpoolLimits } from "../../packages/relay/src/spool/spool-folder.ts";
import { endChild } from "./end-child.ts";
import { firstLine } from "./first-line.ts";
import { lastingPort } from "../../packages/core/test/lasting-port.ts";

/** The emulated messenger, which may be a process of its own. */
interface Telegram {
  readonly port: number;
  readonly token: string;
}

export interface BotRelaySettings {
  /** The spool's folder: with it the relay polls by itself once no node is there. */
  readonly spool?: string;
  readonly limits?: Partial<SpoolLimits>;
  /** Added to the environment of its process. */
  readonly env?: Readonly<Record<string, string>>;
}

/** What the process is started with. */
export interface BotRelayRun extends Omit<BotRelaySettings, "env"> {
  readonly host: string;
  readonly hostPort: number;
  readonly port: number;
  readonly timePort: number;
  readonly tokenFile: string;
  readonly keyFile: string;
}

/** The relay of the layout `bot` as a process that can be killed and started again, always at the same ports. */
export class BotRelayProcess implements AsyncDisposable {
  readonly keyFile: string;
  readonly tokenFile: string;
  readonly #run: Omit<BotRelayRun, "port" | "timePort">;
  readonly #env: BotRelaySettings["env"];
  #child: ChildProcess | undefined;
  port = 0;
  timePort = 0;
  /** What its processes have logged. */
  log = "";

  private constructor(
    folder: string,
    host: string,
    telegram: Telegram,
    { env, ...settings }: BotRelaySettings,
  ) {
    this.keyFile = join(folder, "link.key");
    this.tokenFile = join(folder, "bot.token");
    writeFileSync(this.keyFile, randomBytes(32).toString("hex"), { mode: 0o600 });
    writeFileSync(this.tokenFile, telegram.token, { mode: 0o600 });
    const { keyFile, tokenFile } = this;
    this.#run = { ...settings, host, hostPort: telegram.port, keyFile, tokenFile };
    this.#env = env;
  }

  /** The key and the token are written into the folder; `host` is what the emulator's certificate names. */
  static async start(
    folder: string,
    host: string,
    telegram: Telegram,
    settings: BotRelaySettings = {},
  ): Promise<BotRelayProcess> {
    const relay = new BotRelayProcess(folder, host, telegram, settings);
    await relay.start();
    return relay;
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  /** What a node's configuration says, so that this relay runs its bot. */
  get config(): string {
    return [
      "telegram:",
      "  owners: [1]",
      "  allowed_user_ids: [2]",
      "  via: bot",
      "relay:",
      `  address: 127.0.0.1:${this.port}`,
      `  link_key_file: ${this.keyFile}`,
      "",
    ].join("\n");
  }

  async start(): Promise<void> {
    if (this.port === 0) this.port = await lastingPort();
    if (this.timePort === 0) this.timePort = await lastingPort();
    const { port, timePort } = this;
    const run: BotRelayRun = { ...this.#run, port, timePort };
    const script = join(import.meta.dirname, "run-bot-relay.ts");
    // Nearly as its launcher starts it: code that is only interpreted cannot take types out.
    const child = spawn(process.execPath, [...flags, script, JSON.stringify(run)], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...environment, ...this.#env },
    });
    this.#child = child;
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.log += text;
    });
    try {
      await firstLine(child);
    } catch (error) {
      throw new Error(`the relay does not start: ${this.log}`, { cause: error });
    }
  }

  async kill(): Promise<void> {
    if (this.#child !== undefined) await endChild(this.#child, "SIGKILL");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child !== undefined) await endChild(this.#child, "SIGTERM");
  }
}
