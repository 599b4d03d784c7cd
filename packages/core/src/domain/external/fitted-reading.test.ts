import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { fittedReading, shownCharsMin } from "./fitted-reading.ts";

const count = (text: string): number => text.length;
const fit = (texts: readonly string[], roomTokens: number) =>
  fittedReading("О чём это?", texts, { nonce: "0a1b2c3d4e5f", roomTokens, count });

describe("a reading fitted into a window", () => {
  it("shows the whole where there is room, to the last token", () => {
    const texts = ["один два", "three"];
    const { tokens, chars } = fit(texts, Infinity);
    assert.equal(chars, 13);
    assert.equal(fit(texts, tokens).shownChars, 13);
  });

  it("cuts each to the same length from its end, and stays within the room", () => {
    const texts = ["начало ".repeat(500), "x".repeat(9_000), "short"];
    const whole = fit(texts, Infinity);
    const cut = fit(texts, whole.tokens - 1);
    assert.ok(cut.tokens < whole.tokens && cut.shownChars < whole.shownChars);
    const small = fit(texts, 4_000);
    assert.ok(small.tokens <= 4_000 && small.shownChars > 2_000);
    assert.ok(small.content.includes("short"));
  });

  it("goes no lower than what says something, and then does not fit", () => {
    const text = "y".repeat(5_000);
    const least = fit([text], 10);
    assert.equal(least.shownChars, shownCharsMin);
    assert.ok(least.tokens > 10);
    assert.equal(fit([text], least.tokens).tokens, least.tokens);
  });

  it("never halves a character", () => {
    const texts = ["👍".repeat(3_000)];
    for (const room of [900, 901, 902, 903, 2_001, 2_002])
      assert.ok(fit(texts, room).content.isWellFormed());
  });

  it("asks about pictures without a fence", () =>
    assert.ok(!fit([], 1_000).content.includes("<external")));
});
