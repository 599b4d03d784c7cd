import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseSize, sizeBytesMax } from "./size.ts";

describe("parseSize", () => {
  const cases: ReadonlyArray<[text: string, expected: number | RegExp]> = [
    ["512B", 512],
    ["1KiB", 1_024],
    ["64MiB", 67_108_864],
    ["64 mib", 67_108_864],
    ["2GiB", 2_147_483_648],
    ["64TiB", sizeBytesMax],
    ["65TiB", /larger than the maximum of 64TiB/],
    ["0B", 0],
    ["64", /has no unit/],
    ["64MB", /ambiguous unit/],
    ["64k", /ambiguous unit/],
    ["64МиБ", /must be a whole number/],
    ["1.5GiB", /must be a whole number/],
    ["-1B", /must be a whole number/],
    ["", /must be a whole number/],
    ["1constructor", /must be a whole number/],
  ];
  for (const [text, expected] of cases)
    it(`${typeof expected === "number" ? "reads" : "refuses"} ${JSON.stringify(text)}`, () => {
      const outcome = parseSize(text);
      if (typeof expected === "number") assert.deepEqual(outcome, { kind: "ok", value: expected });
      else assert.match(outcome.kind === "refused" ? outcome.message : "accepted", expected);
    });
});
