import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { clustersMax, Drain } from "./drain.ts";
import { maskedWords } from "./mask.ts";
import { LogReader } from "./read-log.ts";
import { type KnownLine, knownLines, seededDraw, statements } from "./test/known-log.ts";

const clock = { nowMs: Date.UTC(2026, 10, 21), zoneMs: () => 0 };

/** Which cluster each line went to. */
function groups(lines: readonly KnownLine[]): Map<KnownLine, string> {
  const seen = new Map<KnownLine, string>();
  let made = 0;
  const drain = new Drain(
    (kind, words) => ({ kind, words, id: String((made += 1)) }),
    () => undefined,
  );
  for (const line of lines) {
    const reader = new LogReader(clock, ({ level, message }) => {
      seen.set(line, drain.add(level, maskedWords(message)).id);
    });
    reader.line(line.text);
    reader.end();
  }
  return seen;
}

/** The share of lines whose cluster holds exactly the lines of their statement (grouping accuracy). */
function groupingAccuracy(found: ReadonlyMap<KnownLine, string>): number {
  const byStatement = new Map<number, Map<string, number>>();
  const sizeOf = new Map<string, number>();
  const sizeOfStatement = new Map<number, number>();
  for (const [{ statement }, cluster] of found) {
    const inStatement = byStatement.get(statement) ?? new Map<string, number>();
    inStatement.set(cluster, (inStatement.get(cluster) ?? 0) + 1);
    byStatement.set(statement, inStatement);
    sizeOf.set(cluster, (sizeOf.get(cluster) ?? 0) + 1);
    sizeOfStatement.set(statement, (sizeOfStatement.get(statement) ?? 0) + 1);
  }
  let right = 0;
  for (const [statement, clusters] of byStatement) {
    const [[cluster, count] = ["", 0]] = clusters;
    if (
      clusters.size === 1 &&
      sizeOf.get(cluster) === count &&
      count === sizeOfStatement.get(statement)
    )
      right += count;
  }
  return right / found.size;
}

/** The share of pairs of lines on whose togetherness two foldings agree. */
function pairAgreement(
  left: ReadonlyMap<KnownLine, string>,
  right: ReadonlyMap<KnownLine, string>,
): number {
  const lines = [...left.keys()];
  const draw = seededDraw(7);
  let agreed = 0;
  const pairs = 50_000;
  for (let pair = 0; pair < pairs; pair += 1) {
    const [one, other] = [lines[draw(lines.length)], lines[draw(lines.length)]];
    if (one === undefined || other === undefined) continue;
    const isTogether = left.get(one) === left.get(other);
    if (isTogether === (right.get(one) === right.get(other))) agreed += 1;
  }
  return agreed / pairs;
}

function shuffled<T>(values: readonly T[], seed: number): T[] {
  const draw = seededDraw(seed);
  const mixed = [...values];
  for (let at = mixed.length - 1; at > 0; at -= 1) {
    const other = draw(at + 1);
    [mixed[at], mixed[other]] = [mixed[other] as T, mixed[at] as T];
  }
  return mixed;
}

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
