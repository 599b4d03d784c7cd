import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { WordWrap } from "./word-wrap.ts";

const columns = 12;
const cases: readonly (readonly [name: string, text: string, wrapped: string])[] = [
  ["a short line", "one two", "one two"],
  ["a line of the very width", "one two four", "one two four"],
  ["a line one longer", "one two three", "one two\nthree"],
  ["Russian", "мороз и солнце день", "мороз и\nсолнце день"],
  ["Chinese, two columns each", "漢字漢 漢字 a", "漢字漢 漢字\na"],
  ["a word longer than a line", "a pneumonoultra b", "a\npneumonoultra\nb"],
  ["breaks that are there", "one\n\ntwo three four", "one\n\ntwo three\nfour"],
  ["spaces at an end", "one two  \nx", "one two  \nx"],
  [
    "a fenced block",
    "```sh\necho one two three four\n```\none two three",
    "```sh\necho one two three four\n```\none two\nthree",
  ],
  ["an indented block", "    echo one two three", "    echo one two three"],
  ["a row of a table", "| one | two | three |", "| one | two | three |"],
  ["a list", "- one two three", "- one two\nthree"],
];

describe("prose on a terminal", () => {
  for (const [name, text, wrapped] of cases)
    it(`wraps ${name}, in whatever pieces it comes`, () => {
      for (let size = 1; size <= text.length; size += 1) {
        const wrap = new WordWrap(columns);
        let out = "";
        for (let at = 0; at < text.length; at += size) out += wrap.feed(text.slice(at, at + size));
        assert.equal(out + wrap.end(), wrapped);
      }
    });

  it("passes everything at once where there is no terminal", () => {
    const wrap = new WordWrap(Number.POSITIVE_INFINITY);
    assert.equal(wrap.feed("one two three fo"), "one two three fo");
    assert.equal(wrap.end(), "");
  });
});
