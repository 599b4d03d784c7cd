import assert from "node:assert/strict";
import { it } from "node:test";
import { clustersMax } from "./drain.ts";
import { foldAll } from "./test/fold-memory.ts";
import { knownLines } from "./test/known-log.ts";

const chunkLines = 50_000;
const grownBytesMax = 8 * 1024 * 1024;

function* chunksOf(lines: Iterable<string>): Generator<Uint8Array> {
  let some: string[] = [];
  for (const line of lines) {
    some.push(line);
    if (some.length < chunkLines) continue;
    yield Buffer.from(`${some.join("\n")}\n`);
    some = [];
  }
}

function* known(count: number): Generator<string> {
  for (const { text } of knownLines(5, count)) yield text;
}

/** Lines of which no two say the same, nor have as many words in a row. */
function* strange(count: number): Generator<string> {
  const letters = (n: number): string =>
    n.toString().replaceAll(/\d/g, (digit) => "abcdefghij".charAt(Number(digit)));
  for (let n = 0; n < count; n += 1)
    yield `ERROR ${`${letters(n)} `.repeat(1 + (n % 20))}${letters(n * 7)} "${"x".repeat(n % 100)}"`;
}

it("a million lines are folded in bounded memory", () => {
  const { folder, grownBytes, lines } = foldAll(chunksOf(known(1_000_000)), 4);
  assert.equal(lines, 1_000_000);
  assert.equal(folder.finish().length, 40);
  assert.ok(grownBytes < grownBytesMax, `${grownBytes} bytes`);
});

it("lines of which each is another are folded in bounded memory, and counted when forgotten", () => {
  const { folder, grownBytes } = foldAll(chunksOf(strange(200_000)), 2);
  const kept = folder.finish();
  assert.ok(kept.length <= clustersMax);
  assert.ok(grownBytes < grownBytesMax, `${grownBytes} bytes`);
  const told = kept.reduce((sum, { count }) => sum + count, 0);
  assert.equal(told + folder.forgotten.records, 200_000);
});
