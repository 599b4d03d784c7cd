import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { durationMsMax, parseDuration } from "./duration.ts";

describe("parseDuration", () => {
  const cases: ReadonlyArray<[text: string, expected: number | RegExp]> = [
    ["250ms", 250],
    ["30s", 30_000],
    ["5m", 300_000],
    ["2h", 7_200_000],
    ["7d", 604_800_000],
    ["0s", 0],
    [" 30 s ", 30_000],
    ["3650d", durationMsMax],
    ["3651d", /longer than the maximum of 3650d/],
    ["30", /has no unit/],
    ["", /must be a whole number/],
    ["s", /must be a whole number/],
    ["1.5m", /must be a whole number/],
    ["-1s", /must be a whole number/],
    ["1h30m", /must be a whole number/],
    ["5 минут", /Cyrillic unit/],
    ["5м", /Cyrillic unit/],
    ["5M", /must be a whole number/],
    ["5constructor", /must be a whole number/],
    ["9".repeat(16) + "s", /must be a whole number/],
    ["x".repeat(1_000), /^"x{24}…" must be/],
  ];
  for (const [text, expected] of cases)
    it(`${typeof expected === "number" ? "reads" : "refuses"} ${JSON.stringify(text.slice(0, 30))}`, () => {
      const outcome = parseDuration(text);
      if (typeof expected === "number") assert.deepEqual(outcome, { kind: "ok", value: expected });
      else assert.match(outcome.kind === "refused" ? outcome.message : "accepted", expected);
    });
});
