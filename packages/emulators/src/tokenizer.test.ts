import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { countTokens, lastTokens, tokenId, tokensOf, vocabularySize } from "./tokenizer.ts";

describe("the tokenizer", () => {
  const cases: readonly [string, number][] = [
    ["", 0],
    ["word", 1],
    ["words", 2],
    ["слово", 2],
    ["два слова", 3],
    ["a, b", 3],
    ["  \n ", 1],
    ["a  ", 2],
    ["<|im_start|>user\nhi<|im_end|>\n", 5],
    ["🦉🦉", 2],
    ["\uD800", 1],
  ];
  for (const [text, count] of cases)
    it(`counts ${count} in ${JSON.stringify(text)}`, () => {
      assert.equal(countTokens(text), count);
      assert.equal(tokensOf(text).join(""), text);
    });

  it("keeps the end of a text", () => {
    assert.equal(lastTokens("один два три", 1), " три");
    assert.equal(lastTokens("один два три", 3), "один два три");
    assert.equal(lastTokens("один два три", 4), "один два три");
  });

  it("numbers tokens within its vocabulary", () => {
    for (const token of tokensOf("The quick brown fox. Съешь ещё этих булок."))
      assert.ok(tokenId(token) >= 0 && tokenId(token) < vocabularySize);
  });

  it("stays linear on a long run of one kind", () => {
    for (const unit of ["a", " ", "!", "ж "]) {
      const text = unit.repeat(500_000);
      // Of the processor: what else the machine does is not counted.
      const before = process.threadCpuUsage();
      countTokens(text);
      const { user } = process.threadCpuUsage(before);
      assert.ok(user / 1_000 < 2_000, JSON.stringify(unit));
    }
  });
});
