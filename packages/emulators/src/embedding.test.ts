import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { json, send } from "../test/raw-client.ts";
import { embed } from "./embedding.ts";
import { startOpenAiEmulator } from "./index.ts";

const dot = (a: Float32Array, b: Float32Array) =>
  a.reduce((sum, value, index) => sum + value * (b[index] ?? 0), 0);

describe("feature hashing", () => {
  for (const text of ["кот сидит на крыше", "a cat sits on a roof", "", "!!!", "🦉"]) {
    for (const dimensions of [1, 2, 256, 4_096]) {
      it(`has unit length: ${JSON.stringify(text)} in ${dimensions}`, () => {
        const vector = embed(text, dimensions);
        assert.equal(vector.length, dimensions);
        assert.ok(Math.abs(dot(vector, vector) - 1) < 1e-5);
      });
    }
  }

  it("puts texts with common words near, in both languages, whatever the case and ё", () => {
    for (const [text, near, far] of [
      ["ёлка стоит в лесу", "в лесу елка", "насос сломан вчера"],
      ["The pump is broken", "pump broken today", "green forest tree"],
    ] as const) {
      const one = embed(text, 256);
      assert.ok(dot(one, embed(near, 256)) > dot(one, embed(far, 256)) + 0.3);
      assert.ok(dot(one, embed(text.toUpperCase(), 256)) > 0.999);
    }
  });
});

describe("the embeddings endpoint", () => {
  it("gives floats or base64 of the same vector, one for each text", async () => {
    await using emulator = await startOpenAiEmulator();
    const url = `${emulator.url}/embeddings`;
    const body = { model: "emulated-embedding", input: ["один", "two"], dimensions: 8 };
    const floats = json(await send(url, { body }));
    const packed = json(await send(url, { body: { ...body, encoding_format: "base64" } }));
    for (const [index, text] of ["один", "two"].entries()) {
      const expected = [...embed(text, 8)];
      assert.deepEqual(floats.at("data", index, "embedding"), expected);
      const bytes = Buffer.from(packed.text("data", index, "embedding"), "base64");
      assert.deepEqual(
        expected,
        expected.map((_, place) => bytes.readFloatLE(place * 4)),
      );
    }
    assert.equal(floats.number("usage", "prompt_tokens"), 2);
  });

  const cases: readonly [string, Record<string, unknown>, number][] = [
    ["a text", { input: "a" }, 200],
    ["token numbers", { input: [1, 2, 3] }, 200],
    ["no input", {}, 400],
    ["an empty list", { input: [] }, 400],
    ["2048 texts", { input: Array.from({ length: 2_048 }, () => "a"), dimensions: 1 }, 200],
    ["2049 texts", { input: Array.from({ length: 2_049 }, () => "a"), dimensions: 1 }, 400],
    ["0 dimensions", { input: "a", dimensions: 0 }, 400],
    ["4096 dimensions", { input: "a", dimensions: 4_096 }, 200],
    ["4097 dimensions", { input: "a", dimensions: 4_097 }, 400],
    ["a chat model", { input: "a", model: "emulated-chat" }, 404],
  ];
  for (const [name, more, status] of cases) {
    it(`${status} for ${name}`, async () => {
      await using emulator = await startOpenAiEmulator();
      const body = { model: "emulated-embedding", ...more };
      assert.equal((await send(`${emulator.url}/embeddings`, { body })).status, status);
    });
  }
});
