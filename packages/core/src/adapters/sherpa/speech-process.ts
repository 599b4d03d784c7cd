import { availableParallelism } from "node:os";
import { optionalPackage } from "@adyton/runtime/optional-package";
import { type PackageProcess, startPackage } from "@adyton/runtime/package-process";
import { residentMibOf } from "@adyton/runtime/resident-memory";
import * as z from "zod";
import type { SpeechModel } from "./speech-model.ts";

export interface SpeechLimits {
  /** Of one recording, by what is in it and not by what it says of itself. */
  readonly secondsMax: number;
  /** Of all memory that the process holds (watched on Linux). */
  readonly residentMibMax: number;
}

export const speechLimits: SpeechLimits = { secondsMax: 1_200, residentMibMax: 4_096 };

export const speech = optionalPackage("speech");
const heapMegabytesMax = 256;
/** More threads than this help little with a model for speech, and the node has other work. */
const threadsMax = 4;
/** Milliseconds between two looks at how much memory the process holds. */
const lookEveryMs = 200;
/** Characters of what the native code says while it loads a model. */
const complaintCharsMax = 2_000;
const reasonCharsMax = 300;
const wordsCharsMax = 256 * 1024;

const Told = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("loaded") }),
  z.object({ kind: z.literal("refused"), reason: z.string().max(reasonCharsMax) }),
  z.object({
    kind: z.literal("heard"),
    words: z.string().max(wordsCharsMax),
    seconds: z.number(),
  }),
  z.object({ kind: z.enum(["not_opus", "too_long"]) }),
]);

export type Answer =
  | { readonly kind: "heard"; readonly words: string; readonly seconds: number }
  | { readonly kind: "not_opus" | "too_long" }
  /** The process is gone; how that came follows "it" in a sentence. */
  | { readonly kind: "ended"; readonly how: string };

/**
 * The process that holds a model for speech. It takes one recording at a time. Native code cannot be interrupted: to stop
 * what it does is to end it.
 */
export class SpeechProcess implements AsyncDisposable {
  readonly #process: PackageProcess;
  readonly #loaded = Promise.withResolvers<string | undefined>();
  readonly #watch: NodeJS.Timeout;
  #answered: ((answer: Answer) => void) | undefined;
  #isTooLarge = false;
  /** How it ended. */
  #end: string | undefined;

  constructor(model: SpeechModel, { secondsMax, residentMibMax }: SpeechLimits = speechLimits) {
    let complaint = "";
    const threads = Math.max(1, Math.min(threadsMax, availableParallelism() - 1));
    this.#process = startPackage(
      speech,
      { ...model, threads, secondsMax },
      {
        heapMegabytesMax,
        isConfined: true,
        onMessage: (message) => {
          this.#checkMemory(residentMibMax);
          this.#told(Told.safeParse(message).data);
        },
        onComplaint: (text) => {
          complaint = (complaint + text).slice(-complaintCharsMax);
        },
      },
    );
    this.#watch = setInterval(() => this.#checkMemory(residentMibMax), lookEveryMs).unref();
    void this.#untilEnd(residentMibMax, () => lastLine(complaint));
  }

  /** Why the model cannot be loaded; `undefined` once it is. Never rejects. */
  get refusal(): Promise<string | undefined> {
    return this.#loaded.promise;
  }

  /** MiB of memory that it holds; zero where that cannot be told. */
  get residentMib(): number {
    return residentMibOf(this.#process.pid);
  }

  get hasEnded(): boolean {
    return this.#end !== undefined;
  }

  /** Writes down an Ogg Opus file. The next one is for when the answer is there. Never rejects. */
  async hear(bytes: Uint8Array): Promise<Answer> {
    const refusal = await this.#loaded.promise;
    const how = this.#end ?? refusal;
    if (how !== undefined) return { kind: "ended", how };
    const { promise, resolve } = Promise.withResolvers<Answer>();
    this.#answered = resolve;
    this.#process.send(bytes);
    return await promise;
  }

  /** Ends it at once; resolves when it is gone. */
  async end(): Promise<void> {
    this.#process.kill();
    await this.#process.ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
  }

  async #untilEnd(mibMax: number, lastWords: () => string | undefined): Promise<void> {
    const how = await this.#process.ended;
    clearInterval(this.#watch);
    this.#end = this.#isTooLarge ? `took more than ${mibMax} MiB of memory` : how;
    this.#loaded.resolve((this.#isTooLarge ? undefined : lastWords()) ?? this.#end);
    this.#answer({ kind: "ended", how: this.#end });
  }

  #checkMemory(mibMax: number): void {
    if (this.residentMib <= mibMax) return;
    this.#isTooLarge = true;
    this.#process.kill();
  }

  #told(told: z.infer<typeof Told> | undefined): void {
    // What is not of this form is no answer of ours: the process is another one than it was.
    if (told === undefined) this.#process.kill();
    else if (told.kind === "loaded") this.#loaded.resolve(undefined);
    else if (told.kind === "refused") this.#loaded.resolve(plain(told.reason));
    else this.#answer(told);
  }

  #answer(answer: Answer): void {
    this.#answered?.(answer);
    this.#answered = undefined;
  }
}

/** What the native code said last, without what a terminal would obey. */
function lastLine(text: string): string | undefined {
  const line = text.trim().split("\n").at(-1);
  return line === undefined || line === "" ? undefined : plain(line).slice(-reasonCharsMax);
}

const plain = (text: string): string => text.replaceAll(/[\p{Cc}\p{Cf}]+/gu, " ").trim();
