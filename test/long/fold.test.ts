import assert from "node:assert/strict";
import { it } from "node:test";
import {
  chunksOf,
  foldAll,
  strangeLines,
} from "../../packages/core/src/domain/fold/test/fold-memory.ts";
import { knownLines } from "../../packages/core/src/domain/fold/test/known-log.ts";

const grownBytesMax = 8 * 1024 * 1024;

function* texts(count: number): Generator<string> {
  for (const { text } of knownLines(5, count)) yield text;
}

it("a million lines are folded in bounded memory", () => {
  const { folder, grownBytes, lines } = foldAll(chunksOf(texts(1_000_000)), 4);
  assert.equal(lines, 1_000_000);
  assert.equal(folder.finish().length, 40);
  assert.ok(grownBytes < grownBytesMax, `${grownBytes} bytes`);
});

it("lines of which each is another are folded in bounded memory", () => {
  const { grownBytes } = foldAll(chunksOf(strangeLines(200_000)), 2);
  assert.ok(grownBytes < grownBytesMax, `${grownBytes} bytes`);
});
