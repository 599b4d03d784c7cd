import assert from "node:assert/strict";
import { it } from "node:test";
import { freshBytes } from "./fresh-bytes.ts";

it("gives bytes that were never given before, across the end of the pool", () => {
  const seen = new Set<string>();
  const given = Array.from({ length: 2_000 }, (_, index) => freshBytes(10 + (index % 7)));
  for (const bytes of given) seen.add(bytes.toString("hex"));
  assert.equal(seen.size, given.length);
  assert.deepEqual(new Set(given.map(({ length }) => length)).size, 7);
  assert.ok(given.every((bytes) => bytes.some((byte) => byte !== 0)));
});

it("gives the whole pool and refuses one byte more", () => {
  assert.equal(freshBytes(4_096).length, 4_096);
  assert.equal(freshBytes(0).length, 0);
  assert.throws(() => freshBytes(4_097), RangeError);
});
