import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { comparedWindow } from "./compared-window.ts";
import { Folder } from "./fold.ts";
import { isBurst, poissonTail, rank } from "./rank.ts";
import { digest, fold, record } from "./test/fold-records.ts";

describe("the same window of the days before", () => {
  const dayMs = 86_400_000;
  const window = { fromMs: 100 * dayMs, toMs: 100 * dayMs + 1_000 };

  const cases: ReadonlyArray<[name: string, timeMs: number | undefined, place: string]> = [
    ["the first moment of the window", window.fromMs, "window"],
    ["a line without a time", undefined, "window"],
    ["the moment before", window.fromMs - 1, "before"],
    ["the first moment a day earlier", window.fromMs - dayMs, "compared"],
    ["the last moment a day earlier", window.toMs - dayMs, "compared"],
    ["the moment after it", window.toMs - dayMs + 1, "before"],
    ["seven days earlier", window.fromMs - 7 * dayMs, "compared"],
    ["eight days earlier", window.fromMs - 8 * dayMs, "before"],
  ];
  for (const [name, timeMs, place] of cases)
    it(`has ${name} as ${place}`, () => {
      const { placeOf } = comparedWindow(window, window.fromMs - 9 * dayMs);
      assert.equal(placeOf(record("x", { timeMs })), place);
    });

  it("counts only the days to which the log reaches", () => {
    for (const [back, days] of [
      [0, 0],
      [dayMs - 1, 0],
      [dayMs, 1],
      [3.5 * dayMs, 3],
      [20 * dayMs, 7],
    ] as const)
      assert.equal(comparedWindow(window, window.fromMs - back).days, days);
    assert.equal(comparedWindow(window, undefined).days, 0);
    assert.equal(comparedWindow({ ...window, fromMs: undefined }, 0).days, 0);
  });

  it("is counted in a cluster, and makes it known", () => {
    const folder = new Folder(digest);
    folder.add(record("disk full"), "compared");
    folder.add(record("disk full"), "before");
    folder.add(record("disk full"));
    folder.add(record("нет места"));
    folder.add(record("never in the window"), "before");
    assert.deepEqual(
      folder.finish().map(({ count, compared, cameBefore }) => [count, compared, cameBefore]),
      [
        [1, 1, true],
        [1, 0, false],
      ],
    );
    assert.equal(folder.records, 2);
  });
});

describe("rank", () => {
  it("knows the chance of a count (Poisson)", () => {
    for (const [count, expected, chance] of [
      [0, 3, 1],
      [1, 1, 0.632_12],
      [5, 1, 0.003_66],
      [10, 5, 0.031_83],
      [1_200, 1_000, 4.684e-10],
    ] as const) {
      const found = poissonTail(count, expected);
      const isNear = count <= expected ? found === 1 : Math.abs(found - chance) <= chance * 0.02;
      assert.ok(isNear, `${count} of ${expected}: ${found}`);
    }
  });

  it("takes fewer than five lines for no burst", () => {
    assert.equal(isBurst(4, 0), false);
    assert.equal(isBurst(5, 0), true);
    assert.equal(isBurst(5, 1), false);
    assert.equal(isBurst(6, 1), true);
  });

  it("puts trouble first, then what is new, what rises, how bad, how wide, and what came first", () => {
    const clusters = fold([
      record("calm and new", { level: "info", line: 1 }),
      record("old warning here", { level: "warn", line: 2 }),
      record("old error", { line: 3 }),
      record("rising error there now", { line: 4 }),
      record("new warning there now ok", { level: "warn", line: 5 }),
    ]);
    const ranked = rank(clusters, {
      isFirst: false,
      isKnown: ({ template }) => !template.includes("new"),
      baseline: ({ template }) => ({ expected: template.startsWith("rising") ? 0.000_001 : 10 }),
    }).map(({ template }) => template);
    // One line is no burst, so the rising error has no advantage before it has five.
    assert.deepEqual(ranked, [
      "new warning there now ok",
      "old error",
      "rising error there now",
      "old warning here",
      "calm and new",
    ]);
  });

  it("says of nothing that it is new or rising while there is nothing to compare with", () => {
    const [only] = rank(fold([record("disk full")]), {
      isFirst: true,
      isKnown: () => false,
      baseline: () => undefined,
    });
    assert.deepEqual([only?.isNew, only?.isBurst, only?.ratio], [null, null, null]);
  });
});
