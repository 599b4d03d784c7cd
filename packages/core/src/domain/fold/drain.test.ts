import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { clustersMax, Drain } from "./drain.ts";
import { groupingAccuracy, groups, pairAgreement, shuffled } from "./test/fold-measures.ts";
import { knownLines, statements } from "./test/known-log.ts";

describe("clusters of a log whose statements are known", () => {
  for (const seed of [1, 2, 3])
    it(`are found, seed ${seed}`, () => {
      const lines = [...knownLines(seed, 4_000)];
      const accuracy = groupingAccuracy(groups(lines));
      assert.ok(accuracy >= 0.95, `seed ${seed}: ${accuracy}`);
    });

  it("are told apart by the measure: one that puts all lines together is wrong", () => {
    const lines = [...knownLines(1, 500)];
    assert.equal(groupingAccuracy(new Map(lines.map((line) => [line, "all"]))), 0);
    assert.equal(statements.length, 40);
  });

  it("do not depend on the order of the lines", () => {
    const lines = [...knownLines(4, 4_000)];
    const inOrder = groups(lines);
    for (const seed of [11, 12, 13]) {
      const agreement = pairAgreement(inOrder, groups(shuffled(lines, seed)));
      assert.ok(agreement >= 0.98, `seed ${seed}: ${agreement}`);
    }
    const apart = new Map(lines.map((line, at) => [line, String(at)]));
    assert.ok(pairAgreement(inOrder, apart) < 0.98, "the measure can fail");
  });
});

describe("the tree", () => {
  const make = (kind: string, words: string[]) => ({ kind, words });

  it("generalises the words that differ, and only those", () => {
    const drain = new Drain(make, () => undefined);
    const first = drain.add("info", ["user", "alice", "logged", "in", "today"]);
    assert.equal(drain.add("info", ["user", "bob", "logged", "in", "today"]), first);
    assert.deepEqual(first.words, ["user", "<*>", "logged", "in", "today"]);
  });

  it("does not count what is masked as agreement", () => {
    const drain = new Drain(make, () => undefined);
    const first = drain.add("info", ["<num>", "<num>", "opened", "<num>"]);
    assert.notEqual(drain.add("info", ["<num>", "<num>", "closed", "<num>"]), first);
  });

  it("does not count what is masked on one side as difference", () => {
    const masked = ["user", "<num>", "<num>", "left"];
    const plain = ["user", "anna", "home", "left"];
    for (const [one, other] of [
      [masked, plain],
      [plain, masked],
    ] as const) {
      const drain = new Drain(make, () => undefined);
      const first = drain.add("info", [...one]);
      assert.equal(drain.add("info", [...other]), first);
      assert.deepEqual(first.words, ["user", "<*>", "<*>", "left"]);
    }
  });

  it("keeps kinds apart", () => {
    const drain = new Drain(make, () => undefined);
    assert.notEqual(drain.add("info", ["disk", "full"]), drain.add("error", ["disk", "full"]));
  });

  it(`holds ${clustersMax} clusters and forgets the one not seen for longest`, () => {
    const forgotten: string[] = [];
    const drain = new Drain(make, ({ words }) => forgotten.push(words.join(" ")));
    const letters = (n: number): string =>
      Array.from(n.toString(36).padStart(4, "0"), (digit) =>
        String.fromCharCode(97 + Number.parseInt(digit, 36)),
      ).join("");
    const words = (n: number): string[] => [
      letters(n),
      ...Array.from({ length: n % 60 }, () => letters(n)),
    ];
    for (let n = 0; n < clustersMax; n += 1) drain.add("info", words(n));
    assert.deepEqual(forgotten, []);
    drain.add("info", words(0));
    drain.add("info", words(clustersMax));
    assert.deepEqual(forgotten, [words(1).join(" ")]);
    assert.equal([...drain.clusters].length, clustersMax);
  });
});
