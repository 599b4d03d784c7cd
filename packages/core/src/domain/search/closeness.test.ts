import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { closeness, editDistance } from "./closeness.ts";
import {
  bestAtTheEnds,
  fuseRankings,
  chunksPerDocumentMax,
  limitPerDocument,
  similarity,
} from "./fuse.ts";
import { inverseFrequency, scoreChunk, scoreFloor } from "./score.ts";
import { soundKey } from "./sound-key.ts";

describe("editDistance", () => {
  const cases: ReadonlyArray<[left: string, right: string, distance: number]> = [
    ["backup", "backup", 0],
    ["bakcup", "backup", 1],
    ["резевн", "резервн", 1],
    ["ollama", "olma", 2],
    ["matrix", "metric", 2],
    ["", "ab", 2],
  ];
  for (const [left, right, distance] of cases) {
    it(`${left} to ${right} is ${distance}`, () => {
      assert.equal(editDistance(left, right, 3), distance);
      assert.equal(editDistance(right, left, 3), distance);
    });
  }
  it("gives up one above the limit", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.nat(3), (left, right, limit) => {
        const full = editDistance(left, right, 1_000);
        assert.equal(editDistance(left, right, limit), Math.min(full, limit + 1));
      }),
    );
  });
});

describe("closeness", () => {
  const of = (query: string, candidate: string, isKnown: boolean) =>
    closeness(
      { term: query, sound: soundKey(query), isKnown },
      { term: candidate, sound: soundKey(candidate) },
    );
  const cases: ReadonlyArray<
    [query: string, candidate: string, isKnown: boolean, isClose: boolean]
  > = [
    ["telegram", "телеграм", true, true],
    ["телеграмм", "telegram", false, true],
    ["памят", "памя", true, true],
    ["резевн", "резервн", false, true],
    ["резервн", "резевн", true, false],
    ["matrix", "metric", false, false],
    ["сет", "set", true, false],
    ["e1042", "e1043", false, false],
    ["token", "broken", false, false],
  ];
  for (const [query, candidate, isKnown, isClose] of cases)
    it(`${query} ${isClose ? "is" : "is not"} ${candidate}`, () =>
      assert.equal(of(query, candidate, isKnown) > 0, isClose));
});

describe("fusion", () => {
  it("prefers what several rankings agree on", () => {
    const fused = fuseRankings([
      [1, 2],
      [2, 3],
    ]);
    assert.deepEqual(
      [...fused].toSorted((left, right) => right[1] - left[1]).map(([id]) => id),
      [2, 1, 3],
    );
    assert.equal(fused.get(1), 1 / 61);
  });
  it("keeps so many chunks of a document and so many in all", () => {
    const items = Array.from({ length: chunksPerDocumentMax + 1 }, (_, index) => ({
      document: 1,
      index,
    }));
    const other = { document: 2, index: 99 };
    assert.deepEqual(
      limitPerDocument([...items, other], (item) => item.document, 20),
      [...items.slice(0, chunksPerDocumentMax), other],
    );
    assert.equal(limitPerDocument([...items, other], (item) => item.document, 2).length, 2);
  });
  for (const [ranked, ordered] of [
    [[], []],
    [[1], [1]],
    [
      [1, 2],
      [1, 2],
    ],
    [
      [1, 2, 3, 4, 5],
      [1, 3, 5, 4, 2],
    ],
  ] as const)
    it(`puts the best of ${ranked.length} at the ends`, () =>
      assert.deepEqual(bestAtTheEnds(ranked), ordered));
  it("measures likeness", () => {
    assert.equal(similarity(new Set(["a", "b"]), new Set(["b", "a"])), 1);
    assert.equal(similarity(new Set(["a"]), new Set(["b"])), 0);
    assert.equal(similarity(new Set(), new Set()), 0);
  });
});

describe("score", () => {
  const term = (name: string, weight: number) => ({
    identifier: false,
    weight,
    variants: new Map([[name, 1]]),
  });
  const chunk = (heading: string[], other: string[]) => ({
    headingTerms: new Set(heading),
    otherTerms: new Set(other),
  });
  it("is 1 for a heading that holds everything and 0 for nothing", () => {
    assert.equal(scoreChunk([term("a", 2)], chunk(["a"], [])).score, 1);
    assert.equal(scoreChunk([term("a", 2)], chunk(["b"], ["c"])).score, 0);
    assert.equal(scoreChunk([], chunk(["b"], ["c"])).score, 0);
  });
  it("counts an unknown word against the chunk", () => {
    const known = term("connect", inverseFrequency(20, 200));
    const unknown = { identifier: false, weight: inverseFrequency(0, 200), variants: new Map() };
    assert.ok(scoreChunk([known, unknown], chunk(["connect"], [])).score < scoreFloor);
  });
  it("trusts two words of a question more than one", () => {
    const terms = [term("a", 1), term("b", 1), term("c", 1)];
    const one = scoreChunk(terms, chunk([], ["a"]));
    const two = scoreChunk(terms, chunk([], ["a", "b"]));
    assert.ok(one.score < one.share && two.score > two.share);
    assert.equal(scoreChunk(terms, chunk(["a", "b", "c"], [])).score, 1);
  });
  it("values rare words more, and never less than nothing", () => {
    assert.ok(inverseFrequency(1, 100) > inverseFrequency(50, 100));
    assert.ok(inverseFrequency(100, 100) >= 0);
    assert.ok(inverseFrequency(101, 100) >= 0);
  });
});
