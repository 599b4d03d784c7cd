import assert from "node:assert/strict";
import { it } from "node:test";
import { tiers } from "@adyton/protocol";
import { builtInModes, mayUse, modeHolds, Modes } from "./registry.ts";

const modes = builtInModes();
const registry = new Modes(modes);

it("finds each mode by its name and aliases, in any case", () => {
  for (const mode of modes)
    for (const name of [mode.id, ...mode.aliases])
      for (const written of [name, name.toLowerCase(), name.toUpperCase()])
        assert.equal(registry.find(written)?.id, mode.id);
  assert.equal(registry.find("RECURSIVE"), undefined);
  assert.equal(registry.find(""), undefined);
  const names = modes.flatMap((mode) => [mode.id.toLowerCase(), ...mode.aliases]);
  assert.equal(new Set(names).size, names.length, "no name stands for two modes");
});

it("keeps a mode from those who are trusted less than it demands", () => {
  const [mode] = modes;
  assert.ok(mode !== undefined);
  for (const minTier of tiers)
    for (const tier of tiers)
      assert.equal(
        mayUse({ ...mode, minTier }, tier),
        tiers.indexOf(tier) <= tiers.indexOf(minTier),
      );
  const forMembers = { ...mode, id: "own", aliases: [], minTier: "member" } as const;
  const some = new Modes([...modes, forMembers]);
  assert.deepEqual(
    some.usableBy("local").map(({ id }) => id),
    modes.map(({ id }) => id),
  );
  assert.equal(some.usableBy("member").length, modes.length + 1);
});

const stored = { mode: "EXTRACTIVE", turns: 4, modeUntilTurn: 5, modeUntilMs: 1_000 };
const cases: ReadonlyArray<
  readonly [name: string, stored: Parameters<typeof modeHolds>[0], nowMs: number, holds: boolean]
> = [
  ["the last turn and the last millisecond", stored, 999, true],
  ["one turn later", { ...stored, turns: 5 }, 999, false],
  ["one millisecond later", stored, 1_000, false],
  ["no mode", { ...stored, mode: null }, 0, false],
  ["no bound in turns", { ...stored, turns: 9, modeUntilTurn: null }, 999, true],
  ["no bound in time", { ...stored, modeUntilMs: null }, 1_000_000, true],
];
for (const [name, state, nowMs, holds] of cases)
  it(`a switched mode ${holds ? "holds" : "is over"}: ${name}`, () =>
    assert.equal(modeHolds(state, nowMs), holds));
