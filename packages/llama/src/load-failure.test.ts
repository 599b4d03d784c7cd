import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { LoadError, loadFailure } from "./load-failure.ts";

describe("why a model does not load", () => {
  const cases: ReadonlyArray<
    readonly [name: string, error: unknown, logged: readonly string[], said: RegExp]
  > = [
    [
      "an architecture that is unknown",
      new Error("Failed to load model"),
      ["llama_model_load: error loading model: unknown model architecture: 'lxama'"],
      /does not know the architecture "lxama"/,
    ],
    [
      "what llama.cpp says",
      new Error("Failed to load model"),
      ["x", "llama_model_load: error loading model: tensor 'a' is missing\nmore"],
      /^tensor 'a' is missing$/,
    ],
    ["what was thrown", new Error("no memory"), [], /^no memory$/],
    ["nothing", undefined, [], /no reason/],
    ["our own words", new LoadError("no binary"), ["error loading model: x"], /^no binary$/],
  ];
  for (const [name, error, logged, said] of cases)
    it(`is told by ${name}`, () => assert.match(loadFailure(error, logged).message, said));

  it("is short and free of what a terminal obeys", () => {
    const { message } = loadFailure(new Error(`\u001b[31mкраснота${"x".repeat(1_000)}`), []);
    assert.equal(message.length, 300);
    assert.match(message, /^\[31mкраснота/);
  });
});
