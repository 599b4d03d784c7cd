import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  exemplarCharsMax,
  exemplarsMax,
  Folder,
  partsMax,
  type Regrouping,
  type RememberedCluster,
} from "./fold.ts";
import type { LogRecord } from "./log-record.ts";
import { digest, fold, record } from "./test/fold-records.ts";
import { faultOf } from "./stack.ts";

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
      { exception: "TypeError", frames: ["load:load", "main:"], isOwn: true },
    );
    assert.deepEqual(
      faultOf("job failed", [
        "Traceback (most recent call last):",
        '  File "/srv/app/main.py", line 3, in <module>',
        '  File "/srv/app/store.py", line 8, in save',
        '  File "/usr/lib/python3.12/json/__init__.py", line 8, in dumps',
        "shop.errors.StoreError: нет места",
      ]),
      { exception: "shop.errors.StoreError", frames: ["store:save", "main:<module>"], isOwn: true },
    );
    assert.deepEqual(
      faultOf("java.lang.IllegalStateException: closed", [
        "\tat java.util.ArrayList.add(ArrayList.java:1)",
        "\tat ru.shop.Cart.add(Cart.java:10)",
      ]),
      { exception: "java.lang.IllegalStateException", frames: ["Cart:add"], isOwn: true },
    );
  });

  it("is told by foreign frames where it has no others, and by its text too", () => {
    const stack = ["    at Server.emit (node:events:519:28)"];
    const found = faultOf("Error: read ECONNRESET", stack);
    assert.deepEqual(found, { exception: "", frames: ["node:events:Server.emit"], isOwn: false });
    const clusters = fold([record("Error: reset", { stack }), record("Error: closed", { stack })]);
    assert.equal(clusters.length, 2);
  });
});

describe("the name of a cluster", () => {
  const stack = ["    at run (/srv/app/jobs.js:10:5)"];

  it("is what its writer calls it, before anything else", () => {
    const clusters = fold([
      record("payment 7 rejected", { fingerprint: "bank", stack }),
      record("банк не ответил вовсе", { fingerprint: "bank" }),
      record("payment 7 rejected", { fingerprint: "card" }),
    ]);
    assert.deepEqual(
      clusters.map(({ count }) => count),
      [2, 1],
    );
    assert.equal(clusters[0]?.template, "payment <num> rejected");
  });

  it("is where in the program's own code it arose, whatever it says", () => {
    const clusters = fold([
      record("TypeError: cannot read one", { stack }),
      record("TypeError: нельзя прочесть", { stack, line: 2 }),
      record("TypeError: cannot read one", {
        stack: ["    at go (/srv/app/jobs.js:9:5)"],
        line: 3,
      }),
    ]);
    assert.deepEqual(
      clusters.map(({ count, frames }) => [count, frames[0]]),
      [
        [2, "jobs:run"],
        [1, "jobs:go"],
      ],
    );
  });
});

describe("what a person decides", () => {
  const decide = (
    merged: Readonly<Record<string, string>>,
    split: readonly string[],
  ): Regrouping => ({
    nameOf: (fingerprint) => merged[fingerprint] ?? fingerprint,
    isSplit: (fingerprint) => split.includes(fingerprint),
    hasSplits: split.length > 0,
  });
  const again = (
    records: readonly LogRecord[],
    remembered: readonly RememberedCluster[],
    regrouping: Regrouping,
  ) => {
    const folder = new Folder(digest, remembered, regrouping);
    for (const each of records) folder.add(each);
    return folder.finish();
  };

  it("has clusters count as one, with the lines and times of all", () => {
    const records = [
      record("disk full", { timeMs: 5, unit: "a" }),
      record("нет места", { timeMs: 2, line: 2, unit: "b" }),
      record("disk full", { timeMs: 9, line: 3, unit: "a" }),
    ];
    const known = fold(records);
    const [disk, space] = known.map(({ fingerprint }) => fingerprint);
    assert.ok(disk !== undefined && space !== undefined);
    const [one, ...more] = again(records, known, decide({ [disk]: space }, []));
    assert.deepEqual(more, []);
    assert.deepEqual(
      [one?.fingerprint, one?.template, one?.count, one?.units, one?.firstMs, one?.lastMs],
      [space, "нет места", 3, 2, 2, 9],
    );
    assert.deepEqual(
      one?.exemplars.map(({ lineId }) => lineId),
      ["L1", "L2", "L3"],
    );
  });

  it("takes a cluster apart into its texts, which stay apart when they are remembered", () => {
    const records = ["anna", "anna", "boris"].map((name, at) =>
      record(`user ${name} lost the connection today`, { line: at + 1 }),
    );
    const known = fold(records);
    assert.equal(known.length, 1);
    const regrouping = decide({}, [known[0]?.fingerprint ?? ""]);
    const parts = again(records, known, regrouping);
    const counts = (clusters: typeof parts) =>
      clusters.map(({ template, count }) => [template, count]);
    const expected = [
      ["user anna lost the connection today", 2],
      ["user boris lost the connection today", 1],
    ];
    assert.deepEqual(counts(parts), expected);
    const later = again(records, [...known, ...parts], regrouping);
    assert.deepEqual(counts(later), expected);
    assert.deepEqual(
      later.map(({ fingerprint, isRemembered }) => [fingerprint, isRemembered]),
      parts.map(({ fingerprint }) => [fingerprint, true]),
    );
  });

  it(`takes apart into ${partsMax} texts at most; other lines stay together`, () => {
    const letters = (n: number): string =>
      n.toString().replace(/\d/g, (digit) => "abcdefghij".charAt(Number(digit)));
    const say = (n: number) =>
      record(`user x${letters(n)} lost the connection today`, { line: n + 1 });
    const known = fold([say(0), say(1)]);
    const regrouping = decide({}, [known[0]?.fingerprint ?? ""]);
    for (const [lines, whole] of [
      [partsMax, 0],
      [partsMax + 1, 1],
    ] as const) {
      const parts = again(
        Array.from({ length: lines }, (_, n) => say(n)),
        known,
        regrouping,
      );
      assert.equal(parts.filter(({ isPart }) => !isPart).length, whole);
    }
  });
});
