import assert from "node:assert/strict";
import { closeSync, openSync } from "node:fs";
import { describe, it } from "node:test";
import { isPiped, joinMessage, readStandardInput } from "./standard-input.ts";

async function* chunks(...parts: (string | Uint8Array)[]) {
  for (const part of parts) {
    await Promise.resolve();
    yield part;
  }
}

describe("the standard input", () => {
  const joined: readonly (readonly [words: string, piped: string, message: string])[] = [
    ["", "", ""],
    ["what is wrong?", "", "what is wrong?"],
    ["", "line 1\nline 2\n", "line 1\nline 2"],
    ["что не так?", "ошибка 5\n", "что не так?\n\nошибка 5"],
    ["  ", " \n ", ""],
  ];
  for (const [words, piped, message] of joined)
    it(`joins ${JSON.stringify([words, piped])}`, () =>
      assert.equal(joinMessage(words, piped), message));

  it("reads text in pieces that cut a letter", async () => {
    const bytes = Buffer.from("ёж");
    const outcome = await readStandardInput(4, chunks(bytes.subarray(0, 1), bytes.subarray(1)));
    assert.deepEqual(outcome, { kind: "text", text: "ёж" });
  });

  it("takes the limit and refuses one byte more", async () => {
    assert.equal((await readStandardInput(3, chunks("ab", "c"))).kind, "text");
    assert.equal((await readStandardInput(3, chunks("ab", "cd"))).kind, "too_long");
  });

  it("refuses what is not UTF-8", async () =>
    assert.deepEqual(await readStandardInput(9, chunks(Uint8Array.of(0xff, 0xfe))), {
      kind: "not_text",
    }));

  it("tells a file from /dev/null and from nothing", () => {
    const file = openSync(import.meta.filename, "r");
    const none = openSync("/dev/null", "r");
    assert.equal(isPiped(file), true);
    assert.equal(isPiped(none), false);
    closeSync(file);
    closeSync(none);
    assert.equal(isPiped(file), false);
  });
});
