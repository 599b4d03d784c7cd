import type { Bilingual, Health } from "@adyton/protocol";
import type { Clock } from "@adyton/runtime/clock";
import { isInstalled, type OptionalPackage } from "@adyton/runtime/optional-package";
import { Places } from "@adyton/runtime/places";
import type { Heard, Recording } from "../../ports/file-words.ts";
import { localSpeechWords as words } from "./local-speech-words.ts";
import { readSpeechModel, type SpeechModel } from "./speech-model.ts";
import {
  type Answer,
  speech,
  type SpeechLimits,
  speechLimits,
  SpeechProcess,
} from "./speech-process.ts";

export interface LocalTranscriberOptions {
  /** With the files of a model. */
  readonly folder: string;
  /** Of the health report. */
  readonly language: keyof Bilingual;
  readonly clock: Clock;
  readonly limits?: Partial<LocalLimits>;
  /** The package of the engine, where it is another one. */
  readonly engine?: OptionalPackage;
}

interface LocalLimits extends SpeechLimits {
  /** Milliseconds until a recording is written down, the loading of the model included. */
  readonly hearMsMax: number;
  /** The process that nothing is asked of for so many milliseconds ends: a model takes hundreds of MiB. */
  readonly idleMsMax: number;
}

const localLimits: LocalLimits = {
  ...speechLimits,
  hearMsMax: 10 * 60_000,
  idleMsMax: 10 * 60_000,
};

/**
 * Writes down recordings on this machine, with a model in a process of its own. It is started for the first recording,
 * ended when nobody speaks for a while, and started anew when it is gone, however it went.
 */
export class LocalTranscriber implements AsyncDisposable {
  readonly #options: LocalTranscriberOptions;
  readonly #limits: LocalLimits;
  readonly #places = new Places(1);
  readonly #stopped = new AbortController();
  #process: SpeechProcess | undefined;
  #idle: Disposable | undefined;
  #looking: Promise<unknown> = Promise.resolve();
  #trouble: { readonly words: Bilingual; readonly sinceMs: number } | undefined;
  #hasHeard = false;

  constructor(options: LocalTranscriberOptions) {
    this.#options = options;
    this.#limits = { ...localLimits, ...options.limits };
  }

  /** Looks whether there is all that it takes; loads nothing. */
  start(): void {
    this.#looking = this.#look();
  }

  /** How recognition stands, as a part of the health report. */
  health(): Health["parts"][number] {
    const { language } = this.#options;
    if (this.#trouble === undefined) {
      const detail = (this.#hasHeard ? words.works : words.idle)[language];
      return { name: "voice", status: "ok", detail };
    }
    const { words: said, sinceMs } = this.#trouble;
    const since = new Date(sinceMs).toISOString();
    return { name: "voice", status: "degraded", detail: said[language], since };
  }

  /** Rejects only with the signal's reason. */
  async hear(recording: Recording, signal: AbortSignal): Promise<Heard> {
    const either = AbortSignal.any([signal, this.#stopped.signal]);
    const heard = await this.#places.within(() => this.#hear(recording.bytes, either), either);
    either.throwIfAborted();
    return heard;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped.abort(new Error("speech is not recognised any more"));
    await this.#looking;
    await this.#end();
  }

  async #hear(bytes: Uint8Array, signal: AbortSignal): Promise<Heard> {
    const model = await this.#look();
    if (model === undefined || signal.aborted) return failed(words.down);
    const { hearMsMax, idleMsMax, secondsMax } = this.#limits;
    const { clock } = this.#options;
    this.#idle?.[Symbol.dispose]();
    if (this.#process?.hasEnded !== false) this.#process = new SpeechProcess(model, this.#limits);
    const process = this.#process;
    let isTooSlow = false;
    const end = (): void => void process.end();
    signal.addEventListener("abort", end, { once: true });
    const timer = clock.setTimer(hearMsMax, () => {
      isTooSlow = true;
      end();
    });
    const answer = await process.hear(bytes);
    timer[Symbol.dispose]();
    signal.removeEventListener("abort", end);
    if (signal.aborted) return failed(words.down);
    this.#idle = clock.setTimer(idleMsMax, () => void this.#end());
    if (isTooSlow) return failed(words.tooSlow(hearMsMax / 1_000));
    return await this.#outcome(answer, process, secondsMax);
  }

  async #outcome(answer: Answer, process: SpeechProcess, secondsMax: number): Promise<Heard> {
    if (answer.kind === "ended") {
      void this.#end();
      const refusal = await process.refusal;
      this.#fails(refusal === undefined ? words.ended(answer.how) : words.refused(refusal));
      return failed(refusal === undefined ? words.failed : words.down);
    }
    this.#trouble = undefined;
    this.#hasHeard = true;
    if (answer.kind === "heard") return { kind: "heard", words: answer.words };
    return failed(answer.kind === "not_opus" ? words.notOpus : words.tooLong(secondsMax / 60));
  }

  /** The model, where it and the engine are there. */
  async #look(): Promise<SpeechModel | undefined> {
    const outcome = await readSpeechModel(this.#options.folder);
    if (outcome.kind === "refused") this.#fails(words.unusable(outcome.words));
    else if (isInstalled(this.#options.engine ?? speech)) return outcome.model;
    else this.#fails(words.notInstalled);
    return undefined;
  }

  #fails(said: Bilingual): void {
    this.#trouble = { words: said, sinceMs: this.#trouble?.sinceMs ?? this.#options.clock.nowMs() };
  }

  async #end(): Promise<void> {
    this.#idle?.[Symbol.dispose]();
    const process = this.#process;
    // Whoever comes now gets another one.
    this.#process = undefined;
    await process?.end();
  }
}

const failed = (detail: Bilingual): Heard => ({ kind: "failed", detail });
