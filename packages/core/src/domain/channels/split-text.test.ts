import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { splitText } from "./split-text.ts";

describe("splitting a text", () => {
  const cases: readonly [name: string, text: string, unitsMax: number, pieces: string[]][] = [
    ["nothing", " \n ", 10, []],
    ["at the limit", "0123456789", 10, ["0123456789"]],
    ["one over it", "0123456789a", 10, ["0123456789", "a"]],
    ["between paragraphs first", "one two\n\nthree four", 12, ["one two", "three four"]],
    ["between lines", "aaa bbb\nccc ddd", 10, ["aaa bbb", "ccc ddd"]],
    ["between sentences", "Раз два. Три четыре", 12, ["Раз два.", "Три четыре"]],
    ["between words", "aaaa bbbb cccc", 10, ["aaaa bbbb", "cccc"]],
    ["a cut just behind the room", "aaaa bbbbb cccc", 10, ["aaaa bbbbb", "cccc"]],
    ["never within a character", "aaa👍👍", 4, ["aaa", "👍👍"]],
  ];
  for (const [name, text, unitsMax, pieces] of cases)
    it(name, () => assert.deepEqual(splitText(text, unitsMax), pieces));

  it("keeps every word and every limit", () => {
    const words = fc.array(fc.stringMatching(/^[a-zа-я]{1,12}$/u), { maxLength: 80 });
    const gap = fc.constantFrom(" ", "\n", "\n\n", ". ");
    fc.assert(
      fc.property(words, gap, fc.integer({ min: 24, max: 60 }), (list, between, unitsMax) => {
        const pieces = splitText(list.join(between), unitsMax);
        assert.ok(pieces.every((piece) => piece.length <= unitsMax && piece.trim() === piece));
        const kept = pieces
          .join(" ")
          .split(/[\s.]+/u)
          .filter(Boolean);
        assert.deepEqual(kept, list);
      }),
    );
  });
});
