import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ManualClock } from "./clock.ts";
import { backoffDelayMs, retry, retryAfterMs, type Attempt } from "./retry.ts";

const backoff = { baseMs: 100, capMs: 1_000 };

describe("backoffDelayMs", () => {
  const bounds: ReadonlyArray<[attempt: number, boundMs: number]> = [
    [1, 100],
    [2, 200],
    [4, 800],
    [5, 1_000],
    [10_000, 1_000],
  ];
  for (const [attempt, boundMs] of bounds)
    it(`spreads attempt ${attempt} over 0 to ${boundMs} ms`, () => {
      assert.equal(
        backoffDelayMs(attempt, backoff, () => 0),
        0,
      );
      assert.equal(
        backoffDelayMs(attempt, backoff, () => 0.5),
        boundMs / 2,
      );
      assert.equal(
        backoffDelayMs(attempt, backoff, () => 1 - Number.EPSILON),
        boundMs - 1,
      );
    });
});

describe("retryAfterMs", () => {
  const nowMs = Date.UTC(2026, 0, 1, 12, 0, 0);
  const cases: ReadonlyArray<[header: string | null | undefined, expected: number | undefined]> = [
    ["5", 5_000],
    [" 5 ", 5_000],
    ["0", 0],
    ["60", 60_000],
    ["61", 60_000],
    ["9".repeat(400), 60_000],
    ["Thu, 01 Jan 2026 12:00:30 GMT", 30_000],
    ["Thu, 01 Jan 2026 11:00:00 GMT", 0],
    ["Fri, 02 Jan 2026 12:00:00 GMT", 60_000],
    ["2026-01-01", undefined],
    ["-5", undefined],
    ["1.5", undefined],
    ["soon", undefined],
    ["", undefined],
    [null, undefined],
    [undefined, undefined],
  ];
  for (const [header, expected] of cases)
    it(`${String(header).slice(0, 40)} means ${expected}`, () =>
      assert.equal(retryAfterMs(header, { nowMs, maxMs: 60_000 }), expected));
});

describe("retry", () => {
  const run = async (attempts: Attempt<string>[], attemptsMax = 3, signal?: AbortSignal) => {
    const clock = new ManualClock(0);
    const atMs: number[] = [];
    const options = { attemptsMax, backoff, clock, random: () => 0.5, ...(signal && { signal }) };
    const outcome = retry((number) => {
      atMs.push(clock.monotonicMs());
      return Promise.resolve(attempts[number - 1] as Attempt<string>);
    }, options);
    await Promise.race([outcome.catch(() => undefined), clock.advance(10_000)]);
    return { outcome: await outcome, atMs };
  };
  const error = new Error("busy");

  it("stops at the first success", async () => {
    const { outcome, atMs } = await run([
      { kind: "again", error },
      { kind: "done", value: "yes" },
    ]);
    assert.deepEqual(outcome, { kind: "done", value: "yes", attempts: 2 });
    assert.deepEqual(atMs, [0, 50]);
  });

  it("gives up at the limit with the last error", async () => {
    const { outcome, atMs } = await run(
      Array.from({ length: 3 }, () => ({ kind: "again", error })),
    );
    assert.deepEqual(outcome, { kind: "gave_up", error, attempts: 3 });
    assert.deepEqual(atMs, [0, 50, 150]);
  });

  it("waits as long as it is asked to, and never less than its own backoff", async () => {
    const { atMs } = await run([
      { kind: "again", error, afterMs: 700 },
      { kind: "again", error, afterMs: 1 },
      { kind: "done", value: "" },
    ]);
    assert.deepEqual(atMs, [0, 700, 800]);
  });

  it("does not repeat what throws, and ends with its signal", async () => {
    const clock = new ManualClock();
    await assert.rejects(
      retry(() => Promise.reject(error), { attemptsMax: 3, backoff, clock }),
      error,
    );
    await assert.rejects(run([{ kind: "done", value: "" }], 1, AbortSignal.abort(error)), error);
    const controller = new AbortController();
    const waiting = retry(
      () => Promise.resolve({ kind: "again", error, afterMs: 1_000 } as const),
      {
        attemptsMax: 2,
        backoff,
        clock,
        signal: controller.signal,
      },
    );
    await clock.advance(1);
    controller.abort(error);
    await assert.rejects(waiting, error);
    assert.equal(clock.timersPending, 0);
  });
});
