import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { entryBytesMax, fieldsMax, readOnnxMetadata } from "./onnx-metadata.ts";
import { ctcModel, onnxFile } from "./test/tiny-speech-model.ts";

const folder = mkdtempSync(join(tmpdir(), "adyton-onnx-"));
after(() => rmSync(folder, { recursive: true }));

async function read(bytes: Uint8Array) {
  const file = join(folder, "model.onnx");
  writeFileSync(file, bytes);
  const outcome = await readOnnxMetadata(file);
  return outcome.kind === "ok" ? Object.fromEntries(outcome.metadata) : outcome.kind;
}

describe("readOnnxMetadata", () => {
  it("reads what a model says of itself, in any language", async () => {
    const metadata = { model_type: "EncDecCTCModel", language: "русский", empty: "" };
    assert.deepEqual(await read(ctcModel({ metadata })), metadata);
  });

  it("knows a model that is cut off anywhere in its weights", async () => {
    const whole = ctcModel();
    const metadataStart = whole.indexOf("model_type") - 20;
    for (const length of [metadataStart - 100, Math.floor(whole.length / 2), 40])
      assert.equal(await read(whole.subarray(0, length)), "truncated", `${length}`);
  });

  const others: ReadonlyArray<readonly [name: string, bytes: Uint8Array]> = [
    ["nothing", Buffer.alloc(0)],
    ["a text", Buffer.from("Скачайте модель здесь: https://example.org/\n".repeat(9))],
    ["zeroes", Buffer.alloc(4_096)],
    ["a message without a graph", onnxFile(Buffer.alloc(0), { a: "b" }).subarray(4)],
    ["endless numbers", Buffer.alloc(64, 0xff)],
    ["an archive", Buffer.from("BZh91AY&SY\u0000\u0001\u0002".repeat(20), "latin1")],
  ];
  for (const [name, bytes] of others)
    it(`takes ${name} for no model`, async () => assert.equal(await read(bytes), "not_onnx"));

  for (const excess of [0, 1])
    it(`reads an entry of ${entryBytesMax + excess} bytes: ${excess === 0}`, async () => {
      // The key with its head has three bytes, the head of the value four.
      const long = "x".repeat(entryBytesMax - 7 + excess);
      const got = await read(ctcModel({ metadata: { k: long, after: "read" } }));
      assert.deepEqual(got, excess === 0 ? { k: long, after: "read" } : { after: "read" });
    });

  for (const excess of [0, 1])
    it(`steps over ${fieldsMax + excess} fields: ${excess === 0}`, async () => {
      const whole = ctcModel({ metadata: {} });
      const own = 3;
      const more = Buffer.from([8, 8]);
      const bytes = Buffer.concat([
        whole,
        ...Array.from({ length: fieldsMax - own + excess }, () => more),
      ]);
      assert.deepEqual(await read(bytes), excess === 0 ? {} : "not_onnx");
    });
});
