import { mkdirSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { systemClock, type Clock } from "@adyton/runtime/clock";
import { isInstalled, optionalPackage } from "@adyton/runtime/optional-package";
import { startPackage, stopMsMax } from "@adyton/runtime/package-process";
import { Supervisor } from "@adyton/runtime/supervisor";
import * as z from "zod";
import type { ServerHost } from "../../ports/server-host.ts";
import { modelProblem } from "./model-problem.ts";

/**
 * The process that holds a model file. It is started, started again when it ends, and stopped by its own id; why it
 * does not answer at present is known here. llama.cpp is native code that reads a file of somebody else's: whatever
 * becomes of it, the node goes on.
 */

export interface HostOptions {
  readonly file: string;
  readonly name: string;
  readonly socket: string;
  readonly slots: number;
  readonly threads?: number | undefined;
  readonly contextTokens?: number | undefined;
  readonly gpu: "auto" | "off";
  readonly log: (level: "info" | "warn", message: string, fields: Record<string, string>) => void;
  readonly clock?: Clock;
}

const llama = optionalPackage("llama");
const restart = { baseMs: 200, capMs: 30_000 };
const heapMegabytesMax = 512;
/** Whoever waits for a model that loads is let go after so long. */
const settleMsMax = 4_000;
/** `sun_path` of unix(7) holds 108 bytes with the final zero; macOS has 104. */
const socketPathBytesMax = process.platform === "darwin" ? 103 : 107;

const Told = z.discriminatedUnion("kind", [
  z.object({ kind: z.enum(["listening", "checked"]) }),
  z.object({ kind: z.literal("loading"), share: z.number() }),
  z.object({
    kind: z.literal("ready"),
    contextTokens: z.int(),
    threads: z.int(),
    gpu: z.union([z.string(), z.literal(false)]),
  }),
  z.object({ kind: z.literal("refused"), reason: z.string().max(1_000) }),
]);
type Told = z.infer<typeof Told>;

export class ModelHost implements ServerHost {
  readonly url: string;
  readonly name: string;
  readonly #options: HostOptions;
  readonly #supervisor: Supervisor;
  #trouble: string | undefined = "is starting";
  #settled = Promise.withResolvers<void>();

  /** Starts at once; nothing is waited for. */
  constructor(options: HostOptions) {
    this.#options = options;
    const { name, log, clock = systemClock } = options;
    this.url = `unix:${options.socket}`;
    this.name = `embedded:${name}`;
    this.#supervisor = new Supervisor({
      clock,
      stopMs: stopMsMax * 2,
      onFailure: () => {
        log("warn", "the embedded model does not run", { name, detail: this.#trouble ?? "" });
      },
    });
    this.#supervisor.loop("model", (signal) => this.#live(signal), { backoff: restart });
  }

  get trouble(): string | undefined {
    return this.#trouble;
  }

  async settled(): Promise<void> {
    await this.#settled.promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#supervisor[Symbol.asyncDispose]();
    this.#settled.resolve();
    rmSync(this.#options.socket, { force: true });
  }

  async #live(signal: AbortSignal): Promise<void> {
    const reason = await this.#whyNot();
    if (reason !== undefined) {
      this.#become(reason);
      this.#settled.resolve();
      throw new Error("refused");
    }
    const { file, name, socket, slots, threads, contextTokens, gpu } = this.#options;
    const settings = { file, name, socket, slots, threads, contextTokens, gpu };
    let refusal: string | undefined;
    const end = await runProcess(settings, signal, (told) => {
      if (told.kind === "listening") {
        this.#become("is loading");
        // A large model loads for a minute.
        const { resolve } = this.#settled;
        setTimeout(resolve, settleMsMax).unref();
      }
      if (told.kind === "loading") this.#become(`is loading, ${Math.floor(told.share * 100)} %`);
      if (told.kind === "refused") refusal = told.reason;
      if (told.kind === "ready") {
        this.#become(undefined);
        const { log } = this.#options;
        const fields = { window: String(told.contextTokens), threads: String(told.threads) };
        log("info", "the embedded model is loaded", { name, ...fields, gpu: told.gpu || "none" });
        this.#settled.resolve();
      }
    });
    if (signal.aborted) return;
    // One that worked is soon back, which is worth waiting for; one that never did may fail again and again.
    if (this.#trouble === undefined) this.#settled = Promise.withResolvers<void>();
    else this.#settled.resolve();
    this.#become(
      refusal === undefined ? `${end} and is started again` : `cannot be loaded: ${refusal}`,
    );
    throw new Error("ended");
  }

  /** What can be said without starting anything. */
  async #whyNot(): Promise<string | undefined> {
    const { file, socket } = this.#options;
    if (Buffer.byteLength(socket) > socketPathBytesMax)
      return `cannot be served: the path ${socket} is longer than the ${socketPathBytesMax} bytes of a socket's; give the node a folder with a shorter path`;
    if (!isInstalled(llama))
      return "cannot be loaded: its engine is not installed; run adyton model add once more";
    const problem = await modelProblem(file);
    if (problem !== undefined) return `cannot be loaded: ${problem.en}`;
    try {
      mkdirSync(dirname(socket), { recursive: true, mode: 0o700 });
      return undefined;
    } catch (error) {
      return `cannot be served: its socket's folder cannot be made (${codeOf(error)})`;
    }
  }

  #become(trouble: string | undefined): void {
    this.#trouble = trouble;
  }
}

/** Whether llama.cpp knows a file's architecture and vocabulary; the reason when not. */
export async function checkModel(file: string, signal: AbortSignal): Promise<string | undefined> {
  let reason: string | undefined;
  let isChecked = false;
  const settings = { file, name: "check", gpu: "off" };
  const end = await runProcess(settings, signal, (told) => {
    if (told.kind === "refused") ({ reason } = told);
    if (told.kind === "checked") isChecked = true;
  });
  return isChecked ? undefined : (reason ?? end);
}

/** Runs the process to its end and says how it ended. */
async function runProcess(
  settings: object,
  signal: AbortSignal,
  onTold: (told: Told) => void,
): Promise<string> {
  const running = startPackage(llama, settings, {
    heapMegabytesMax,
    onMessage: (message) => {
      const told = Told.safeParse(message);
      if (told.success) onTold(told.data);
    },
  });
  const stop = (): void => running.stop();
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  const end = await running.ended;
  signal.removeEventListener("abort", stop);
  return end;
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return "unknown";
  return "code" in error && typeof error.code === "string" ? error.code : error.name;
}
