import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { type FoldArgs, foldBytesMax, foldLinesMax } from "@adyton/protocol";
import type { Principal } from "../../ports/http.ts";
import { HeldBackend, openApp, person, question, until } from "../test/app-fixture.ts";
import { ago, fold, mayFold, minuteMs, refused, told } from "./test/fold-fixture.ts";

const folder = mkdtempSync(join(tmpdir(), "adyton-logs-"));
after(() => rmSync(folder, { recursive: true, force: true }));

/** A file of the test's folder, with this content. */
function file(name: string, content: string | Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

describe("a registered log", () => {
  it("is read in its window, up to now", async () => {
    const path = join(folder, "web.log");
    await using app = await openApp({ logs: [{ name: "web", paths: [path] }] });
    file(
      "web.log",
      [
        `${ago(app, 20 * minuteMs)} ERROR too old`,
        `${ago(app, 14 * minuteMs)} ERROR in time`,
        `${ago(app, 0)} ERROR just now`,
      ].join("\n"),
    );
    const { data } = await fold(app, { source: "web" });
    assert.deepEqual(told({ data }), [
      ["in time", 1],
      ["just now", 1],
    ]);
    assert.deepEqual([data.read.outside, data.source], [1, "web"]);
    const wide = await fold(app, { input: "WEB 2h" });
    assert.equal(wide.data.clusters.length, 3);
  });

  it("is read backwards through the files it was rotated into", async () => {
    const paths = ["app.log", "app.log.1", "app.log.2"].map((name) => join(folder, name));
    await using app = await openApp({ logs: [{ name: "app", paths }] });
    file("app.log", "ERROR newest\n");
    file("app.log.1", "ERROR older\n");
    const { data } = await fold(app, { source: "app" });
    assert.deepEqual(told({ data }), [
      ["older", 1],
      ["newest", 1],
    ]);
  });

  it(`is read in its newest ${foldBytesMax} bytes and ${foldLinesMax} lines`, async () => {
    const paths = [join(folder, "long.log")];
    await using app = await openApp({ logs: [{ name: "long", paths }] });
    const look = async (content: string) => {
      file("long.log", content);
      const { read } = (await fold(app, { source: "long" })).data;
      return [read.lines, read.earlierLeftOut];
    };
    const line = `INFO ${"x".repeat(1_018)}\n`;
    const lines = foldBytesMax / line.length;
    assert.deepEqual(await look(line.repeat(lines)), [lines, false]);
    assert.deepEqual(await look(`x${line.repeat(lines)}`), [lines - 1, true]);
    assert.deepEqual(await look("a\n".repeat(foldLinesMax)), [foldLinesMax, false]);
    assert.deepEqual(await look("a\n".repeat(foldLinesMax + 1)), [foldLinesMax, true]);
    assert.deepEqual(await look("a\n".repeat(foldLinesMax).slice(0, -1)), [foldLinesMax, false]);
    assert.deepEqual(await look(""), [0, false]);
  });

  it("that is a table keeps the names of its columns when only its tail is read", async () => {
    const paths = [join(folder, "table.csv")];
    await using app = await openApp({ logs: [{ name: "table", paths }] });
    for (const row of [`ERROR,${"x".repeat(30)} full`, `ERROR,${"x".repeat(2_000)} full`]) {
      file("table.csv", `level,message\n${`${row}\n`.repeat(foldLinesMax + 5)}`);
      const { data } = await fold(app, { source: "table" });
      assert.deepEqual([data.read.earlierLeftOut, data.clusters.length], [true, 1]);
      assert.deepEqual(
        [data.clusters[0]?.level, data.clusters[0]?.template],
        ["error", `${row.length < 100 ? "x".repeat(30) : "<*>"} full`],
      );
    }
  });

  it("that is missing, no file, or not registered is refused, and no other path is opened", async () => {
    mkdirSync(join(folder, "a-folder"), { recursive: true });
    await using app = await openApp({
      logs: [
        { name: "gone", paths: [join(folder, "nothing")] },
        { name: "folder", paths: [join(folder, "a-folder")] },
      ],
    });
    await assert.rejects(fold(app, { source: "gone" }), refused("not_found", /not there/));
    await assert.rejects(fold(app, { source: "folder" }), refused("not_found", /not a plain file/));
    await assert.rejects(
      fold(app, { source: "other" }),
      refused("not_found", /node, gone, folder/),
    );
    for (const path of ["/etc/passwd", "../secret"])
      await assert.rejects(fold(app, { input: path }), refused("not_found"));
  });

  it("takes a window of up to seven days, and no other text", async () => {
    const paths = [file("small.log", "ERROR x")];
    await using app = await openApp({ logs: [{ name: "small", paths }] });
    for (const window of ["1s", "15m", "168h", "7d"]) await fold(app, { source: "small", window });
    for (const window of ["0m", "169h", "8d", "15", "ten", "-1m"])
      await assert.rejects(fold(app, { source: "small", window }), refused("invalid_body", /7d/));
  });
});

describe("lines that are handed in", () => {
  it("are folded whole, or within a window before the newest", async () => {
    await using app = await openApp();
    const lines = [90, 10, 0].map(
      (minutes) =>
        `2026-01-01T12:${minutes === 90 ? "00" : 59 - minutes / 2}:00Z ERROR x${minutes > 50 ? "" : " y"}`,
    );
    assert.equal((await fold(app, { lines })).data.read.folded, 3);
    const { data } = await fold(app, { lines, window: "10m" });
    assert.deepEqual([data.read.folded, data.read.outside], [2, 1]);
    assert.equal(data.window.to, "2026-01-01T12:59:00.000Z");
  });

  it("are remembered under their name, each person's apart", async () => {
    await using app = await openApp();
    const args = { source: "batch", lines: "ERROR disk full" };
    const isNew = async (more: FoldArgs, principal: Principal) =>
      (await fold(app, { ...args, ...more }, principal)).data.clusters[0]?.isNew;
    assert.equal(await isNew({}, mayFold), null, "nothing to compare with");
    assert.equal(await isNew({}, mayFold), false);
    assert.equal(await isNew({ lines: "ERROR нет места" }, mayFold), true);
    assert.equal(await isNew({ source: "other" }, mayFold), null);
    assert.equal(await isNew({}, person("boris", "command:fold_error")), null);
  });
});

describe("the node's own log", () => {
  it("is folded with the failures of the journal, for the owner alone", async () => {
    const log = join(folder, "adyton.log");
    const backend = new HeldBackend();
    await using app = await openApp({
      backend,
      logs: [{ name: "node", paths: [log] }],
    });
    file("adyton.log", `{"time":"${ago(app, minuteMs)}","level":"warn","message":"slow disk"}\n`);
    for (const at of [0, 1]) {
      const run = app.turns.submit(question("a"));
      await until("the model is asked", () => backend.open.length > at);
      const detail = { en: "gone", ru: "нет" };
      backend.open[at]?.end({ kind: "failed", reason: "refused", detail, started: false });
      await run.end;
    }
    backend.instant = '{"hypotheses": []}';
    const { data } = await fold(app, {});
    const found = Object.fromEntries(told({ data }));
    assert.equal(found["slow disk"], 1);
    assert.equal(found["turn failed: backend_invalid"], 2, JSON.stringify(found));
    assert.equal(data.source, "node");
    await assert.rejects(fold(app, {}, mayFold), refused("forbidden", /admin/));
  });
});
