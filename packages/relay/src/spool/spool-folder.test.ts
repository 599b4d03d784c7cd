import assert from "node:assert/strict";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { SpoolFolder, type SpoolLimits } from "./spool-folder.ts";

const epoch = "0123456789abcdef";
const nowMs = Date.UTC(2026, 10, 21);
const dayMs = 86_400_000;
const limits: SpoolLimits = { recordsMax: 5, bytesMax: 100, ageMsMax: dayMs };

let folder: string;
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), "adyton-spool-")), "spool");
});
afterEach(() => rmSync(join(folder, ".."), { recursive: true }));

const texts = (...words: readonly string[]) =>
  words.map((word) => ({ epoch, file: Buffer.from(word) }));
const inside = async (spool: SpoolFolder): Promise<readonly string[]> =>
  (await spool.next(1_000)).map(({ file }) => file.toString());

describe("the spool's folder", () => {
  it("keeps records in order, over a restart", async () => {
    const spool = new SpoolFolder(folder, limits);
    assert.equal(await spool.add(texts("one", "два"), nowMs), 2);
    // The clock was put back meanwhile.
    assert.equal(await spool.add(texts("three"), nowMs - dayMs), 1);
    assert.deepEqual(await inside(spool), ["one", "два", "three"]);
    const again = new SpoolFolder(folder, limits);
    assert.deepEqual(await inside(again), ["one", "два", "three"]);
    assert.deepEqual([again.records, again.bytes], [3, 3 + 6 + 5]);
    assert.equal(statSync(folder).mode & 0o777, 0o700);
  });

  it("erases what it is told to, as often as it is told", async () => {
    const spool = new SpoolFolder(folder, limits);
    await spool.add(texts("one", "two", "three"), nowMs);
    const [first, second] = await spool.next(1_000);
    const ids = new Set([first?.id ?? "", second?.id ?? "", "0000000000000001"]);
    await Promise.all([spool.erase(ids), spool.erase(new Set([first?.id ?? ""]))]);
    await spool.erase(ids);
    assert.deepEqual(await inside(spool), ["three"]);
    assert.equal(readdirSync(folder).length, 1);
    assert.deepEqual(await inside(new SpoolFolder(folder, limits)), ["three"]);
  });

  it("sweeps what a cut has torn, and takes no file of another's for a record", async () => {
    const spool = new SpoolFolder(folder, limits);
    await spool.add(texts("whole"), nowMs);
    writeFileSync(join(folder, ".1795219200000001.new"), "tor");
    writeFileSync(join(folder, "notes.txt"), "mine");
    const again = new SpoolFolder(folder, limits);
    assert.deepEqual(await inside(again), ["whole"]);
    assert.equal(readdirSync(folder).includes(".1795219200000001.new"), false);
    assert.equal(readFileSync(join(folder, "notes.txt"), "utf8"), "mine");
  });

  const room: readonly [name: string, sizes: number[], added: number][] = [
    ["as many as may be", [1, 1, 1, 1, 1], 5],
    ["one more", [1, 1, 1, 1, 1, 1], 5],
    ["as many bytes as may be", [50, 50], 2],
    ["a byte more", [50, 51], 1],
    ["none behind one that has no room", [50, 51, 1], 1],
    ["none", [101], 0],
  ];
  for (const [name, sizes, added] of room)
    it(`has room for ${name}`, async () => {
      const spool = new SpoolFolder(folder, limits);
      const files = sizes.map((size) => ({ epoch, file: Buffer.alloc(size) }));
      assert.equal(await spool.add(files, nowMs), added);
      assert.equal(spool.records, added);
      assert.equal(readdirSync(folder).length, added);
      assert.equal(new SpoolFolder(folder, limits).records, added);
    });

  it("gives as many as fit, and at least one", async () => {
    const spool = new SpoolFolder(folder, limits);
    await spool.add(texts("aaaa", "bbbb", "cccc"), nowMs);
    for (const [bytes, count] of [
      [1, 1],
      [4, 1],
      [7, 1],
      [8, 2],
      [12, 3],
    ] as const)
      assert.equal((await spool.next(bytes)).length, count, `${bytes} bytes`);
  });

  it("leaves nothing behind of what it could not write", async () => {
    const spool = new SpoolFolder(folder, limits);
    // The second of three cannot be written.
    const inTheWay = join(folder, `.${nowMs * 1_000 + 1}.new`);
    mkdirSync(inTheWay);
    await assert.rejects(spool.add(texts("one", "two", "three"), nowMs), { code: "EEXIST" });
    assert.deepEqual(readdirSync(folder), [basename(inTheWay)]);
    assert.deepEqual([spool.records, spool.bytes], [0, 0]);
    // The third record of the next batch cannot be named.
    const named = join(folder, `${nowMs * 1_000 + 4}-${epoch}.age`);
    mkdirSync(named);
    await assert.rejects(spool.add(texts("one", "two", "three"), nowMs), { code: "EISDIR" });
    assert.deepEqual(await inside(spool), ["one", "two"], "what has its name is known");
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.endsWith(".new")),
      [basename(inTheWay)],
    );
  });

  it("drops what is too old", async () => {
    const spool = new SpoolFolder(folder, limits);
    await spool.add(texts("old"), nowMs);
    await spool.add(texts("new"), nowMs + 1);
    assert.equal(await spool.expire(nowMs + dayMs), 0);
    assert.equal(await spool.expire(nowMs + dayMs + 1), 1);
    assert.deepEqual(await inside(spool), ["new"]);
  });
});
