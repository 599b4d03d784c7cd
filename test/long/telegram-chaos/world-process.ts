import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { endChild } from "../../e2e/end-child.ts";
import type {
  FromWorld,
  Kill,
  OpenWorld,
  Progress,
  ToWorld,
  WorldPlan,
  WorldReport,
} from "./world-plan.ts";

const script = join(import.meta.dirname, "run-world.ts");

/** The world of a chaos run in a process of its own, which nobody kills. */
export class WorldProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly open: OpenWorld;
  progress: Progress = { kind: "progress", said: 0, answered: 0, isOver: false };

  private constructor(child: ChildProcess, open: OpenWorld) {
    this.#child = child;
    this.open = open;
    child.on("message", (message: FromWorld) => {
      if (message.kind === "progress") this.progress = message;
    });
  }

  static async start(plan: WorldPlan): Promise<WorldProcess> {
    const child = fork(script, [JSON.stringify(plan)], { execArgv: ["--max-old-space-size=2048"] });
    return new WorldProcess(child, await told(child, "open"));
  }

  /** People may have written so many messages by now. */
  allow(upTo: number): void {
    this.#send({ kind: "allow", upTo });
  }

  /** Ends the run: nobody writes any more. */
  async report(kills: readonly Kill[]): Promise<WorldReport> {
    const report = told(this.#child, "report");
    this.#send({ kind: "report", kills });
    return report;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await endChild(this.#child, "SIGKILL");
  }

  #send(message: ToWorld): void {
    this.#child.send(message);
  }
}

/** The next message of a kind. Rejects when the world ends before. */
async function told<K extends FromWorld["kind"]>(
  child: ChildProcess,
  kind: K,
): Promise<FromWorld & { readonly kind: K }> {
  const over = new AbortController();
  const { signal } = over;
  const ended = once(child, "exit", { signal }).then(() => {
    throw new Error("the world ended");
  });
  const { promise, resolve } = Promise.withResolvers<FromWorld & { readonly kind: K }>();
  const hear = (message: FromWorld): void => {
    if (isOf(message, kind)) resolve(message);
  };
  child.on("message", hear);
  try {
    return await Promise.race([promise, ended]);
  } finally {
    child.off("message", hear);
    ended.catch(() => undefined);
    over.abort();
  }
}

const isOf = <K extends FromWorld["kind"]>(
  message: FromWorld,
  kind: K,
): message is FromWorld & { readonly kind: K } => message.kind === kind;
