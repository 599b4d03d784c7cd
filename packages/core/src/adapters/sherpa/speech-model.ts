import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Bilingual } from "@adyton/protocol";
import { readOnnxMetadata } from "./onnx-metadata.ts";

/** The files of a model for speech, as sherpa-onnx takes them. */
export interface SpeechModel {
  readonly tokens: string;
  /** By the name of the kind. */
  readonly model: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

export interface SpeechModelRefusal {
  readonly kind: "refused";
  /** What would help: `no_model` is a folder that lacks files of a model, `unfit` one with a model that is not understood. */
  readonly reason: "no_folder" | "not_folder" | "unreadable" | "no_model" | "unfit";
  readonly words: Bilingual;
}

export type SpeechModelOutcome =
  | { readonly kind: "ok"; readonly model: SpeechModel }
  | SpeechModelRefusal;

/** Bytes of one file. ONNX itself allows no larger one. */
export const fileBytesMax = 2 * 1024 ** 3;

/** What the files of both kinds call themselves (`model_type`), and under which name sherpa-onnx takes them. */
const ctcKinds: Readonly<Record<string, string>> = {
  EncDecCTCModel: "nemoCtc",
  EncDecCTCModelBPE: "nemoCtc",
  EncDecHybridRNNTCTCBPEModel: "nemoCtc",
  zipformer2_ctc: "zipformerCtc",
  wenet_ctc: "wenetCtc",
};
const transducerKinds = new Set([
  "conformer",
  "zipformer",
  "zipformer2",
  "EncDecRNNTBPEModel",
  "EncDecHybridRNNTCTCBPEModel",
]);
const transducerParts = ["encoder", "decoder", "joiner"] as const;

/** Looks whether a folder has a model for speech, and of which kind: at the names of its files, and at their heads. */
export async function readSpeechModel(folder: string): Promise<SpeechModelOutcome> {
  const names = await readdir(folder).catch((error: unknown) => noFolder(codeOf(error)));
  if ("kind" in names) return names;
  return lookAt(folder, names).catch((error: unknown) =>
    refused("unreadable", words.unreadableFile(codeOf(error))),
  );
}

const refused = (reason: SpeechModelRefusal["reason"], why: Bilingual): SpeechModelRefusal => ({
  kind: "refused",
  reason,
  words: why,
});

const codeOf = (error: unknown): string =>
  error instanceof Error && "code" in error ? String(error.code) : "";

function noFolder(code: string): SpeechModelRefusal {
  if (code === "ENOENT") return refused("no_folder", words.noFolder);
  if (code === "ENOTDIR") return refused("not_folder", words.notFolder);
  return refused("unreadable", words.unreadable(code));
}

async function lookAt(folder: string, names: readonly string[]): Promise<SpeechModelOutcome> {
  if (!names.includes("tokens.txt")) return refused("no_model", words.noTokens);
  const pathOf = (part: string): string | undefined => {
    const name = fileOf(names, part);
    return name === undefined ? undefined : join(folder, name);
  };
  const tokens = join(folder, "tokens.txt");
  const [encoder, decoder, joiner] = transducerParts.map(pathOf);
  if (encoder !== undefined && decoder !== undefined && joiner !== undefined) {
    const problem =
      (await problemOf(decoder)) ?? (await problemOf(joiner)) ?? (await transducerProblem(encoder));
    if (problem !== undefined) return refused("unfit", problem);
    return { kind: "ok", model: { tokens, model: { transducer: { encoder, decoder, joiner } } } };
  }
  const model = pathOf("model");
  if (model === undefined) return refused("no_model", words.noModel);
  const read = await typeOf(model);
  if ("problem" in read) return refused("unfit", read.problem);
  const kind = Object.hasOwn(ctcKinds, read.type) ? ctcKinds[read.type] : undefined;
  return kind === undefined
    ? refused("unfit", words.unknownKind(read.type))
    : { kind: "ok", model: { tokens, model: { [kind]: { model } } } };
}

/** Of several the one in whole numbers: it is a quarter as large and hears nearly as well. */
function fileOf(names: readonly string[], part: string): string | undefined {
  const found = names.filter((name) => name.startsWith(part) && name.endsWith(".onnx")).toSorted();
  return found.find((name) => name.includes("int8")) ?? found[0];
}

async function transducerProblem(encoder: string): Promise<Bilingual | undefined> {
  const read = await typeOf(encoder);
  if ("problem" in read) return read.problem;
  if (!transducerKinds.has(read.type)) return words.unknownKind(read.type);
  // A model that hears while one speaks takes its sound in other portions.
  return read.isStreaming ? words.streaming : undefined;
}

const problemOf = async (path: string): Promise<Bilingual | undefined> => {
  const read = await typeOf(path);
  return "problem" in read ? read.problem : undefined;
};

type Read =
  | { readonly problem: Bilingual }
  | { readonly type: string; readonly isStreaming: boolean };

async function typeOf(path: string): Promise<Read> {
  if ((await stat(path)).size > fileBytesMax) return { problem: words.tooLarge };
  const read = await readOnnxMetadata(path);
  if (read.kind !== "ok") return { problem: words[read.kind] };
  const { metadata } = read;
  return { type: metadata.get("model_type") ?? "", isStreaming: metadata.has("decode_chunk_len") };
}

const words = {
  noFolder: { en: "there is no such folder", ru: "такой папки нет" },
  notFolder: { en: "it is no folder", ru: "это не папка" },
  unreadable: (code: string): Bilingual => ({
    en: `the folder cannot be read (${code})`,
    ru: `папка не читается (${code})`,
  }),
  unreadableFile: (code: string): Bilingual => ({
    en: `one of its files cannot be read (${code})`,
    ru: `один из её файлов не читается (${code})`,
  }),
  noTokens: {
    en: "the folder has no tokens.txt",
    ru: "в папке нет tokens.txt",
  },
  noModel: {
    en: "the folder has neither model.onnx nor encoder.onnx, decoder.onnx and joiner.onnx",
    ru: "в папке нет ни model.onnx, ни encoder.onnx, decoder.onnx и joiner.onnx",
  },
  not_onnx: {
    en: "one of its files is no ONNX file",
    ru: "один из её файлов — не файл ONNX",
  },
  truncated: {
    en: "one of its files is cut off; download it again",
    ru: "один из её файлов обрезан; скачайте его заново",
  },
  tooLarge: {
    en: `one of its files is larger than ${fileBytesMax / 1024 ** 3} GiB`,
    ru: `один из её файлов больше ${fileBytesMax / 1024 ** 3} ГиБ`,
  },
  streaming: {
    en: "the model hears while one speaks (streaming); take one for whole recordings",
    ru: "модель слушает на ходу (streaming); нужна модель для целых записей",
  },
  unknownKind: (type: string): Bilingual => {
    const named = type.replaceAll(/[^\w.-]/g, "").slice(0, 64);
    return {
      en: `the kind of model "${named}" is not known here; CTC and transducer models of NeMo, icefall and WeNet are`,
      ru: `вид модели «${named}» здесь не известен; известны модели CTC и transducer из NeMo, icefall и WeNet`,
    };
  },
} as const;
