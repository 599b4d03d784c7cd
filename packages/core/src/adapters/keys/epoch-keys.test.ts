import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { epochOf, sealUpdate } from "@adyton/runtime/link/spooled-update";
import { EpochKeys, epochKeysMax } from "./epoch-keys.ts";

const weekMs = 7 * 86_400_000;
let folder: string;
let file: string;
let now: number;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "adyton-epochs-"));
  file = join(folder, "spool.keys");
  now = Date.UTC(2026, 10, 21);
});
afterEach(() => rmSync(folder, { recursive: true }));

const keys = (): EpochKeys => new EpochKeys(file, () => now);

describe("the spool's keys", () => {
  it("hold for a week, over a restart", async () => {
    const first = await keys().recipient();
    now += weekMs - 1;
    assert.equal(await keys().recipient(), first);
    now += 1;
    const second = await keys().recipient();
    assert.notEqual(second, first);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    for (const recipient of [first, second])
      assert.equal(keys().of(epochOf(recipient))?.epoch, epochOf(recipient));
    assert.equal(keys().of("0".repeat(16)), undefined);
  });

  it("are made anew when the clock was put back by more than a week", async () => {
    const first = await keys().recipient();
    now -= weekMs;
    assert.notEqual(await keys().recipient(), first);
  });

  it("are deleted when the spool is empty, but for the one in use", async () => {
    const first = await keys().recipient();
    now += weekMs;
    const second = await keys().recipient();
    const loaded = keys();
    const before = readFileSync(file, "utf8");
    await loaded.drainedTo("age1another");
    assert.equal(readFileSync(file, "utf8"), before, "nothing is known of such a key");
    await loaded.drainedTo(second);
    assert.equal(loaded.of(epochOf(first)), undefined);
    assert.equal(keys().of(epochOf(first)), undefined);
    assert.ok(keys().of(epochOf(second)));
    assert.equal(readFileSync(file, "utf8").includes(first), false);
  });

  it("are kept for some weeks and no longer", async () => {
    const made: string[] = [];
    for (let week = 0; week <= epochKeysMax; week += 1, now += weekMs)
      made.push(await keys().recipient());
    const known = made.map((recipient) => keys().of(epochOf(recipient)) !== undefined);
    assert.deepEqual(known, [false, ...Array.from({ length: epochKeysMax }, () => true)]);
  });

  const refused: readonly [name: string, text: string][] = [
    ["a text", "hello"],
    ["a key with an error", "# created: 2026-11-21\n# public key: age1x\nAGE-SECRET-KEY-1QQQ\n"],
  ];
  for (const [name, text] of refused)
    it(`are not read from ${name}`, () => {
      writeFileSync(file, text, { mode: 0o600 });
      assert.throws(keys, { code: "not_keys" });
    });

  it("are not read where others may read them", async () => {
    await keys().recipient();
    chmodSync(file, 0o644);
    assert.throws(keys, { code: "readable_by_others" });
  });

  const isAgeHere = spawnSync("age", ["--version"]).error === undefined;
  it(
    "open a record with the program age",
    { skip: isAgeHere ? false : "age is not installed" },
    async () => {
      const recipient = await keys().recipient();
      const update = { update_id: 7, message: { text: "Что на обед?" } };
      const input = sealUpdate(recipient, update);
      const opened = execFileSync("age", ["-d", "-i", file], { input, encoding: "utf8" });
      assert.deepEqual(JSON.parse(opened), {
        version: 1,
        epoch: epochOf(recipient),
        update_id: 7,
        update,
      });
    },
  );
});
