import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { generateModel } from "@adyton/emulators";
import fc from "fast-check";
import { type ModelFileProblem, readModelFile } from "./gguf-header.ts";
import { modelProblem, problemWords } from "./model-problem.ts";

const folder = mkdtempSync(join(tmpdir(), "adyton-gguf-"));
after(() => rmSync(folder, { recursive: true }));
const path = join(folder, "модель.gguf");
const model = generateModel({ contextTokens: 4_096, name: "Маленькая" });

const read = async (bytes: Buffer) => {
  writeFileSync(path, bytes);
  return await readModelFile(path);
};
const codeOf = async (bytes: Buffer): Promise<ModelFileProblem["code"] | "ok"> => {
  const outcome = await read(bytes);
  return outcome.kind === "ok" ? "ok" : outcome.problem.code;
};
const changed = (change: (bytes: Buffer) => void): Buffer => {
  const bytes = Buffer.from(model);
  change(bytes);
  return bytes;
};

/** The length of a token of the vocabulary, which stands before it, becomes one that cannot be. */
const withoutEnd = (token: string): Buffer =>
  changed((bytes) => bytes.fill(0xff, bytes.indexOf(token) - 8, bytes.indexOf(token)));

describe("the head of a model file", () => {
  it("says what the model is", async () => {
    assert.deepEqual(await read(model), {
      kind: "ok",
      file: {
        architecture: "llama",
        name: "Маленькая",
        parameters: 128_064,
        quantisation: "F32",
        contextTokens: 4_096,
        bytes: model.length,
      },
    });
    const small = await read(generateModel({ weights: "q8_0" }));
    assert.equal(small.kind === "ok" && small.file.quantisation, "Q8_0");
  });

  const cases: ReadonlyArray<readonly [name: string, bytes: Buffer, code: string]> = [
    ["nothing", Buffer.alloc(0), "not_gguf"],
    ["a text", Buffer.from("hello"), "not_gguf"],
    ["a mark and no more", Buffer.from("GGUF"), "truncated"],
    ["version 1", changed((bytes) => bytes.writeUInt32LE(1, 4)), "version"],
    ["version 4", changed((bytes) => bytes.writeUInt32LE(4, 4)), "version"],
    ["the other order of bytes", changed((bytes) => bytes.writeUInt32BE(3, 4)), "big_endian"],
    ["more tensors than can be", changed((bytes) => bytes.fill(0xff, 8, 16)), "broken_head"],
    ["more entries than can be", changed((bytes) => bytes.fill(0xff, 16, 24)), "broken_head"],
    ["a key without an end", changed((bytes) => bytes.fill(0x7f, 24, 32)), "broken_head"],
    ["a text of its vocabulary without an end", withoutEnd("▁"), "broken_head"],
    ["half of its head", model.subarray(0, 3_000), "truncated"],
    ["half of its weights", model.subarray(0, model.length / 2), "truncated"],
    ["all but its last bytes", model.subarray(0, model.length - 64), "truncated"],
  ];
  for (const [name, bytes, code] of cases)
    it(`is refused with ${name}`, async () => assert.equal(await codeOf(bytes), code));

  it("is refused in both languages, with what to do", async () => {
    writeFileSync(path, model.subarray(0, 1_000));
    const words = await modelProblem(path);
    assert.match(words?.en ?? "", /cut off.*download it again/);
    assert.match(words?.ru ?? "", /обрезан.*скачайте/);
    assert.match((await modelProblem(join(folder, "none")))?.en ?? "", /not there/);
    assert.match(problemWords({ code: "split", parts: 3 }).ru, /из 3 частей/);
  });

  it("is read to an answer whatever the bytes are", async () => {
    const head = model.subarray(0, 8_192);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(head.length - 1), fc.nat(255)), { maxLength: 8 }),
        async (flips) => {
          const bytes = Buffer.from(model);
          for (const [at, value] of flips) bytes[at] = value;
          await codeOf(bytes);
        },
      ),
      { numRuns: 200 },
    );
  });
});
