import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { asInputs, controls, controlSearch, measure, stressSet } from "../../../test/morphology.ts";
import { seeded } from "../../../test/seeded.ts";
import { SearchIndex } from "./search-index.ts";

const set = stressSet(seeded(1), { documents: 3_000, queries: 600 });
const folder = mkdtempSync(join(tmpdir(), "adyton-morphology-"));
const index = new SearchIndex(join(folder, "index.db"));
after(() => {
  index.close();
  rmSync(folder, { recursive: true });
});

describe("questions in other forms of a document's words", () => {
  it("share no form with it", () => {
    assert.ok(set.lexemes >= 71);
    const texts = new Map(set.documents.map(({ id, text }) => [id, text]));
    for (const { text, document } of set.queries) {
      const shown = new Set(texts.get(document)?.match(/\p{L}+/gu));
      assert.deepEqual(
        text.split(" ").filter((word) => shown.has(word)),
        [],
      );
    }
  });

  it("find it first", () => {
    index.add(asInputs(set));
    const { first, firstTen } = measure(set, (query) =>
      index
        .search({ query, owners: [], limit: 10, nowMs: 0 })
        .hits.map(({ documentId }) => documentId),
    );
    assert.ok(first >= 0.95, `first: ${first}`);
    assert.ok(firstTen >= 0.99, `among ten: ${firstTen}`);
  });

  for (const [name, below] of [
    ["no stemming", 0.01],
    ["English stemming", 0.4],
    ["stems alone", 0.95],
  ] as const)
    it(`are hard: ${name} finds less`, () => {
      const control = controls[name];
      assert.ok(control !== undefined);
      const { first } = measure(set, controlSearch(set, control));
      assert.ok(first < below, `${name}: ${first}`);
    });
});
