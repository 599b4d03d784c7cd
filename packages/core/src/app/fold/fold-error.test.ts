import assert from "node:assert/strict";
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { type FoldGroupArgs, foldsMax } from "@adyton/protocol";
import type { Principal } from "../../ports/http.ts";
import { openApp, type OpenApp } from "../test/app-fixture.ts";
import { clustersReportedMax } from "./fold-report.ts";
import {
  ago,
  dayMs,
  fold,
  hourMs,
  mayFold,
  minuteMs,
  refused,
  regroup,
  told,
} from "./test/fold-fixture.ts";

const folder = mkdtempSync(join(tmpdir(), "adyton-logs-"));
after(() => rmSync(folder, { recursive: true, force: true }));

/** A file of the test's folder, with this content. */
function file(name: string, content: string | Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

describe("without a model", () => {
  it("a fold gives clusters and changes, and says what is missing", async () => {
    await using app = await openApp();
    const { data, text } = await fold(app, { lines: "ERROR диск заполнен\nERROR диск заполнен" });
    assert.deepEqual(told({ data }), [["диск заполнен", 2]]);
    assert.deepEqual([data.explanation, data.status, data.score], ["no_model", "partial", null]);
    assert.equal(data.cost.calls, 0);
    assert.match(text, /No model is connected/);
  });
});

describe("what was folded before", () => {
  const lines = (app: OpenApp, count: number, text = "ERROR disk full") =>
    Array.from({ length: count }, (_, n) => `${ago(app, (n * minuteMs) / 10)} ${text}`);

  it("tells what is new and what comes more often, in the same window of seven days", async () => {
    const paths = [join(folder, "daily.log")];
    await using app = await openApp({ logs: [{ name: "daily", paths }] });
    const today = async (count: number) => {
      file("daily.log", lines(app, count).join("\n"));
      const [cluster] = (await fold(app, { source: "daily" })).data.clusters;
      return cluster;
    };
    for (let day = 0; day < 8; day += 1) {
      const cluster = await today(10);
      assert.equal(cluster?.isNew, day === 0 ? null : false);
      assert.equal(cluster?.isBurst, day === 0 ? null : false);
      app.clock.ms += dayMs;
    }
    const burst = await today(40);
    assert.deepEqual([burst?.isBurst, burst?.ratio], [true, 4]);
    app.clock.ms += 3 * hourMs;
    assert.equal((await today(40))?.isBurst, null, "at this hour nothing was folded");
  });

  it("is not needed where the log itself reaches back", async () => {
    const paths = [join(folder, "week.log")];
    await using app = await openApp({ logs: [{ name: "week", paths }] });
    const content = [
      `${ago(app, 8 * dayMs)} INFO the log begins`,
      ...Array.from({ length: 7 }, (_, day) =>
        Array.from(
          { length: 3 },
          () => `${ago(app, (7 - day) * dayMs + minuteMs)} ERROR usual thing`,
        ),
      ).flat(),
      ...lines(app, 4, "ERROR usual thing"),
      ...lines(app, 30, "ERROR new trouble"),
    ];
    file("week.log", content.join("\n"));
    const { data } = await fold(app, { source: "week" });
    assert.deepEqual(
      data.clusters.map(({ template, isNew, isBurst, ratio }) => [template, isNew, isBurst, ratio]),
      [
        ["new trouble", true, true, null],
        ["usual thing", false, false, 1.3],
      ],
    );
  });

  it("keeps its names and stays after a restart", async () => {
    const home = mkdtempSync(join(folder, "home-"));
    const text = (name: string) => `ERROR user ${name} lost the connection today`;
    let name: string | undefined;
    {
      const app = await openApp({ home });
      name = (await fold(app, { lines: text("anna") })).data.clusters[0]?.fingerprint;
      await app.close();
    }
    await using app = await openApp({ home });
    const [cluster] = (await fold(app, { lines: text("иван") })).data.clusters;
    assert.equal(cluster?.template, "user <*> lost the connection today");
    assert.deepEqual([cluster?.fingerprint, cluster?.isNew], [name, false]);
  });
});

describe("clusters that a person regroups", () => {
  const both = { lines: ["ERROR disk full", "ERROR нет места"] };

  it("count as one, and apart again", async () => {
    await using app = await openApp();
    const [disk, space] = (await fold(app, both)).data.clusters.map(
      ({ fingerprint }) => fingerprint,
    );
    assert.ok(disk !== undefined && space !== undefined);
    const data = await regroup(app, { lines: true, merge: [disk.slice(0, 16), space] });
    assert.deepEqual(data, { kind: "merge", fingerprints: [disk, space] });
    const merged = await fold(app, both);
    assert.deepEqual(told(merged), [["disk full", 2]]);
    assert.equal(merged.data.clusters[0]?.fingerprint, disk);
    const later = await fold(app, { lines: "ERROR нет места" });
    assert.equal(later.data.clusters[0]?.fingerprint, disk, "also where it stands alone");
    await regroup(app, { lines: true, split: disk });
    assert.equal((await fold(app, both)).data.clusters.length, 2);
  });

  it("are taken apart into their texts", async () => {
    await using app = await openApp();
    const lines = ["anna", "иван"].map((name) => `ERROR user ${name} lost the connection today`);
    const [{ fingerprint } = assert.fail()] = (await fold(app, { lines })).data.clusters;
    await regroup(app, { input: `split ${fingerprint}`, lines: true });
    for (let round = 0; round < 2; round += 1)
      assert.deepEqual(told(await fold(app, { lines })), [
        ["user anna lost the connection today", 1],
        ["user иван lost the connection today", 1],
      ]);
  });

  it("are those of the same log and person, and named well enough", async () => {
    await using app = await openApp();
    const [{ fingerprint } = assert.fail()] = (await fold(app, both)).data.clusters;
    const strange = `fold1:${"0".repeat(64)}`;
    const again = (args: FoldGroupArgs, principal?: Principal) =>
      regroup(app, { lines: true, ...args }, principal);
    await assert.rejects(again({ merge: [fingerprint, strange] }), refused("not_found"));
    await assert.rejects(again({ split: fingerprint, source: "other" }), refused("not_found"));
    await assert.rejects(again({ split: fingerprint }, mayFold), refused("not_found"));
    await assert.rejects(
      again({ input: fingerprint }),
      refused("invalid_body", /two fingerprints/),
    );
    await assert.rejects(again({}), refused("invalid_body"));
  });
});

describe("what is kept", () => {
  const secrets = [
    "hunter2",
    "тайна42",
    "AKIAIOSFODNN7EXAMPLE",
    "203.0.113.77",
    "/home/ivan/x",
    "ivan@example.com",
  ];

  it("holds no secret and no address of a line, in any file of the node", async () => {
    await using app = await openApp();
    const line = `ERROR login password=hunter2 пароль: тайна42 key AKIAIOSFODNN7EXAMPLE from 203.0.113.77 /home/ivan/x ivan@example.com canary`;
    const { data } = await fold(app, { lines: [line, line], source: "batch" });
    assert.equal(data.clusters[0]?.count, 2);
    const report = JSON.stringify(data);
    await app.close();
    const bytes = globSync(join(app.home, "*")).map((path) => readFileSync(path));
    for (const secret of secrets) {
      assert.ok(!report.includes(secret), secret);
      for (const each of bytes) assert.ok(!each.includes(secret), secret);
    }
    assert.ok(
      bytes.some((each) => each.includes("canary")),
      "the search can find what is there",
    );
  });

  it("of lines in a message is the report, not the lines", async () => {
    await using app = await openApp();
    const { readText } = await import("../../domain/commands/command-text.ts");
    const read = readText("/command fold_error\nERROR a password=hunter2\nERROR b");
    assert.ok(read.kind === "command");
    const { data } = await fold(app, read.args);
    assert.equal(data.read.lines, 2);
    await app.close();
    for (const path of globSync(join(app.home, "*")))
      assert.ok(!readFileSync(path).includes("hunter2"), path);
  });
});

describe("bounds", () => {
  it(`reports ${clustersReportedMax} clusters, and how many more there are`, async () => {
    await using app = await openApp();
    const word = (n: number): string =>
      n.toString().replaceAll(/\d/g, (digit) => "abcdefghij".charAt(Number(digit)));
    for (const count of [clustersReportedMax, clustersReportedMax + 1]) {
      const lines = Array.from({ length: count }, (_, n) => `ERROR x${word(n)} broke down`);
      const { data } = await fold(app, { lines });
      assert.equal(data.clusters.length, clustersReportedMax);
      assert.equal(data.clustersLeftOut, count - clustersReportedMax);
    }
  });

  it(`has ${foldsMax} folds wait or run at once, and refuses one more`, async () => {
    await using app = await openApp();
    const all = await Promise.allSettled(
      Array.from({ length: foldsMax + 1 }, () => fold(app, { lines: "ERROR x" })),
    );
    assert.deepEqual(
      all.map(({ status }) => status),
      [...Array.from({ length: foldsMax }, () => "fulfilled"), "rejected"],
    );
    const [last] = all.slice(-1);
    assert.ok(last?.status === "rejected" && refused("busy")(last.reason));
  });
});
