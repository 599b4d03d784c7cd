import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { environment, flags } from "../../packages/relay/src/bundle.ts";
import { endChild } from "./end-child.ts";
import { firstLine } from "./first-line.ts";
import { lastingPort } from "../../packages/core/test/lasting-port.ts";

/** The emulated messenger, which may be a process of its own. */
interface Telegram {
  readonly port: number;
  readonly token: string;
}

/** The relay of the layout `bot` as a process that can be killed and started again, always at the same port. */
export class BotRelayProcess implements AsyncDisposable {
  readonly keyFile: string;
  readonly #arguments: readonly string[];
  readonly #tokenFile: string;
  readonly #spool: readonly string[];
  #child: ChildProcess | undefined;
  port = 0;

  private constructor(folder: string, host: string, telegram: Telegram, spool: readonly string[]) {
    this.#spool = spool;
    this.keyFile = join(folder, "link.key");
    this.#tokenFile = join(folder, "bot.token");
    writeFileSync(this.keyFile, randomBytes(32).toString("hex"), { mode: 0o600 });
    writeFileSync(this.#tokenFile, telegram.token, { mode: 0o600 });
    this.#arguments = [join(import.meta.dirname, "run-bot-relay.ts"), host, String(telegram.port)];
  }

  /**
   * The key and the token are written into the folder; `host` is what the emulator's certificate names. With a spool's
   * folder it polls by itself once no node is there.
   */
  static async start(
    folder: string,
    host: string,
    telegram: Telegram,
    ...spool: readonly string[]
  ): Promise<BotRelayProcess> {
    const relay = new BotRelayProcess(folder, host, telegram, spool);
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
    const args = [
      ...this.#arguments,
      String(this.port),
      this.#tokenFile,
      this.keyFile,
      ...this.#spool,
    ];
    // Nearly as its launcher starts it: code that is only interpreted cannot take types out.
    const child = spawn(process.execPath, [...flags, ...args], {
      stdio: ["ignore", "pipe", "inherit"],
      env: { ...process.env, ...environment },
    });
    this.#child = child;
    this.port = Number(await firstLine(child));
  }

  async kill(): Promise<void> {
    if (this.#child !== undefined) await endChild(this.#child, "SIGKILL");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child !== undefined) await endChild(this.#child, "SIGTERM");
  }
}
