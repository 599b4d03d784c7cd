import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { lastingPort } from "../../packages/core/test/lasting-port.ts";

const upMsMax = 30_000;

/** Why no Redis can be started here, for a test's `skip`; `false` when one can. */
export const redisIsMissing: string | false =
  spawnSync("redis-server", ["--version"]).status === 0 ? false : "redis-server is not installed";

export interface RedisProcessOptions {
  /** Every write is on disk before it is answered. By default nothing is kept. */
  readonly persistent?: boolean;
  readonly password?: string;
  readonly host?: string;
}

/** A real Redis on a free port with a folder of its own; it can be killed and started again where it was. */
export class RedisProcess implements AsyncDisposable {
  readonly host: string;
  readonly port: number;
  readonly #options: RedisProcessOptions;
  readonly #folder = mkdtempSync(join(tmpdir(), "adyton-redis-"));
  #child: ChildProcess | undefined;

  private constructor(options: RedisProcessOptions, port: number) {
    this.#options = options;
    this.host = options.host ?? "127.0.0.1";
    this.port = port;
  }

  static async start(options: RedisProcessOptions = {}): Promise<RedisProcess> {
    const redis = new RedisProcess(options, await lastingPort());
    await redis.start();
    return redis;
  }

  get url(): string {
    return `redis://${this.host}:${this.port}/0`;
  }

  get folder(): string {
    return this.#folder;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  async start(): Promise<void> {
    const { persistent = false, password } = this.#options;
    const keep = persistent
      ? ["--appendonly", "yes", "--appendfsync", "always"]
      : ["--appendonly", "no"];
    const args = ["--port", String(this.port), "--bind", this.host, "--dir", this.#folder];
    const lock = password === undefined ? [] : ["--requirepass", password];
    this.#child = spawn("redis-server", [...args, "--save", "", ...keep, ...lock], {
      stdio: "ignore",
    });
    const untilMs = performance.now() + upMsMax;
    while (!(await this.#answers())) {
      if (performance.now() > untilMs) throw new Error("redis-server does not come up");
      await sleep(10);
    }
  }

  /** `kill -9`, and waits until it is gone. */
  async kill(signal: "SIGKILL" | "SIGTERM" = "SIGKILL"): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, "exit");
    child.kill(signal);
    await gone;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #answers(): Promise<boolean> {
    const socket = connect(this.port, this.host);
    try {
      await once(socket, "connect");
      socket.write("PING\r\n");
      const [answer] = (await once(socket, "data")) as [Buffer];
      return /PONG|NOAUTH/.test(answer.toString());
    } catch {
      return false;
    } finally {
      socket.destroy();
    }
  }
}
