import type { Bilingual } from "@adyton/protocol";
import { type ModelFileProblem, readModelFile } from "./gguf-header.ts";

/** Why a file on disk is no usable model, in words; `undefined` when its head is sound and its weights are all there. */
export async function modelProblem(path: string): Promise<Bilingual | undefined> {
  try {
    const outcome = await readModelFile(path);
    return outcome.kind === "ok" ? undefined : problemWords(outcome.problem);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    return code === "ENOENT"
      ? { en: "the file is not there any more", ru: "файла больше нет" }
      : { en: `the file cannot be read (${code})`, ru: `файл не читается (${code})` };
  }
}

/** A problem of a model file, and what to do about it. */
export function problemWords(problem: ModelFileProblem): Bilingual {
  switch (problem.code) {
    case "not_gguf":
      return {
        en: "it is no GGUF file; models in this form end in .gguf",
        ru: "это не файл GGUF; модели в этом виде оканчиваются на .gguf",
      };
    case "big_endian":
      return {
        en: "it is a GGUF file for big-endian machines",
        ru: "это файл GGUF для машин с обратным порядком байтов",
      };
    case "version":
      return {
        en: `it is GGUF version ${problem.version}; versions 2 and 3 can be read`,
        ru: `это GGUF версии ${problem.version}; читаются версии 2 и 3`,
      };
    case "truncated":
      return {
        en: `it is cut off: ${problem.bytes} bytes of at least ${problem.needed} are there; download it again`,
        ru: `он обрезан: есть ${problem.bytes} байт из ${problem.needed} или больше; скачайте его заново`,
      };
    case "split":
      return {
        en: `it is one of ${problem.parts} parts; join them with llama-gguf-split --merge`,
        ru: `это одна из ${problem.parts} частей; соедините их: llama-gguf-split --merge`,
      };
    case "too_large_head":
      return {
        en: "its head is larger than what is read of it",
        ru: "его заголовок больше, чем можно прочесть",
      };
    case "no_architecture":
      return {
        en: "it does not name the architecture of its model",
        ru: "в нём не названа архитектура модели",
      };
    case "broken_head":
      return {
        en: "its head is damaged; download it again",
        ru: "его заголовок повреждён; скачайте его заново",
      };
  }
}
