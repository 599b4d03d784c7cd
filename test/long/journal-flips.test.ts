import assert from "node:assert/strict";
import { it } from "node:test";
import { flipBytes } from "../../packages/core/src/adapters/sqlite/test/flip-bytes.ts";
import {
  richJournal,
  temporaryHome,
} from "../../packages/core/src/adapters/sqlite/test/journal-fixture.ts";

for (const seed of [11, 12, 13, 14])
  it(`finds any of 5,000 flipped bytes, or nothing that is read has changed (seed ${seed})`, () => {
    using original = temporaryHome();
    using scratch = temporaryHome();
    richJournal(original.files);
    const { found, harmless } = flipBytes(original.files, scratch.home, { flips: 5_000, seed });
    assert.ok(found > 1_000 && harmless > 100, `${found} found, ${harmless} harmless`);
  });
