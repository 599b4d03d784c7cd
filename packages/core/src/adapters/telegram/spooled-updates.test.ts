import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { SpoolRequest } from "@adyton/protocol";
import { spoolMethod, spoolTakenMax } from "@adyton/protocol/link-spool-limits";
import { newAgeKeys } from "@adyton/runtime/age";
import { ManualClock } from "@adyton/runtime/clock";
import { epochOf, sealUpdate } from "@adyton/runtime/link/spooled-update";
import type { Update } from "grammy/types";
import { EpochKeys } from "../keys/epoch-keys.ts";
import {
  exchangeMsMax,
  SpooledUpdates,
  type SpooledUpdatesOptions,
  tellLostEveryMs,
} from "./spooled-updates.ts";

interface Kept {
  readonly id: string;
  readonly epoch: string;
  readonly file: Buffer;
}

const weekMs = 7 * 86_400_000;
let folder: string;
let now: number;
let keys: EpochKeys;
/** What the relay keeps, what Telegram was asked for, and what was told. */
let kept: Kept[];
let asked: number[];
let told: unknown[];
let expired: number;
let isThere: boolean;
let hasSpool: boolean;
let clock: ManualClock;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "adyton-spooled-"));
  now = Date.UTC(2026, 10, 21);
  keys = new EpochKeys(join(folder, "spool.keys"), () => now);
  [kept, asked, told, expired, isThere, hasSpool] = [[], [], [], 0, true, true];
  clock = new ManualClock();
});
afterEach(() => rmSync(folder, { recursive: true }));

const signal = new AbortController().signal;
const said = (update_id: number, text: string): Update => ({
  update_id,
  message: {
    message_id: update_id,
    date: 0,
    chat: { id: 1, type: "private", first_name: "A" },
    from: { id: 1, is_bot: false, first_name: "A" },
    text,
  },
});

/** A relay that gives two records at a time. */
function ask(method: string, body: Buffer): Promise<Buffer | undefined> {
  if (!isThere) return Promise.reject(Object.assign(new Error("away"), { code: "RELAY_SILENT" }));
  if (!hasSpool) return Promise.resolve(undefined);
  assert.equal(method, spoolMethod);
  const request = SpoolRequest.parse(JSON.parse(body.toString()));
  assert.deepEqual(request.people, [1, 2]);
  kept = kept.filter(({ id }) => !request.taken.includes(id));
  const records = kept
    .slice(0, 2)
    .map(({ id, epoch, file }) => ({ id, epoch, file: file.toString("base64") }));
  const answer = { records, left: kept.length - records.length, expired, strangers: 0 };
  return Promise.resolve(Buffer.from(JSON.stringify(answer)));
}

const spooled = (more: Partial<SpooledUpdatesOptions> = {}): SpooledUpdates =>
  new SpooledUpdates({
    ask,
    keys,
    people: () => [1, 2],
    onLost: (reason, count) => void told.push([reason, count]),
    clock,
    ...more,
  });

/** Live updates: none, and the offset is noted. */
const client = {
  updates: (offset: number) => {
    asked.push(offset);
    return Promise.resolve({ kind: "done", value: [] } as const);
  },
};

let number = 1_000;
function keep(recipient: string, ...updates: readonly Update[]): void {
  for (const update of updates) {
    number += 1;
    const id = String(number).padStart(16, "0");
    kept.push({ id, epoch: epochOf(recipient), file: sealUpdate(recipient, update) });
  }
}

async function textsOf(spool: SpooledUpdates, offset: number): Promise<unknown> {
  const polled = await spool.before(client).updates(offset, signal);
  return polled.kind === "done"
    ? polled.value.map(({ message }) => message?.text)
    : polled.failure.words;
}

describe("what the relay has kept", () => {
  it("comes before what Telegram has, in order, and is erased when it is confirmed", async () => {
    const recipient = await keys.recipient();
    keep(recipient, said(5, "one"), said(6, "два"), said(7, "three"));
    const spool = spooled();
    assert.deepEqual(await textsOf(spool, 0), ["one", "два"]);
    assert.equal(kept.length, 3);
    assert.deepEqual(await textsOf(spool, 6), ["два"], "only what is confirmed goes");
    assert.equal(kept.length, 3);
    assert.deepEqual(await textsOf(spool, 7), ["three"]);
    assert.equal(kept.length, 1);
    assert.deepEqual(asked, []);
    assert.deepEqual(await textsOf(spool, 8), []);
    assert.deepEqual([kept.length, asked], [0, [8]]);
  });

  it("asks Telegram in the manner that it is asked in itself", async () => {
    const manners: unknown[] = [];
    const live = {
      updates: (_offset: number, _signal: AbortSignal, manner: unknown) => {
        manners.push(manner);
        return Promise.resolve({ kind: "done", value: [] } as const);
      },
    };
    const manner = { isAlone: true, isProbe: true };
    await spooled().before(live).updates(0, signal, manner);
    assert.deepEqual(manners, [manner]);
  });

  it("is given again while nothing of it is confirmed", async () => {
    keep(await keys.recipient(), said(5, "one"));
    const spool = spooled();
    for (const offset of [0, 0, 3]) assert.deepEqual(await textsOf(spool, offset), ["one"]);
    assert.equal(kept.length, 1);
  });

  it("may hold an update twice, and numbers that begin anew", async () => {
    keep(await keys.recipient(), said(5, "one"), said(5, "one"), said(2, "two"), said(3, "three"));
    const spool = spooled();
    assert.deepEqual(await textsOf(spool, 0), ["one", "one"]);
    assert.deepEqual(await textsOf(spool, 6), ["one"]);
    assert.deepEqual(await textsOf(spool, 6), ["two", "three"]);
    assert.deepEqual(await textsOf(spool, 4), []);
    assert.equal(kept.length, 0);
  });

  it("is dropped and told of where its key is gone, or it is damaged", async () => {
    const recipient = await keys.recipient();
    keep(newAgeKeys().recipient, said(1, "lost"));
    keep(recipient, said(2, "cut"));
    kept = kept.map((each, index) =>
      index === 1 ? { ...each, file: each.file.subarray(0, -1) } : each,
    );
    keep(recipient, said(3, "whole"));
    const spool = spooled();
    assert.deepEqual(await textsOf(spool, 0), ["whole"]);
    assert.deepEqual(told, [
      ["unknown_key", 1],
      ["damaged", 1],
    ]);
    assert.equal(kept.length, 1);
  });

  it("has its old keys deleted once it is empty", async () => {
    const old = await keys.recipient();
    keep(old, said(1, "old"));
    now += weekMs;
    const spool = spooled();
    assert.deepEqual(await textsOf(spool, 0), ["old"]);
    assert.ok(keys.of(epochOf(old)), "it is not confirmed yet");
    await textsOf(spool, 2);
    assert.equal(keys.of(epochOf(old)), undefined);
    assert.ok(keys.of(epochOf(await keys.recipient())));
  });

  it("is told of where it grew too old, once", async () => {
    const spool = spooled();
    for (expired of [0, 3, 3, 4, 1]) {
      await spool.before(client).updates(0, signal);
      await clock.advance(tellLostEveryMs);
    }
    assert.deepEqual(told, [
      ["expired", 3],
      ["expired", 1],
      ["expired", 1],
    ]);
  });

  it("is told of in sums where a relay loses without end", async () => {
    const spool = spooled();
    const poll = () => spool.before(client).updates(0, signal);
    for (expired = 1; expired <= 100; expired += 1) await poll();
    expired = 100;
    await clock.advance(tellLostEveryMs - 1);
    await poll();
    assert.deepEqual(told, [["expired", 1]]);
    await clock.advance(1);
    await poll();
    assert.deepEqual(told.slice(1), [["expired", 99]]);
  });

  it("is not waited for without an end, and asked for again", async () => {
    const { promise: isAsked, resolve: beginAsking } = Promise.withResolvers<void>();
    const late = (_method: string, _body: Buffer, within: AbortSignal): Promise<Buffer> =>
      new Promise((_, reject) => {
        within.addEventListener("abort", () => reject(within.reason as Error), { once: true });
        beginAsking();
      });
    keep(await keys.recipient(), said(5, "поздно"));
    let isLate = true;
    const spool = spooled({ ask: (...asking) => (isLate ? late : ask)(...asking) });
    const texts = textsOf(spool, 0);
    await isAsked;
    await clock.advance(exchangeMsMax - 1);
    assert.equal(clock.timersPending, 1, "it is still waited for");
    await clock.advance(1);
    assert.equal(await texts, "RELAY_LATE");
    assert.deepEqual(asked, []);
    isLate = false;
    assert.deepEqual(await textsOf(spool, 0), ["поздно"]);
    assert.equal(clock.timersPending, 0);
  });

  it("is not taken where an answer holds more records than may be", async () => {
    const file = sealUpdate(newAgeKeys().recipient, said(1, "x")).toString("base64");
    for (const [count, words] of [
      [spoolTakenMax, []],
      [spoolTakenMax + 1, "the relay's spool cannot be read"],
    ] as const) {
      let answers = 0;
      const records = Array.from({ length: count }, (_, index) => ({
        id: String(index).padStart(16, "0"),
        epoch: "0".repeat(16),
        file,
      }));
      const spool = spooled({
        ask: () => {
          answers += 1;
          const answer = { records: answers === 1 ? records : [], left: 0, expired, strangers: 0 };
          return Promise.resolve(Buffer.from(JSON.stringify(answer)));
        },
      });
      assert.deepEqual(await textsOf(spool, 0), words);
    }
  });

  it("is erased in parts where it is a lot", async () => {
    const strange = newAgeKeys().recipient;
    const file = sealUpdate(strange, said(1, "x"));
    for (let count = 0; count <= spoolTakenMax; count += 1)
      kept.push({ id: String(count).padStart(16, "0"), epoch: epochOf(strange), file });
    assert.deepEqual(await textsOf(spooled(), 0), []);
    assert.equal(kept.length, 0);
  });

  it("is waited for while the relay is away, and not where it has no spool", async () => {
    const spool = spooled();
    isThere = false;
    assert.equal(await textsOf(spool, 0), "RELAY_SILENT");
    assert.deepEqual(asked, []);
    [isThere, hasSpool] = [true, false];
    await textsOf(spool, 0);
    assert.deepEqual(asked, [0]);
  });
});
