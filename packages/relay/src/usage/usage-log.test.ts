import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { ageOpen, newAgeKeys } from "@adyton/runtime/age";
import { ManualClock } from "@adyton/runtime/clock";
import { openSeal } from "./seal.ts";
import { knownMax, pendingMax, UsageCount, usersMax } from "./usage-count.ts";
import { usageEveryMs, usageFilesMax, UsageLog, usageRowsMax } from "./usage-log.ts";

let updates = 0;
const said = (user: number, text: string, chat = user) => ({
  update_id: (updates += 1),
  message: { message_id: 1, chat: { id: chat }, from: { id: user }, text },
});

let folder: string;
let clock: ManualClock;
let count: UsageCount;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "adyton-usage-"));
  clock = new ManualClock();
  count = new UsageCount(() => clock.nowMs());
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("what was used", () => {
  it("is counted by person: messages, bytes and the time to the last word", async () => {
    const ts = clock.nowMs() / 1_000;
    count.delivered([said(1, "hello"), said(1, "мир"), said(2, "не отвечают")]);
    await clock.advance(100);
    count.said(1);
    await clock.advance(900);
    count.said(1);
    count.delivered([said(1, "again"), { update_id: 2, poll: {} }, null]);
    await clock.advance(50);
    count.said(1);
    assert.deepEqual(count.take(), [{ ts, user_id: 1, messages: 3, bytes: 5 + 6 + 5, ms: 1_050 }]);
    assert.deepEqual(count.take(), []);
  });

  it("is counted once where an update comes again, among so many", () => {
    const first = said(1, "once");
    const others = Array.from({ length: knownMax - 1 }, () => said(1, "раз"));
    const messages = (): number => {
      count.said(1);
      return count.take().reduce((sum, row) => sum + row.messages, 0);
    };
    count.delivered([first, ...others]);
    count.delivered([first, ...others]);
    assert.equal(messages(), knownMax);
    count.delivered([first]);
    assert.equal(messages(), 0);
    // One more, and the first is not known any more.
    count.delivered([said(1, "new"), first]);
    assert.equal(messages(), 2);
  });

  it("tells people of one group apart", () => {
    count.delivered([said(1, "a", -100), said(2, "bc", -100)]);
    count.said(-100);
    const sums = count.take().map(({ user_id, bytes }) => [user_id, bytes]);
    assert.deepEqual(sums, [
      [1, 1],
      [2, 2],
    ]);
  });

  it("forgets who is not answered, and counts a crowd together", () => {
    for (let user = 1; user <= pendingMax + 1; user += 1) count.delivered([said(user, "x")]);
    count.said(1);
    assert.deepEqual(count.take(), [], "the first was forgotten");
    for (let user = 1; user <= usersMax + 2; user += 1) {
      count.delivered([said(user, "x")]);
      count.said(user);
      count.delivered([said(user, "y")]);
      count.said(user);
    }
    const rows = count.take();
    assert.equal(rows.length, usersMax + 1);
    assert.equal(rows.find(({ user_id }) => user_id === 0)?.messages, 4);
  });
});

describe("the usage log", () => {
  const files = (): readonly string[] =>
    readdirSync(folder)
      .filter((name) => name.startsWith("usage-"))
      .toSorted();
  const use = (user: number): void => {
    count.delivered([said(user, "the secret of the house, тайна дома")]);
    count.said(user);
  };
  const grep = (text: string): string =>
    execFileSync("sh", ["-c", 'grep -rl -- "$1" "$2" || true', "sh", text, folder], {
      encoding: "utf8",
    });

  it("holds every row, in fields of a closed list, readable to the operator alone", async () => {
    const { identity, recipient } = newAgeKeys();
    const seal = await openSeal(recipient, folder);
    const log = new UsageLog({ folder, count, seal, clock, log: () => undefined });
    log.start();
    let rows: unknown[] = [];
    for (let hour = 1; hour <= 5; hour += 1) {
      for (let user = 1; user <= 100; user += 1) use(user);
      await clock.advance(usageEveryMs);
      while (files().length < hour || clock.timersPending === 0)
        await new Promise((resolve) => setImmediate(resolve));
    }
    await log[Symbol.asyncDispose]();
    for (const text of ["user_id", "secret", "тайна"]) assert.equal(grep(text), "");
    writeFileSync(join(folder, "control"), "user_id");
    assert.notEqual(grep("user_id"), "", "the control is found");
    rows = files().flatMap((name) =>
      ageOpen(identity, readFileSync(join(folder, name)))
        .toString()
        .trimEnd()
        .split("\n")
        .map((line): unknown => JSON.parse(line)),
    );
    assert.equal(rows.length, 500);
    const fields = new Set(rows.flatMap((row) => Object.keys(Object(row) as object)));
    assert.deepEqual([...fields], ["ts", "user_id", "messages", "bytes", "ms"]);
  });

  it("is written at the end, and not where nothing was used", async () => {
    const seal = await openSeal(newAgeKeys().recipient, folder);
    const make = () => new UsageLog({ folder, count, seal, clock, log: () => undefined });
    await make()[Symbol.asyncDispose]();
    assert.equal(files().length, 0);
    use(1);
    await make()[Symbol.asyncDispose]();
    assert.equal(files().length, 1);
  });

  it("keeps so many files, and so many rows while it cannot write", async () => {
    const { identity, recipient } = newAgeKeys();
    const seal = await openSeal(recipient, folder);
    const log = new UsageLog({ folder, count, seal, clock, log: () => undefined });
    for (let file = 0; file < usageFilesMax; file += 1)
      writeFileSync(join(folder, `usage-${String(file).padStart(13, "0")}.jsonl.age`), "");
    use(1);
    await log.write();
    assert.equal(files().length, usageFilesMax);
    assert.equal(files()[0], "usage-0000000000001.jsonl.age");
    rmSync(folder, { recursive: true });
    for (let round = 0; round <= usageRowsMax / usersMax; round += 1) {
      for (let user = 1; user <= usersMax; user += 1) use(user);
      await assert.rejects(log.write(), { code: "ENOENT" });
    }
    execFileSync("mkdir", [folder]);
    await log.write();
    const [name = ""] = files();
    const lines = ageOpen(identity, readFileSync(join(folder, name)))
      .toString()
      .trimEnd();
    assert.equal(lines.split("\n").length, usageRowsMax);
  });

  it("says at once to whom it cannot seal", async () => {
    for (const recipient of ["age1hello", join(folder, "nothing.asc")])
      await assert.rejects(openSeal(recipient, folder), { name: "SealError" });
  });

  const isGpgHere = spawnSync("gpg", ["--version"]).error === undefined;
  it("is sealed by gpg too", { skip: isGpgHere ? false : "gpg is not installed" }, async () => {
    const home = mkdtempSync(join(tmpdir(), "adyton-gpg-"));
    const gpg = (args: readonly string[], input?: Buffer): Buffer =>
      execFileSync("gpg", ["--homedir", home, "--batch", "--quiet", ...args], {
        input,
        stdio: ["pipe", "pipe", "ignore"],
      });
    try {
      gpg([
        "--passphrase",
        "",
        "--quick-gen-key",
        "operator@example.org",
        "default",
        "default",
        "1d",
      ]);
      const key = join(home, "operator.asc");
      writeFileSync(key, gpg(["--armor", "--export", "operator@example.org"]));
      const log = new UsageLog({
        folder,
        count,
        seal: await openSeal(key, folder),
        clock,
        log: () => undefined,
      });
      use(7);
      await log.write();
      const [name = ""] = files();
      assert.match(name, /\.gpg$/);
      const sealed = readFileSync(join(folder, name));
      assert.equal(grep("user_id"), "");
      assert.match(gpg(["--decrypt"], sealed).toString(), /^\{"ts":\d+,"user_id":7,"messages":1,/);
    } finally {
      spawnSync("gpgconf", ["--homedir", home, "--kill", "all"]);
      rmSync(home, { recursive: true, force: true });
    }
  });
});
