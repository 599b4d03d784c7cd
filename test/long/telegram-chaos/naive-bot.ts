import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { endChild } from "../../e2e/end-child.ts";
import type { Victim } from "./run-chaos.ts";
import type { OpenWorld } from "./world-plan.ts";

const script = join(import.meta.dirname, "run-naive-bot.ts");

/** The bot of run-naive-bot.ts, to be killed. */
export class NaiveBot implements Victim, AsyncDisposable {
  readonly name = "core";
  readonly #open: OpenWorld;
  #child: ChildProcess | undefined;

  constructor(open: OpenWorld) {
    this.#open = open;
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  start(): Promise<void> {
    const { apiRoot, token, model } = this.#open;
    this.#child = spawn(process.execPath, [script, `${apiRoot}/bot${token}`, model], {
      stdio: ["pipe", "inherit", "inherit"],
    });
    return Promise.resolve();
  }

  async kill(): Promise<void> {
    if (this.#child !== undefined) await endChild(this.#child, "SIGKILL");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}
