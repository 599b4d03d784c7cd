import assert from "node:assert/strict";
import { it } from "node:test";
import { isWorthQuoting } from "./score.ts";
import { manualAuthor } from "./search-contract.ts";

for (const [ingestedBy, score, isWorth] of [
  ["owner", 0.42, true],
  ["owner", 0.4199, false],
  [manualAuthor, 0.5, true],
  [manualAuthor, 0.4999, false],
] as const)
  it(`${score} is ${isWorth ? "" : "not "}worth quoting from ${ingestedBy}`, () =>
    assert.equal(isWorthQuoting({ score, ingestedBy }), isWorth));
