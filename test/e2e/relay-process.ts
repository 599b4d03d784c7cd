import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { environment, flags } from "../../packages/relay/src/bundle.ts";
import { endChild } from "./end-child.ts";
import { firstLine } from "./first-line.ts";
import { lastingPort } from "../../packages/core/test/lasting-port.ts";

/** The relay's forwarder as a process of its own. A later start listens at the port of the first. */
export class RelayProcess implements AsyncDisposable {
  readonly #target: readonly string[];
  #child: ChildProcess | undefined;
  port = 0;

  private constructor(host: string, port: number) {
    this.#target = [host, String(port)];
  }

  /** Forwards to a host, which is at the port on the loopback. */
  static async start(host: string, port: number): Promise<RelayProcess> {
    const relay = new RelayProcess(host, port);
    await relay.start();
    return relay;
  }

  async start(): Promise<void> {
    if (this.port === 0) this.port = await lastingPort();
    const script = join(import.meta.dirname, "run-relay.ts");
    const args = [script, ...this.#target, String(this.port)];
    // As its launcher starts it.
    const child = spawn(process.execPath, [...flags, ...args], {
      stdio: ["ignore", "pipe", "inherit"],
      env: { ...process.env, ...environment },
    });
    this.#child = child;
    this.port = Number(await firstLine(child));
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  async kill(): Promise<void> {
    await this.#end("SIGKILL");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end("SIGTERM");
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    if (this.#child !== undefined) await endChild(this.#child, signal);
  }
}
