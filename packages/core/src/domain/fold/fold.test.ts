import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, it } from "node:test";
import { checkHypotheses, type OfferedHypothesis, type ShownEvidence } from "./evidence.ts";
import { exemplarCharsMax, exemplarsMax, Folder, type RememberedCluster } from "./fold.ts";
import type { LogRecord } from "./log-record.ts";
import { isBurst, poissonTail, rank } from "./rank.ts";
import { faultOf } from "./stack.ts";

const digest = (text: string): string => createHash("sha256").update(text).digest("hex");
const record = (message: string, more: Partial<LogRecord> = {}): LogRecord => ({
  line: 1,
  timeMs: undefined,
  level: "error",
  unit: "",
  message,
  stack: [],
  ...more,
});

function fold(records: readonly LogRecord[], remembered: readonly RememberedCluster[] = []) {
  const folder = new Folder(digest, remembered);
  for (const each of records) folder.add(each);
  return folder.finish();
}

describe("a cluster", () => {
  it("has a fingerprint of its level, exception, frames and text, with its version", () => {
    const [plain] = fold([record("disk full")]);
    assert.match(plain?.fingerprint ?? "", /^fold1:[0-9a-f]{64}$/);
    const stack = ["    at run (/srv/app/jobs.js:10:5)"];
    const others = [
      record("disk empty"),
      record("disk full", { level: "warn" }),
      record("disk full", { stack }),
      record("IOError: disk full"),
    ];
    const all = [plain, ...others.map((each) => fold([each])[0])].map((each) => each?.fingerprint);
    assert.equal(new Set(all).size, all.length);
    assert.equal(fold([record("disk full")])[0]?.fingerprint, plain?.fingerprint);
  });

  it("does not depend on the folder or the line of its frames", () => {
    const at = (path: string): string | undefined =>
      fold([record("boom", { stack: [`    at run (${path})`] })])[0]?.fingerprint;
    assert.equal(at("/srv/app/jobs.js:10:5"), at("/home/ivan/app/jobs.js:99:1"));
    assert.notEqual(at("/srv/app/jobs.js:10:5"), at("/srv/app/mail.js:10:5"));
  });

  it("keeps its name when its text becomes more general", () => {
    const [before] = fold([record("user alice lost the connection today")]);
    assert.ok(before);
    const [after] = fold(
      [
        record("user alice lost the connection today"),
        record("user иван lost the connection today"),
      ],
      [before],
    );
    assert.equal(after?.template, "user <*> lost the connection today");
    assert.equal(after?.fingerprint, before.fingerprint);
    assert.deepEqual([after?.isRemembered, after?.isChanged], [true, true]);
    assert.deepEqual(fold([], [before]), [], "what did not come is not in the window");
  });

  it("counts its lines, its writers and its times, and shows the first two lines and the newest", () => {
    const lines = [5, 3, 9, 7].map((timeMs, at) =>
      record(`took ${at} tries`, { line: at + 1, timeMs, unit: at < 2 ? "a" : "b" }),
    );
    const [cluster] = fold(lines);
    assert.deepEqual(
      [cluster?.count, cluster?.units, cluster?.firstMs, cluster?.lastMs],
      [4, 2, 3, 9],
    );
    assert.deepEqual(
      cluster?.exemplars.map(({ lineId, text }) => `${lineId} ${text}`),
      ["L1 took 0 tries", "L2 took 1 tries", "L4 took 3 tries"],
    );
    assert.equal(cluster?.exemplars.length, exemplarsMax);
  });

  it("shows so much of a line and no more", () => {
    const shown = (chars: number): number =>
      fold([record("слово ".repeat(60).slice(0, chars))])[0]?.exemplars[0]?.text.length ?? 0;
    assert.equal(shown(exemplarCharsMax), exemplarCharsMax);
    assert.equal(shown(exemplarCharsMax + 1), exemplarCharsMax);
  });
});

describe("where a fault lies", () => {
  it("is told by the program's own frames, the innermost first", () => {
    assert.deepEqual(
      faultOf("TypeError: x", [
        "    at Object.get (/srv/app/node_modules/lib/index.js:1:1)",
        "    at async load (file:///srv/app/src/load.ts:4:2)",
        "    at /srv/app/src/main-3fa9c1d2.mjs:1:1",
      ]),
      { exception: "TypeError", frames: ["load:load", "main:"] },
    );
    assert.deepEqual(
      faultOf("job failed", [
        "Traceback (most recent call last):",
        '  File "/srv/app/main.py", line 3, in <module>',
        '  File "/srv/app/store.py", line 8, in save',
        '  File "/usr/lib/python3.12/json/__init__.py", line 8, in dumps',
        "shop.errors.StoreError: нет места",
      ]),
      { exception: "shop.errors.StoreError", frames: ["store:save", "main:<module>"] },
    );
    assert.deepEqual(
      faultOf("java.lang.IllegalStateException: closed", [
        "\tat java.util.ArrayList.add(ArrayList.java:1)",
        "\tat ru.shop.Cart.add(Cart.java:10)",
      ]),
      { exception: "java.lang.IllegalStateException", frames: ["Cart:add"] },
    );
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

describe("evidence", () => {
  const shown: ShownEvidence = {
    clusterIds: new Set(["C1", "C2"]),
    lines: new Map([
      ["L1", { lineId: "L1", timeMs: 1_000, text: "диск заполнен: нет места" }],
      ["L2", { lineId: "L2", timeMs: 2_000, text: "write failed" }],
    ]),
    hasChange: false,
  };
  const good: OfferedHypothesis = {
    statement: "The disk is full.",
    clusterIds: ["C1"],
    evidence: [
      { lineId: "L1", quote: "диск заполнен" },
      { lineId: "L2", quote: "write failed" },
    ],
    firstCheck: "df",
    confidence: "high",
  };
  const change = (more: Partial<OfferedHypothesis>): OfferedHypothesis => ({ ...good, ...more });
  const quoted = (lineId: string, quote: string) => change({ evidence: [{ lineId, quote }] });

  const cases: ReadonlyArray<
    [name: string, offered: OfferedHypothesis, kept: number, removed: number]
  > = [
    ["literal quotes", good, 1, 0],
    ["an invented quote", quoted("L1", "диск сломан"), 0, 1],
    ["a quote of another line", quoted("L2", "диск заполнен"), 0, 1],
    ["a quote in another case", quoted("L2", "Write failed"), 0, 1],
    ["a line that is not there", quoted("L9", "write failed"), 0, 1],
    ["a quote at the shortest length", quoted("L2", "failed"), 1, 0],
    ["a quote below it", quoted("L2", "faile"), 0, 1],
    ["blanks for a quote", quoted("L2", "          "), 0, 1],
    ["no evidence", change({ evidence: [] }), 0, 0],
    ["a cluster that is not there", change({ clusterIds: ["C9"] }), 0, 0],
    ["an order against the times", change({ evidence: good.evidence.toReversed() }), 0, 0],
    [
      "one invented quote beside a true one",
      change({ evidence: [...good.evidence, { lineId: "L2", quote: "invented words" }] }),
      1,
      1,
    ],
  ];
  for (const [name, offered, kept, removed] of cases)
    it(`${kept === 1 ? "keeps" : "drops"} a hypothesis with ${name}`, () => {
      const checked = checkHypotheses([offered], shown);
      assert.equal(checked.kept.length, kept);
      assert.equal(checked.quotesRemoved, removed);
      assert.equal(checked.hypothesesRemoved, 1 - kept);
    });

  it("is never sure without a change shortly before", () => {
    assert.equal(checkHypotheses([good], shown).kept[0]?.confidence, "medium");
    assert.equal(
      checkHypotheses([good], { ...shown, hasChange: true }).kept[0]?.confidence,
      "high",
    );
  });
});
