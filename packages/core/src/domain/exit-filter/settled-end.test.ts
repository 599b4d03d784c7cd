import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { cleanAnswers } from "../../../test/exit-clean.ts";
import { leakyAnswers } from "../../../test/exit-corpus.ts";
import { machineRules, tuningMachines } from "../../../test/exit-machines.ts";
import { seeded } from "../../../test/seeded.ts";
import { CheckedText } from "./checked-text.ts";
import { LeakFinder } from "./leak-finder.ts";
import { settledEnd } from "./settled-end.ts";

const [machine = assert.fail("there is no machine")] = Object.values(tuningMachines);
const finder = new LeakFinder(machine, machineRules);
const grown = (text: string): string =>
  CheckedText.checkGrowing({ text, styles: [] }, finder, "ru").text;
const whole = (text: string): string =>
  CheckedText.check({ text, styles: [] }, (said) => finder.find(said), "ru").checked.text;

/** What a reader sees of a text as it grows, unit by unit, is always the beginning of what is left of the whole. */
function assertGrows(text: string): void {
  const end = whole(text);
  for (let units = 0; units <= text.length; units += 1) {
    const shown = grown(text.slice(0, units));
    assert.ok(
      end.startsWith(shown),
      `${JSON.stringify(shown)} is no beginning of ${JSON.stringify(end)}`,
    );
  }
}

describe("a text that grows", () => {
  it("shows nothing of a leak before the leak is whole", () => {
    for (const { text } of leakyAnswers(machine)) assertGrows(text);
  });

  it("shows of a clean text what the whole text begins with", () => {
    for (const text of cleanAnswers(seeded(3), 150)) assertGrows(text);
  });

  it("sees a leak whose words stand far apart", () => {
    assertGrows(`Вот: NVIDIA${" ".repeat(3)}GeForce RTX 4090, и ещё несколько слов после неё.`);
    assertGrows("A\u200Bn\u200Bn\u200Bi\u200Bk\u200Ba и annika\u200B пишут вместе письма соседям.");
  });

  const cases: readonly [text: string, wordUnitsMax: number, shown: string][] = [
    ["", 0, ""],
    ["одно", 0, ""],
    ["одно два", 0, ""],
    ["одно два три", 0, "одно "],
    ["one two three four", 0, "one two "],
    ["one two three four", 15, ""],
    ["one two three four", 14, "one "],
    ["a b c\n-----BEGIN PRIVATE KEY-----\nMII EvQ IBA DAN", 0, "a b c\n"],
    ["a b c\n\nTypeError: x\nwhat follows is held back", 0, "a b c\n\n"],
    ["TypeError: x\n\nwhat follows is shown", 0, "TypeError: x\n\nwhat follows "],
  ];
  for (const [text, wordUnitsMax, shown] of cases)
    it(`${JSON.stringify(text)}, words of ${wordUnitsMax}: ${JSON.stringify(shown)}`, () =>
      assert.equal(text.slice(0, settledEnd(text, wordUnitsMax)), shown));
});
