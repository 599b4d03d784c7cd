import assert from "node:assert/strict";
import { mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { fileBytesMax, readSpeechModel } from "./speech-model.ts";
import { ctcModel, writeSpeechModel } from "./test/tiny-speech-model.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "adyton-speech-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const write = (name: string, type: string, more: Readonly<Record<string, string>> = {}): void =>
  writeFileSync(join(folder, name), ctcModel({ metadata: { model_type: type, ...more } }));

const tokens = (): void => writeFileSync(join(folder, "tokens.txt"), "<blk> 0\n");

/** The kind and the names of its files, or why there is none. */
async function found(): Promise<unknown> {
  const outcome = await readSpeechModel(folder);
  if (outcome.kind === "refused") return outcome.words;
  assert.equal(outcome.model.tokens, join(folder, "tokens.txt"));
  return JSON.parse(JSON.stringify(outcome.model.model).replaceAll(`${folder}/`, ""));
}

async function refused(en: RegExp, ru: RegExp): Promise<void> {
  const words = await readSpeechModel(folder);
  assert.equal(words.kind, "refused");
  assert.match(words.words.en, en);
  assert.match(words.words.ru, ru);
}

describe("readSpeechModel", () => {
  for (const [type, kind] of [
    ["EncDecCTCModel", "nemoCtc"],
    ["EncDecCTCModelBPE", "nemoCtc"],
    ["EncDecHybridRNNTCTCBPEModel", "nemoCtc"],
    ["zipformer2_ctc", "zipformerCtc"],
    ["wenet_ctc", "wenetCtc"],
  ] as const)
    it(`knows ${type}`, async () => {
      tokens();
      write("model.onnx", type);
      assert.deepEqual(await found(), { [kind]: { model: "model.onnx" } });
    });

  it("takes the smaller of two files of a model", async () => {
    tokens();
    write("model.onnx", "EncDecCTCModel");
    write("model_int8.onnx", "EncDecCTCModel");
    assert.deepEqual(await found(), { nemoCtc: { model: "model_int8.onnx" } });
  });

  for (const type of ["zipformer2", "EncDecRNNTBPEModel"])
    it(`knows a transducer of the type ${type}`, async () => {
      tokens();
      write("encoder-epoch-99-avg-1.onnx", type);
      write("decoder-epoch-99-avg-1.onnx", "");
      write("joiner-epoch-99-avg-1.int8.onnx", "");
      const files = {
        encoder: "encoder-epoch-99-avg-1.onnx",
        decoder: "decoder-epoch-99-avg-1.onnx",
      };
      const transducer = { ...files, joiner: "joiner-epoch-99-avg-1.int8.onnx" };
      assert.deepEqual(await found(), { transducer });
    });

  it("refuses what is no folder, or not there", async () => {
    const file = writeSpeechModel(folder);
    assert.deepEqual(await readSpeechModel(join(file, "model.onnx")), {
      kind: "refused",
      reason: "not_folder",
      words: { en: "it is no folder", ru: "это не папка" },
    });
    assert.deepEqual(await readSpeechModel(join(folder, "none")), {
      kind: "refused",
      reason: "no_folder",
      words: { en: "there is no such folder", ru: "такой папки нет" },
    });
  });

  it("tells a folder that cannot be read from a file in it that cannot", async () => {
    const at = join(folder, "model.onnx");
    tokens();
    symlinkSync(at, at);
    await refused(/^one of its files .* \(ELOOP\)$/, /^один из её файлов .* \(ELOOP\)$/);
    assert.deepEqual(await readSpeechModel(at), {
      kind: "refused",
      reason: "unreadable",
      words: { en: "the folder cannot be read (ELOOP)", ru: "папка не читается (ELOOP)" },
    });
  });

  it("refuses a folder without tokens, without a model, or with half of one", async () => {
    write("model.onnx", "EncDecCTCModel");
    await refused(/no tokens\.txt/, /нет tokens\.txt/);
    rmSync(join(folder, "model.onnx"));
    tokens();
    await refused(/neither model\.onnx nor encoder\.onnx/, /нет ни model\.onnx/);
    write("encoder.onnx", "zipformer2");
    write("decoder.onnx", "");
    await refused(/neither model\.onnx nor encoder\.onnx/, /нет ни model\.onnx/);
  });

  it("refuses an unknown kind by its name, and a streaming model", async () => {
    tokens();
    write("model.onnx", "\u001b[31mparaformer<b>");
    await refused(/the kind of model "31mparaformerb" is not known/, /«31mparaformerb»/);
    write("model.onnx", "constructor");
    await refused(/"constructor" is not known/, /«constructor»/);
    write("encoder.onnx", "zipformer2", { decode_chunk_len: "32" });
    write("decoder.onnx", "");
    write("joiner.onnx", "");
    await refused(/streaming/, /streaming/);
  });

  it("refuses what is no ONNX file, is cut off, or is too large", async () => {
    tokens();
    writeFileSync(join(folder, "model.onnx"), "version https://git-lfs.github.com/spec/v1\n");
    await refused(/no ONNX file/, /не файл ONNX/);
    write("model.onnx", "EncDecCTCModel");
    truncateSync(join(folder, "model.onnx"), 500);
    await refused(/cut off/, /обрезан/);
    write("model.onnx", "EncDecCTCModel");
    // Both have a hole in place of what a file of that size holds.
    truncateSync(join(folder, "model.onnx"), fileBytesMax + 1);
    await refused(/larger than 2 GiB/, /больше 2 ГиБ/);
    truncateSync(join(folder, "model.onnx"), fileBytesMax);
    await refused(/no ONNX file/, /не файл ONNX/);
  });
});
