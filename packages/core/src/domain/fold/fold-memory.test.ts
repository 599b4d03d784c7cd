import assert from "node:assert/strict";
import { it } from "node:test";
import { clustersMax } from "./drain.ts";
import { chunksOf, foldAll, strangeLines } from "./test/fold-memory.ts";
import { knownLines } from "./test/known-log.ts";

const grownBytesMax = 8 * 1024 * 1024;

function* known(count: number): Generator<string> {
  for (const { text } of knownLines(5, count)) yield text;
}

it("hundreds of thousands of lines are folded in bounded memory", () => {
  const { folder, grownBytes, lines } = foldAll(chunksOf(known(250_000)), 2);
  assert.equal(lines, 250_000);
  assert.equal(folder.finish().length, 40);
  assert.ok(grownBytes < grownBytesMax, `${grownBytes} bytes`);
});

it("lines of which each is another are counted when forgotten", () => {
  const { folder } = foldAll(chunksOf(strangeLines(30_000)), 1);
  const kept = folder.finish();
  assert.ok(kept.length <= clustersMax);
  assert.ok(folder.forgotten.records > 0);
  const told = kept.reduce((sum, { count }) => sum + count, 0);
  assert.equal(told + folder.forgotten.records, 30_000);
});
