import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { spoolPeopleMax, spoolTakenMax } from "@adyton/protocol/link-spool-limits";
import { newAgeKeys } from "@adyton/runtime/age";
import { ManualClock } from "@adyton/runtime/clock";
import { epochOf, openUpdate } from "@adyton/runtime/link/spooled-update";
import { Spooler, type SpoolerOptions } from "./spooler.ts";

const keys = newAgeKeys();
const epoch = epochOf(keys.recipient);
const dayMs = 86_400_000;
const canary = "canary-6f1d, канарейка";
const graceMs = 30_000;

let folder: string;
let clock: ManualClock;
let telegram: Telegram;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "adyton-spooler-"));
  clock = new ManualClock();
  telegram = new Telegram();
});
afterEach(() => rmSync(folder, { recursive: true }));

/** What Telegram keeps: an offset confirms what is before it. */
class Telegram {
  updates: { update_id: number }[] = [];
  polls = 0;
  #wake: () => void = () => undefined;

  say(id: number, user: number, text: string): void {
    this.updates.push(said(id, user, text));
    this.#wake();
  }

  readonly poll: SpoolerOptions["poll"] = async ({ offset, limit, isQuick }, signal) => {
    signal.throwIfAborted();
    this.polls += 1;
    this.updates = this.updates.filter(({ update_id }) => update_id >= offset);
    if (this.updates.length === 0 && !isQuick)
      await new Promise<void>((resolve, reject) => {
        this.#wake = resolve;
        signal.addEventListener("abort", () => reject(new Error("taken back")), { once: true });
      });
    return { kind: "updates", updates: this.updates.slice(0, limit) };
  };
}

const said = (update_id: number, id: number, text: string) => ({
  update_id,
  message: { message_id: update_id, date: 0, chat: { id, type: "private" }, from: { id }, text },
});

const spooler = (more: Partial<SpoolerOptions> = {}): Spooler =>
  new Spooler({
    folder,
    limits: { recordsMax: 100, bytesMax: 1024 * 1024, ageMsMax: 7 * dayMs },
    graceMs,
    poll: telegram.poll,
    clock,
    log: () => undefined,
    ...more,
  });

const request = (ids: readonly string[] = [], people: readonly number[] = [1, 2]): string =>
  JSON.stringify({ recipient: keys.recipient, people, taken: ids });

async function until(isSo: () => boolean): Promise<void> {
  for (const endMs = performance.now() + 30_000; !isSo();) {
    assert.ok(performance.now() < endMs, "it does not come");
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const files = (): string[] => readdirSync(folder).filter((name) => name.endsWith(".age"));

/** What the records of an answer say, by their keys. */
async function taken(spool: Spooler): Promise<{ ids: string[]; texts: unknown[]; left: number }> {
  const answer = await spool.exchange(request());
  assert.ok(answer);
  const opened = answer.records.map(({ file }) =>
    openUpdate({ identity: keys.identity, epoch }, Buffer.from(file, "base64")),
  );
  const texts = opened.map((update) => Reflect.get(Reflect.get(update ?? {}, "message"), "text"));
  return { ids: answer.records.map(({ id }) => id), texts, left: answer.left };
}

/** A spool whose node has been there once, and has left. */
async function alone(more: Partial<SpoolerOptions> = {}): Promise<Spooler> {
  const spool = spooler(more);
  await spool.exchange(request());
  spool.nodeLeft();
  await clock.advance(graceMs);
  return spool;
}

describe("the spool", () => {
  it("keeps what comes while no node is there, readable to the node alone", async () => {
    await using spool = await alone();
    telegram.say(7, 1, canary);
    await until(() => files().length === 1);
    telegram.say(8, 2, "второе");
    await until(() => files().length === 2 && telegram.updates.length === 0);
    spool.nodeCame();
    const { ids, texts } = await taken(spool);
    assert.deepEqual(texts, [canary, "второе"]);
    const found = (text: string): string[] =>
      execFileSync("sh", ["-c", 'grep -rlF -- "$1" "$2" || true', "sh", text, folder], {
        encoding: "utf8",
      })
        .split("\n")
        .filter((line) => line !== "");
    for (const text of ["canary-6f1d", "канарейка", "второе", '"text"'])
      assert.deepEqual(found(text), []);
    writeFileSync(join(folder, "control"), canary);
    assert.equal(found("канарейка").length, 1, "the control is found");
    assert.deepEqual((await spool.exchange(request(ids)))?.records, []);
    assert.deepEqual(files(), []);
  });

  it("asks nothing before the grace is over, nor while a node is there", async () => {
    await using spool = spooler();
    await spool.exchange(request());
    spool.nodeLeft();
    await clock.advance(graceMs - 1);
    assert.equal(telegram.polls, 0);
    spool.nodeCame();
    await clock.advance(dayMs);
    assert.equal(telegram.polls, 0);
    spool.nodeLeft();
    await clock.advance(graceMs);
    await until(() => telegram.polls === 1);
  });

  it("asks nothing while it does not know whom to seal to", async () => {
    await using spool = spooler();
    spool.nodeLeft();
    await clock.advance(dayMs);
    assert.equal(telegram.polls, 0);
  });

  it("knows after a restart whom to seal to", async () => {
    await (await alone())[Symbol.asyncDispose]();
    await using again = spooler();
    again.nodeLeft();
    await clock.advance(graceMs);
    telegram.say(1, 2, "after");
    await until(() => files().length === 1);
  });

  it("counts strangers, and keeps nothing of theirs", async () => {
    await using spool = await alone();
    telegram.say(1, 666, "let me in");
    telegram.say(2, 1, "hello");
    telegram.say(3, 667, "пустите");
    await until(() => telegram.updates.length === 0);
    spool.nodeCame();
    assert.deepEqual((await taken(spool)).texts, ["hello"]);
    assert.equal((await spool.exchange(request()))?.strangers, 2);
  });

  it("stops at its bound, and leaves the rest to Telegram", async () => {
    const recordsMax = 3;
    const limits = { recordsMax, bytesMax: 1024 * 1024, ageMsMax: 7 * dayMs };
    for (let id = 1; id <= 5; id += 1) telegram.say(id, 1, `message ${id}`);
    await using spool = await alone({ limits });
    await until(() => files().length === 3 && telegram.updates.length === 2);
    const { polls } = telegram;
    await clock.advance(10 * 60_000);
    assert.equal(telegram.polls, polls, "there is no room to ask for");
    spool.nodeCame();
    const { ids, texts } = await taken(spool);
    assert.deepEqual(texts, ["message 1", "message 2", "message 3"]);
    await spool.exchange(request(ids));
    spool.nodeLeft();
    await clock.advance(graceMs);
    await until(() => files().length === 2);
  });

  it("stops at its bound of bytes too", async () => {
    const limits = { recordsMax: 100, bytesMax: 2 * 1_300, ageMsMax: 7 * dayMs };
    for (let id = 1; id <= 4; id += 1) telegram.say(id, 1, `сообщение ${id}`);
    await using spool = await alone({ limits });
    await until(() => files().length === 2 && telegram.updates.length === 2);
    spool.nodeCame();
    assert.deepEqual((await taken(spool)).texts, ["сообщение 1", "сообщение 2"]);
  });

  it("drops what is too old, and says how many that were", async () => {
    await using spool = await alone();
    telegram.say(1, 1, "old");
    await until(() => files().length === 1);
    spool.nodeCame();
    await clock.advance(7 * dayMs);
    assert.equal((await spool.exchange(request()))?.records.length, 1);
    await clock.advance(1);
    const answer = await spool.exchange(request());
    assert.deepEqual([answer?.records, answer?.expired], [[], 1]);
  });

  it("has nothing grow old by a clock that jumps, while it runs or before it starts", async () => {
    const first = await alone();
    telegram.say(1, 1, "young, молодое");
    await until(() => files().length === 1);
    first.nodeCame();
    clock.jumpWall(400 * dayMs);
    assert.deepEqual((await taken(first)).texts, ["young, молодое"]);
    await first[Symbol.asyncDispose]();
    clock.jumpWall(400 * dayMs);
    await using again = spooler();
    assert.deepEqual((await taken(again)).texts, ["young, молодое"]);
    assert.equal((await again.exchange(request()))?.expired, 0);
  });

  it("has everything grow old over restarts", async () => {
    const first = await alone();
    telegram.say(1, 1, "old");
    await until(() => files().length === 1);
    await first[Symbol.asyncDispose]();
    for (let day = 1; day <= 8; day += 1) {
      await using spool = spooler();
      await clock.advance(dayMs);
      assert.equal((await spool.exchange(request()))?.records.length, day <= 7 ? 1 : 0);
    }
  });

  it("goes on after a disk that took nothing", async () => {
    await using spool = await alone();
    rmSync(folder, { recursive: true });
    telegram.say(1, 1, "hello");
    await until(() => clock.timersPending === 1);
    assert.equal(telegram.updates.length, 1, "nothing was confirmed");
    execFileSync("mkdir", [folder]);
    await clock.advance(60_000);
    await until(() => telegram.updates.length === 0);
    spool.nodeCame();
    assert.deepEqual((await taken(spool)).texts, ["hello"]);
  });

  const refused: readonly [name: string, body: string][] = [
    ["no JSON", "{"],
    ["no object", "null"],
    ["no key", JSON.stringify({ people: [], taken: [] })],
    ["another kind of key", request().replace("age1", "age2")],
    ["a key that is too short", request().replace(/"age1./, '"age1')],
    [
      "a name for a person",
      JSON.stringify({ recipient: keys.recipient, people: ["a"], taken: [] }),
    ],
    [
      "too many people",
      request(
        [],
        Array.from({ length: spoolPeopleMax + 1 }, () => 1),
      ),
    ],
    ["a path for an id", request(["../../../etc/x"])],
    ["too many ids", request(Array.from({ length: spoolTakenMax + 1 }, () => "1".repeat(16)))],
    ["a member more", request().replace("{", '{"more":1,')],
  ];
  for (const [name, body] of refused)
    it(`refuses a request with ${name}`, async () => {
      await using spool = spooler();
      assert.equal(await spool.exchange(body), undefined);
    });

  it("takes a request at its limits", async () => {
    await using spool = spooler();
    const people = Array.from({ length: spoolPeopleMax }, (_, index) => index + 1);
    const ids = Array.from({ length: spoolTakenMax }, () => "1".repeat(16));
    assert.ok(await spool.exchange(request(ids, people)));
  });
});
