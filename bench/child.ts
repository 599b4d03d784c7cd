import { type ChildProcess, fork, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:net";

const outputCharsMax = 100_000;
const readyMsMax = 60_000;
const stopMsMax = 10_000;

const running = new Set<ChildProcess>();
// Nothing of a bench outlives it, however it ends.
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
  process.once(signal, () => process.exit(130));

/** A process of a bench: started, waited for, asked, stopped by its own id. */
export class Child implements AsyncDisposable {
  readonly #process: ChildProcess;
  readonly #exited: Promise<unknown>;
  #output = "";

  private constructor(child: ChildProcess) {
    this.#process = child;
    this.#exited = once(child, "exit");
    this.#exited.catch(() => undefined);
    running.add(child);
    child.once("exit", () => running.delete(child));
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding("utf8").on("data", (text: string) => {
        this.#output = (this.#output + text).slice(-outputCharsMax);
      });
  }

  static spawn(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Child {
    return new Child(
      spawn(command, args, {
        env: { ...process.env, ...env },
        stdio: ["ignore", "pipe", "pipe"],
      }),
    );
  }

  /** Starts a module of the bench, to be asked by `ask`. */
  static fork(name: string, args: readonly string[] = [], execArgv: readonly string[] = []): Child {
    const file = new URL(name, import.meta.url);
    return new Child(
      fork(file, args, { execArgv: [...execArgv], stdio: ["ignore", "pipe", "pipe", "ipc"] }),
    );
  }

  get pid(): number {
    if (this.#process.pid === undefined) throw new Error(`not started: ${this.#output}`);
    return this.#process.pid;
  }

  get output(): string {
    return this.#output;
  }

  get hasEnded(): boolean {
    return this.#process.exitCode !== null || this.#process.signalCode !== null;
  }

  /** Waits for a line of output. Throws with the output when the process ends or a minute passes before. */
  async line(pattern: RegExp): Promise<RegExpExecArray> {
    const deadlineMs = performance.now() + readyMsMax;
    for (;;) {
      const match = pattern.exec(this.#output);
      if (match !== null) return match;
      if (this.hasEnded || performance.now() > deadlineMs)
        throw new Error(`no ${String(pattern)} in: ${this.#output}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  /** Sends a message and returns the answer. Throws with the output when the process ends first. */
  async ask<Answer>(message: object): Promise<Answer> {
    const answered = once(this.#process, "message") as Promise<[Answer]>;
    this.#process.send(message);
    const first = await Promise.race([answered, this.#exited.then(() => undefined)]);
    if (first === undefined) throw new Error(`ended without an answer: ${this.#output}`);
    return first[0];
  }

  /** Waits until the process ends by itself. */
  async end(): Promise<void> {
    await this.#exited;
  }

  /** Ends the process and waits for it. */
  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    if (!this.hasEnded) {
      this.#process.kill(signal);
      const timer = setTimeout(() => this.#process.kill("SIGKILL"), stopMsMax);
      await this.#exited;
      clearTimeout(timer);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

/** Mebibytes of a process: resident, its proportional share of shared pages, and the most it ever had resident. */
export function memoryOf(pid: number): { readonly rss: number; pss: number; peak: number } {
  const read = (file: string, name: string): number => {
    const text = readFileSync(`/proc/${pid}/${file}`, "utf8");
    const kib = new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(text)?.[1];
    if (kib === undefined) throw new Error(`${file} of ${pid} has no ${name}`);
    return Number(kib) / 1_024;
  };
  return {
    rss: read("status", "VmRSS"),
    peak: read("status", "VmHWM"),
    pss: read("smaps_rollup", "Pss"),
  };
}

/** Milliseconds of processor time a process has used so far, in all its threads: what a busy machine distorts least. */
export function processorMs(pid: number): number {
  return readdirSync(`/proc/${pid}/task`).reduce((sum, thread) => {
    const [nanoseconds] = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ");
    return sum + Number(nanoseconds) / 1e6;
  }, 0);
}

/** A port of the loopback that is free now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}
