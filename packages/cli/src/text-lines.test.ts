import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { textLines } from "./text-lines.ts";

async function* pieces(...texts: readonly string[]): AsyncGenerator<string> {
  for (const text of texts) yield await Promise.resolve(text);
}
const lines = (charsMax: number, ...texts: readonly string[]) =>
  Array.fromAsync(textLines(pieces(...texts), charsMax));

describe("the lines of a text in pieces", () => {
  it("end at a line feed alone", async () => {
    assert.deepEqual(await lines(10, "a\u2028", "б\nc", "\r\n\nd"), ["a\u2028б", "c\r", "", "d"]);
    assert.deepEqual(await lines(10), []);
  });

  it("may be so long and no longer, whether they end or not", async () => {
    assert.deepEqual(await lines(3, "abc\nab", "c"), ["abc", "abc"]);
    await assert.rejects(lines(3, "abcd\n"), RangeError);
    await assert.rejects(lines(3, "ab", "cd"), RangeError);
  });
});
