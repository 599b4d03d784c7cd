import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type Clock, systemClock } from "@adyton/runtime/clock";
import { fetchesAtOnceMax, FileFetcher, fetchMsMax } from "./fetch-file.ts";
import type { TelegramResult } from "./telegram-client.ts";
import type { TelegramFailure } from "./trouble.ts";

const bytes = Buffer.from("файл");
const done = { kind: "done", value: bytes } as const;
const failed = (more: Partial<TelegramFailure>) =>
  ({
    kind: "failed",
    failure: { kind: "unknown", status: 0, retryAfterMs: 0, words: "ECONNRESET", ...more },
  }) as const;

/** A clock that jumps over every sleep. */
function jumping(): Clock & { readonly slept: number[] } {
  let ms = 0;
  const slept: number[] = [];
  const sleep = async (forMs: number): Promise<void> => {
    slept.push(forMs);
    ms += forMs;
  };
  return { ...systemClock, monotonicMs: () => ms, sleep, slept };
}

function fetcherOf(results: readonly TelegramResult<Buffer>[], clock: Clock = jumping()) {
  let calls = 0;
  const file = async () => results[Math.min(calls++, results.length - 1)] ?? done;
  return new FileFetcher({ client: () => ({ file }), clock });
}
const { signal } = new AbortController();

describe("a file from Telegram", () => {
  const cases: readonly [string, readonly TelegramResult<Buffer>[], string][] = [
    ["arrives after broken connections", [failed({}), failed({ status: 502 }), done], "fetched"],
    [
      "arrives once a token is put right",
      [failed({ kind: "refused", status: 401 }), done],
      "fetched",
    ],
    [
      "is too large",
      [failed({ kind: "refused", status: 400, words: "file is too big" })],
      "too_large",
    ],
    ["is gone", [failed({ kind: "refused", status: 404, words: "Not Found" })], "gone"],
    ["does not come", [failed({})], "unreachable"],
  ];
  for (const [name, results, kind] of cases)
    it(name, async () => assert.equal((await fetcherOf(results).fetch("F", signal)).kind, kind));

  it("is waited for as long as Telegram asks, within the time there is", async () => {
    const wait = (retryAfterMs: number) => failed({ kind: "limited", status: 429, retryAfterMs });
    const clock = jumping();
    const got = await fetcherOf([wait(fetchMsMax), done], clock).fetch("F", signal);
    assert.deepEqual([got.kind, clock.slept], ["fetched", [fetchMsMax]]);
    const late = await fetcherOf([wait(fetchMsMax + 1), done]).fetch("F", signal);
    assert.equal(late.kind, "unreachable");
  });

  it("waits for a place: so many are on their way at once, and the first that waits is next", async () => {
    const open: (() => void)[] = [];
    const asked: string[] = [];
    const file = (id: string): Promise<TelegramResult<Buffer>> => {
      asked.push(id);
      return new Promise((resolve) => open.push(() => resolve(done)));
    };
    const fetcher = new FileFetcher({ client: () => ({ file }), clock: jumping() });
    const ids = Array.from({ length: fetchesAtOnceMax + 2 }, (_, at) => `f${at}`);
    const all = ids.map((id) => fetcher.fetch(id, signal));
    assert.deepEqual(asked, ids.slice(0, fetchesAtOnceMax));
    for (let at = 0; at < ids.length; at += 1) {
      open[at]?.();
      await all[at];
    }
    assert.deepEqual(asked, ids);
    const again = fetcher.fetch("later", signal);
    assert.equal(asked.at(-1), "later", "every place is free again");
    open.at(-1)?.();
    await again;
  });
});
