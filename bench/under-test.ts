import { readFileSync } from "node:fs";
import { get } from "node:http";
import { join } from "node:path";
import { Child, freePort } from "./child.ts";
import type { Load, LoadResult } from "./load-client.ts";

const script = join(import.meta.dirname, "../adyton");

/** The node as a user starts it. */
export class NodeUnderTest implements AsyncDisposable {
  readonly home: string;
  readonly port: number;
  readonly child: Child;
  /** Milliseconds from the spawn to the first answer. */
  readonly startMs: number;

  private constructor(home: string, port: number, child: Child, startMs: number) {
    this.home = home;
    this.port = port;
    this.child = child;
    this.startMs = startMs;
  }

  /** Starts it in `home` beside the model server on a port, as its folder says, or without a model, until it is ready. */
  static async start(home: string, upstream?: number | "configured"): Promise<NodeUnderTest> {
    const port = await freePort();
    const backend = upstream === undefined ? "none" : `http://127.0.0.1:${upstream}/v1`;
    const choice = upstream === "configured" ? [] : ["--backend", backend];
    const args = ["up", "--home", home, "--port", String(port), ...choice];
    const startedMs = performance.now();
    const child = Child.spawn(script, args, { LC_ALL: "C" });
    try {
      await answers(port, "/api/v1/health", child);
      const startMs = performance.now() - startedMs;
      // The first answer comes before the start is over: the compiled code is kept only after its last line.
      await child.line(/Ctrl-C/);
      return new NodeUnderTest(home, port, child, startMs);
    } catch (error) {
      await child.stop();
      throw error;
    }
  }

  get ownerToken(): string {
    return readFileSync(join(this.home, "token"), "utf8").trim();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.child.stop();
  }
}

const answerMsMax = 60_000;
const betweenTriesMs = 3;

/** Asks every few milliseconds until there is an answer with status 200. Throws when the process ends or a minute passes. */
export async function answers(port: number, path: string, child: Child): Promise<void> {
  const deadlineMs = performance.now() + answerMsMax;
  while ((await statusOf(port, path)) !== 200) {
    if (child.hasEnded || performance.now() > deadlineMs)
      throw new Error(`no answer on port ${port}: ${child.output}`);
    await new Promise((resolve) => setTimeout(resolve, betweenTriesMs));
  }
}

/** The status of one GET; undefined when nothing listens. */
function statusOf(port: number, path: string): Promise<number | undefined> {
  const { promise, resolve } = Promise.withResolvers<number | undefined>();
  const request = get({ host: "127.0.0.1", port, path, agent: false }, (response) => {
    response.resume().once("end", () => resolve(response.statusCode));
  });
  request.once("error", () => resolve(undefined));
  return promise;
}

/** The model server, in a process of its own. */
export class Upstream implements AsyncDisposable {
  readonly port: number;
  readonly child: Child;

  private constructor(port: number, child: Child) {
    this.port = port;
    this.child = child;
  }

  static async start(): Promise<Upstream> {
    const child = Child.fork("./upstream.ts");
    const { port } = await child.ask<{ port: number }>({});
    return new Upstream(port, child);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.child.stop();
  }
}

/** The clients, in a process of their own that stays warm between rounds. */
export class LoadClient implements AsyncDisposable {
  readonly #child = Child.fork("./load-client.ts");

  /** Throws with the first answer that was no success: a figure of refusals would measure nothing. */
  async run(load: Load): Promise<LoadResult> {
    const result = await this.#child.ask<LoadResult>(load);
    if (result.refused !== undefined) throw new Error(`refused: ${result.refused}`);
    return result;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#child.stop();
  }
}
