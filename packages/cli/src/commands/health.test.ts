import assert from "node:assert/strict";
import { it } from "node:test";
import { en } from "../texts/en.ts";
import { ru } from "../texts/ru.ts";
import { duration } from "./health.ts";

for (const [seconds, english, russian] of [
  [0, "0s", "0 с"],
  [59, "59s", "59 с"],
  [60, "1m 0s", "1 мин 0 с"],
  [102, "1m 42s", "1 мин 42 с"],
  [3_600, "1h 0m", "1 ч 0 мин"],
  [90_000, "1d 1h", "1 д 1 ч"],
] as const)
  it(`${seconds} seconds are told as ${english}`, () => {
    assert.equal(duration(seconds, en["health.units"].split("|")), english);
    assert.equal(duration(seconds, ru["health.units"].split("|")), russian);
  });
