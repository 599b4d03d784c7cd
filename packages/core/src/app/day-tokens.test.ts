import assert from "node:assert/strict";
import { it } from "node:test";
import { DayTokens } from "./day-tokens.ts";

it("sets tokens aside for runs beside each other, and gives them back at their end", async () => {
  const used = { anna: 100 };
  const day = new DayTokens({
    perDay: 1_000,
    usedToday: (principal) => (principal === "anna" ? used.anna : 0),
  });
  const first = Promise.withResolvers<void>();
  const second = Promise.withResolvers<void>();
  assert.equal(day.setAside("anna", 600, first.promise), 600);
  assert.equal(day.setAside("anna", 600, second.promise), 300, "what is left beside the first");
  assert.equal(day.setAside("anna", 1, Promise.resolve()), 0, "nothing is left");
  assert.equal(day.setAside("boris", 600, Promise.resolve()), 600, "each has a day of its own");
  used.anna = 150;
  first.resolve();
  await first.promise;
  assert.equal(day.setAside("anna", 9_999, Promise.resolve()), 550);
  second.reject(new Error("it failed"));
  await assert.rejects(second.promise);
  await Promise.resolve();
  assert.equal(day.setAside("anna", 9_999, Promise.resolve()), 850);
});

for (const [used, granted] of [
  [999, 1],
  [1_000, 0],
  [1_001, 0],
] as const)
  it(`grants ${granted} where ${used} of 1000 are used`, () => {
    const day = new DayTokens({ perDay: 1_000, usedToday: () => used });
    assert.equal(day.setAside("anna", 500, Promise.resolve()), granted);
  });
