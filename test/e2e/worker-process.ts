import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { environment, main } from "./cli-process.ts";
import { endChild } from "./end-child.ts";
import type { Notice } from "./node-process.ts";

export interface WorkerSettings {
  readonly name: string;
  readonly redis: string;
  readonly backend: string;
  readonly keyFile?: string;
  readonly concurrency?: number;
  /** Words before the command: runs it in another network namespace. */
  readonly through?: readonly string[];
}

/** A real worker, as `adyton worker` starts it, in a process of its own. */
export class WorkerProcess implements AsyncDisposable {
  readonly #settings: WorkerSettings;
  #child: ChildProcess | undefined;
  /** What the present process has logged. */
  lines: Notice[] = [];

  private constructor(settings: WorkerSettings) {
    this.#settings = settings;
  }

  static async start(settings: WorkerSettings): Promise<WorkerProcess> {
    const worker = new WorkerProcess(settings);
    await worker.start();
    return worker;
  }

  /** Starts the process and waits until it is ready for jobs, whether or not Redis is there. */
  async start(): Promise<void> {
    const { name, redis, backend, keyFile, concurrency = 1, through = [] } = this.#settings;
    const key = keyFile === undefined ? [] : ["--key-file", keyFile];
    const command = [process.execPath, "--disable-warning=ExperimentalWarning", main, "worker"];
    const options = ["--redis", redis, "--backend", backend, "--name", name, "--json", ...key];
    const [program = "", ...args] = [...through, ...command, ...options];
    const child = spawn(program, [...args, "--concurrency", String(concurrency)], {
      env: environment(),
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#child = child;
    this.lines = [];
    let errors = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (errors += text));
    const { promise: ready, resolve, reject } = Promise.withResolvers<void>();
    createInterface({ input: child.stdout }).on("line", (text) => {
      const line = JSON.parse(text) as Notice;
      this.lines.push(line);
      if (line["message"] === "the worker is ready for jobs") resolve();
    });
    child.once("exit", () => reject(new Error(`the worker ended: ${errors}`)));
    await ready;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** The outcomes it has logged. */
  get jobs(): readonly Notice[] {
    return this.lines.filter(({ message }) => message === "a job ended");
  }

  async kill(): Promise<void> {
    await this.#end("SIGKILL");
  }

  /** Asks it to end, and answers its exit code. */
  async stop(): Promise<number | null> {
    return this.#end("SIGTERM");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end("SIGKILL");
  }

  async #end(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined) return null;
    return endChild(child, signal);
  }
}
