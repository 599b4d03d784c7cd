import type { Bilingual } from "@adyton/protocol";
import { installPackage } from "@adyton/runtime/install-package";
import { isInstalled } from "@adyton/runtime/optional-package";
import { localSpeechWords } from "./adapters/sherpa/local-speech-words.ts";
import { readSpeechModel, type SpeechModelRefusal } from "./adapters/sherpa/speech-model.ts";
import {
  type Answer,
  speech,
  speechLimits,
  SpeechProcess,
} from "./adapters/sherpa/speech-process.ts";

/** A model for speech that the node runs itself: whether it can, and what it hears. */

export { InstallError } from "@adyton/runtime/install-package";

export interface SpeechCheckOptions {
  /** With the files of the model. */
  readonly folder: string;
  /** An Ogg Opus file to write down, for a try. */
  readonly recording?: Uint8Array | undefined;
  readonly onStep: (step: "installing" | "loading" | "hearing") => void;
  readonly signal: AbortSignal;
}

export type SpeechCheck =
  | { readonly kind: "refused"; readonly words: Bilingual }
  | {
      readonly kind: "ok";
      readonly loadMs: number;
      /** MiB of memory that the process held at its end; zero where that cannot be told. */
      readonly residentMib: number;
      readonly heard:
        | { readonly words: string; readonly seconds: number; readonly hearMs: number }
        | undefined;
    };

/** What there is of all that it takes to hear; the first thing that is missing. */
export type SpeechFound =
  | { readonly kind: "all" | "no_engine" }
  | { readonly kind: SpeechModelRefusal["reason"]; readonly words: Bilingual };

/** Looks whether a folder has a model for speech, and whether the engine is there. Loads and installs nothing. */
export async function findSpeech(folder: string, engine = speech): Promise<SpeechFound> {
  const found = await readSpeechModel(folder);
  if (found.kind === "ok") return { kind: isInstalled(engine) ? "all" : "no_engine" };
  return { kind: found.reason, words: found.words };
}

/** Installs the engine for speech, where that has not been done. Throws `InstallError`. */
export async function installSpeechEngine(
  signal: AbortSignal,
  onBegin?: () => void,
): Promise<void> {
  await installPackage(speech, signal, onBegin);
}

/**
 * Looks at the files of a model, installs the engine on first use, and has it load the model and write down a
 * recording. Throws `InstallError`, and the signal's reason.
 */
export async function checkSpeech(options: SpeechCheckOptions): Promise<SpeechCheck> {
  const { folder, recording, onStep, signal } = options;
  const found = await readSpeechModel(folder);
  if (found.kind === "refused") return found;
  await installSpeechEngine(signal, () => onStep("installing"));
  onStep("loading");
  await using process = new SpeechProcess(found.model);
  const end = (): void => void process.end();
  signal.addEventListener("abort", end, { once: true });
  if (signal.aborted) end();
  const startedMs = performance.now();
  const refusal = await process.refusal;
  signal.throwIfAborted();
  if (refusal !== undefined) return { kind: "refused", words: localSpeechWords.refused(refusal) };
  const loadMs = performance.now() - startedMs;
  if (recording === undefined)
    return { kind: "ok", loadMs, residentMib: process.residentMib, heard: undefined };
  onStep("hearing");
  const beganMs = performance.now();
  const answer = await process.hear(recording);
  signal.throwIfAborted();
  if (answer.kind !== "heard") return { kind: "refused", words: wordsOf(answer) };
  const { words, seconds } = answer;
  const heard = { words, seconds, hearMs: performance.now() - beganMs };
  return { kind: "ok", loadMs, residentMib: process.residentMib, heard };
}

function wordsOf(answer: Exclude<Answer, { readonly kind: "heard" }>): Bilingual {
  if (answer.kind === "ended") return localSpeechWords.ended(answer.how);
  if (answer.kind === "not_opus") return localSpeechWords.notOpus;
  return localSpeechWords.tooLong(speechLimits.secondsMax / 60);
}
