import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { closest } from "./suggestion.ts";

const names = ["listen", "port", "telegram", "tokenFile", "max", "команда"];

describe("closest", () => {
  const cases: ReadonlyArray<[word: string, expected: string | undefined]> = [
    ["prot", "port"],
    ["Listen", "listen"],
    ["token_file", "tokenFile"],
    ["telegramm", "telegram"],
    ["telgarm", "telegram"],
    ["кмоанда", "команда"],
    ["mx", "max"],
    ["database", undefined],
    ["zz", undefined],
    ["", undefined],
    ["x".repeat(100_000), undefined],
  ];
  for (const [word, expected] of cases)
    it(`${word.slice(0, 20)} means ${expected}`, () =>
      assert.equal(closest(word, names), expected));
});
