import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { lineDiff } from "./line-diff.ts";

const side = (before: string, after: string, kept: "added" | "removed"): string =>
  lineDiff(before, after)
    .filter(({ change }) => change === "same" || change === kept)
    .map(({ text }) => text)
    .join("\n");

describe("the difference between two texts", () => {
  it("holds both of them whole, whatever they are", () => {
    const text = fc
      .array(fc.constantFrom("а", "b", "в"), { maxLength: 8 })
      .map((l) => l.join("\n"));
    fc.assert(
      fc.property(text, text, (before, after) => {
        assert.equal(side(before, after, "removed"), before);
        assert.equal(side(before, after, "added"), after);
      }),
      { seed: 20_261_121, numRuns: 200 },
    );
  });

  it("keeps as many lines as it can", () => {
    const changes = lineDiff("a\nb\nc\nd", "b\nx\nd").map(({ change }) => change);
    assert.equal(changes.filter((change) => change === "same").length, 2);
    assert.deepEqual(lineDiff("", ""), []);
  });
});
