import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { it } from "node:test";
import { writeSpeechModel } from "./adapters/sherpa/test/tiny-speech-model.ts";
import { findSpeech } from "./speech.ts";

it("finds the first thing that is missing to hear", async () => {
  const folder = mkdtempSync(join(tmpdir(), "adyton речь "));
  try {
    const at = (name: string): string => join(folder, name);
    const engine = { folder, main: at("main"), lockfile: at("lock"), stamp: at("stamp") };
    writeFileSync(engine.lockfile, "1");
    mkdirSync(at("empty"));
    const model = writeSpeechModel(at("модель"));
    const found = async (path: string) => (await findSpeech(path, engine)).kind;
    assert.equal(await found(at("none")), "no_folder");
    assert.equal(await found(engine.lockfile), "not_folder");
    symlinkSync("loop", at("loop"));
    assert.equal(await found(at("loop")), "unreadable");
    mkdirSync(at("closed"));
    writeFileSync(at("closed/tokens.txt"), "");
    assert.equal(await found(at("closed")), "no_model");
    symlinkSync("model.onnx", at("closed/model.onnx"));
    assert.equal(await found(at("closed")), "unreadable");
    rmSync(at("closed/model.onnx"));
    writeFileSync(at("closed/model.onnx"), "не ONNX");
    assert.equal(await found(at("closed")), "unfit");
    assert.equal(await found(at("empty")), "no_model");
    assert.equal(await found(model), "no_engine");
    writeFileSync(engine.stamp, "0");
    assert.equal(await found(model), "no_engine", "of another version");
    writeFileSync(engine.stamp, "1");
    assert.equal(await found(model), "all");
  } finally {
    rmSync(folder, { recursive: true });
  }
});
