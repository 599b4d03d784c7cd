import assert from "node:assert/strict";
import { it } from "node:test";
import { reserveTokens } from "./reserve.ts";

it("keeps a quarter of the window for the answer, at most 4,096 tokens or what is configured", () => {
  const table: [number, number | undefined, number][] = [
    [4_096, undefined, 1_024],
    [4_099, undefined, 1_024],
    [16_383, undefined, 4_095],
    [16_384, undefined, 4_096],
    [131_072, undefined, 4_096],
    [8_192, 2_049, 2_048],
    [8_192, 2_048, 2_048],
    [8_192, 2_047, 2_047],
    [0, undefined, 0],
  ];
  for (const [windowTokens, answerTokensMax, expected] of table)
    assert.equal(reserveTokens(windowTokens, answerTokensMax), expected, String(windowTokens));
});
