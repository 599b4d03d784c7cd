import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ShownText } from "./shown-text.ts";

describe("ShownText", () => {
  it("hands on the first run as it comes", () => {
    const shown = new ShownText();
    assert.equal(shown.isBegun, false);
    assert.deepEqual([shown.add("При"), shown.add("вет")], ["При", "вет"]);
    assert.equal(shown.isBegun, true);
  });

  const again: ReadonlyArray<[name: string, first: string[], second: string[], fresh: string[]]> = [
    ["the same words are not repeated", ["One ", "two"], ["One", " two"], ["", ""]],
    ["what goes on is handed on", ["Раз "], ["Раз два", " три"], ["два", " три"]],
    ["a piece may end in the middle", ["One two"], ["One ", "two three"], ["", " three"]],
    ["other words are not shown", ["One two"], ["One too", " three"], ["", ""]],
    ["not even when they are longer", ["One"], ["Two three", " four"], ["", ""]],
    ["nor later on", ["One two"], ["One ", "2", "!", "!!!!!!"], ["", "", "", ""]],
    ["nothing was shown before", [], ["One", " two"], ["One", " two"]],
  ];
  for (const [name, first, second, fresh] of again)
    it(`of a run that begins again: ${name}`, () => {
      const shown = new ShownText();
      for (const words of first) shown.add(words);
      shown.again();
      assert.deepEqual(
        second.map((words) => shown.add(words)),
        fresh,
      );
    });

  it("is silent after a gap, until another run begins", () => {
    const shown = new ShownText();
    shown.add("One ");
    shown.break();
    assert.equal(shown.add("three"), "");
    shown.again();
    assert.equal(shown.add("One two three"), "two three");
  });
});
