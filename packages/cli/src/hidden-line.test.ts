import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { test } from "node:test";
import { hiddenCharsMax, readHiddenLine } from "./hidden-line.ts";

/** A terminal: what is typed, and what it showed. */
function terminal() {
  const modes: boolean[] = [];
  const input = Object.assign(new PassThrough(), {
    setRawMode: (isRaw: boolean) => modes.push(isRaw),
  });
  const output = new PassThrough();
  return { input, output, modes, shown: () => String(output.read()) };
}

const typed: readonly (readonly [string, string, string | undefined])[] = [
  ["a line", "secret\r", "secret"],
  ["in Russian", "тайна\n", "тайна"],
  ["corrected", "sx\u007fecx\bret\r", "secret"],
  ["begun anew", "wrong\u0015right\r", "right"],
  ["with other keys", "a\u001bb\tc\r", "abc"],
  ["nothing", "\r", ""],
  ["Ctrl-D on nothing", "\u0004", undefined],
  ["Ctrl-D after something", "a\u0004b\r", "ab"],
  ["as long as may be", `${"x".repeat(hiddenCharsMax)}\r`, "x".repeat(hiddenCharsMax)],
  ["one longer", `${"x".repeat(hiddenCharsMax)}y\r`, "x".repeat(hiddenCharsMax)],
];
for (const [name, keys, line] of typed)
  test(`a hidden line: ${name}`, async () => {
    const { input, output, modes, shown } = terminal();
    input.write(keys);
    const read = await readHiddenLine("Token: ", { input, output }, new AbortController().signal);
    assert.equal(read, line);
    assert.equal(shown(), "Token: \n", "nothing of it is shown");
    assert.deepEqual(modes, [true, false]);
  });

test("a hidden line that is called off leaves the terminal as it was", async () => {
  const { input, output, modes } = terminal();
  const over = new AbortController();
  const reading = readHiddenLine("Token: ", { input, output }, over.signal);
  over.abort(new Error("stopped"));
  await assert.rejects(reading, /stopped/);
  assert.deepEqual(modes, [true, false]);
});
