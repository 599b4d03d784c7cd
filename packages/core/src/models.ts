import { ensurePrivateFolder } from "@adyton/runtime/atomic-file";
import { CodedError } from "@adyton/runtime/coded-error";
import { installPackage } from "@adyton/runtime/install-package";
import { isInstalled, optionalPackage } from "@adyton/runtime/optional-package";
import type { Bilingual } from "@adyton/protocol";
import { type ModelFile, readModelFile } from "./adapters/llama-cpp/gguf-header.ts";
import {
  nameFromFile,
  removeModel,
  type StoredModel,
  storedModels,
  storeModel,
} from "./adapters/llama-cpp/model-folder.ts";
import { checkModel } from "./adapters/llama-cpp/model-host.ts";
import { problemWords } from "./adapters/llama-cpp/model-problem.ts";
import { modelNamePattern } from "./domain/model/model-name.ts";

/** Model files that the node runs itself: adding, listing and removing them. */

export type { ModelFile } from "./adapters/llama-cpp/gguf-header.ts";
export { InstallError } from "@adyton/runtime/install-package";
export { ModelFolderError } from "./adapters/llama-cpp/model-folder.ts";

/** `words` say what is wrong with the file or its name, and what to do. */
export class ModelError extends CodedError<"file_refused" | "name_refused" | "home_refused"> {
  readonly words: Bilingual;

  constructor(code: ModelError["code"], words: Bilingual, options?: ErrorOptions) {
    super(code, words.en, options);
    this.words = words;
  }
}

export type AddStep =
  | { readonly kind: "installing" | "checking" }
  | { readonly kind: "copying"; readonly done: number; readonly total: number };

export interface AddOptions {
  readonly home: string;
  readonly from: string;
  /** Absent, it is made from the file's. */
  readonly name: string | undefined;
  readonly onStep: (step: AddStep) => void;
  readonly signal: AbortSignal;
}

export interface AddedModel {
  readonly name: string;
  readonly file: ModelFile;
  readonly how: "linked" | "copied" | "there";
}

/**
 * Adds a model file: looks at its head, installs the engine on first use, has llama.cpp say whether it knows the
 * architecture, and only then puts the file into the home. Throws `ModelError`, `InstallError` and `ModelFolderError`.
 */
export async function addModel(options: AddOptions): Promise<AddedModel> {
  const { home, from, onStep, signal } = options;
  const name = options.name ?? nameFromFile(from);
  if (!modelNamePattern.test(name)) throw new ModelError("name_refused", nameWords);
  const file = await readSound(from);
  const folder = await ensurePrivateFolder(home);
  if (folder.kind === "refused")
    throw new ModelError("home_refused", { en: folder.message, ru: folder.message });
  await installEngine(signal, () => onStep({ kind: "installing" }));
  onStep({ kind: "checking" });
  const refusal = await checkModel(from, signal);
  signal.throwIfAborted();
  if (refusal !== undefined)
    throw new ModelError("file_refused", {
      en: `llama.cpp cannot load it: ${refusal}`,
      ru: `llama.cpp не может её загрузить: ${refusal}`,
    });
  const onProgress = (done: number, total: number): void =>
    onStep({ kind: "copying", done, total });
  const how = await storeModel({ home, name, from, onProgress, signal });
  return { name, file, how };
}

/** Installs the engine for model files, where that has not been done. Throws `InstallError`. */
export async function installEngine(signal: AbortSignal, onBegin?: () => void): Promise<void> {
  await installPackage(optionalPackage("llama"), signal, onBegin);
}

/** Whether the engine of this version is there. */
export function isEngineInstalled(): boolean {
  return isInstalled(optionalPackage("llama"));
}

/** Every model of a home, the newest first. */
export async function listModels(home: string): Promise<readonly StoredModel[]> {
  return await storedModels(home);
}

/** Removes a model's file; whether there was one. Throws `ModelError` for what cannot be a name. */
export async function dropModel(home: string, name: string): Promise<boolean> {
  if (!modelNamePattern.test(name)) throw new ModelError("name_refused", nameWords);
  return await removeModel(home, name);
}

const nameWords: Bilingual = {
  en: "a model's name has up to 64 lower-case letters, digits, dots, - and _",
  ru: "имя модели — до 64 строчных латинских букв, цифр, точек, - и _",
};

async function readSound(path: string): Promise<ModelFile> {
  try {
    const outcome = await readModelFile(path);
    if (outcome.kind === "ok") return outcome.file;
    throw new ModelError("file_refused", problemWords(outcome.problem));
  } catch (cause) {
    if (cause instanceof ModelError) throw cause;
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
    throw new ModelError("file_refused", unreadableWords(code), { cause });
  }
}

function unreadableWords(code: string): Bilingual {
  if (code === "ENOENT") return { en: "there is no such file", ru: "такого файла нет" };
  if (code === "EISDIR") return { en: "it is a folder", ru: "это папка" };
  return { en: `it cannot be read (${code})`, ru: `он не читается (${code})` };
}
