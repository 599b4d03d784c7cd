import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { estimateTokens } from "./token-estimate.ts";
import { memoCharsMax, TokenMemo } from "./token-memo.ts";

describe("the memory of estimates", () => {
  it("answers what the estimate does, the first time and every other", () => {
    const memo = new TokenMemo();
    for (const text of [
      "",
      "How do I make a backup?",
      "Как сделать копию?",
      "How do I make a backup?",
    ])
      assert.equal(memo.estimate(text), estimateTokens(text), text);
    assert.equal(memo.size, 3);
  });

  it("forgets everything once it holds too many characters", () => {
    const memo = new TokenMemo();
    const half = "a".repeat(memoCharsMax / 2);
    memo.estimate(half);
    memo.estimate(half.replace("a", "b"));
    assert.equal(memo.size, 2);
    memo.estimate("one more");
    assert.equal(memo.size, 1);
    assert.equal(memo.estimate("one more"), estimateTokens("one more"));
  });
});
