import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { finishOf, modelOf, plausibleUsage } from "./chat-wire.ts";
import { modelNameCharsMax } from "./limits.ts";

describe("plausibleUsage", () => {
  const cases: ReadonlyArray<[name: string, reported: unknown, accepted: boolean]> = [
    ["the estimate itself", { prompt_tokens: 100, completion_tokens: 5 }, true],
    ["four times the estimate", { prompt_tokens: 400, completion_tokens: 5 }, true],
    ["more than four times", { prompt_tokens: 401, completion_tokens: 5 }, false],
    ["a quarter", { prompt_tokens: 25, completion_tokens: 5 }, true],
    ["less than a quarter", { prompt_tokens: 24, completion_tokens: 5 }, false],
    ["a negative prompt", { prompt_tokens: -100, completion_tokens: 5 }, false],
    ["a negative answer", { prompt_tokens: 100, completion_tokens: -1 }, false],
    ["a fraction", { prompt_tokens: 100.5, completion_tokens: 5 }, false],
    ["text", { prompt_tokens: "100", completion_tokens: 5 }, false],
    ["half of it", { prompt_tokens: 100 }, false],
    ["null", null, false],
    ["nothing", undefined, false],
  ];
  for (const [name, reported, accepted] of cases)
    it(`${accepted ? "keeps" : "drops"} ${name}`, () =>
      assert.equal(plausibleUsage(reported, 100) !== undefined, accepted));
});

describe("finishOf", () => {
  const cases: ReadonlyArray<[reason: unknown, finish: string | undefined]> = [
    ["stop", "stop"],
    ["eos", "stop"],
    ["tool_calls", "stop"],
    ["length", "length"],
    ["max_tokens", "length"],
    ["abort", "cut"],
    ["content_filter", "cut"],
    ["", undefined],
    [null, undefined],
    [7, undefined],
  ];
  for (const [reason, finish] of cases)
    it(`reads ${String(reason)} as ${finish}`, () => assert.equal(finishOf(reason), finish));
});

describe("modelOf", () => {
  it("takes the server's name up to its limit, else the fallback", () => {
    const longest = "m".repeat(modelNameCharsMax);
    assert.equal(modelOf(longest, "f"), longest);
    assert.equal(modelOf(`${longest}m`, "f"), "f");
    assert.equal(modelOf("", "f"), "f");
    assert.equal(modelOf(7, "f"), "f");
  });
});
