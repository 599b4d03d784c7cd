import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ManualClock, settlesWithin, systemClock } from "./clock.ts";

describe("ManualClock", () => {
  it("fires timers in order, at their moment, and only once", async () => {
    const clock = new ManualClock(1_000);
    const fired: Array<[string, number]> = [];
    clock.setTimer(20, () => fired.push(["b", clock.nowMs()]));
    clock.setTimer(10, () => fired.push(["a", clock.nowMs()]));
    clock.setTimer(21, () => fired.push(["c", clock.nowMs()]));
    clock.setTimer(5, () => fired.push(["disposed", 0]))[Symbol.dispose]();
    await clock.advance(20);
    assert.deepEqual(fired, [
      ["a", 1_010],
      ["b", 1_020],
    ]);
    assert.equal(clock.timersPending, 1);
    await clock.advance(1);
    assert.equal(fired.length, 3);
    assert.equal(clock.nowMs(), 1_021);
  });

  it("runs code that sleeps again within one advance", async () => {
    const clock = new ManualClock();
    let rounds = 0;
    const run = async (): Promise<void> => {
      for (; rounds < 3; rounds += 1) await clock.sleep(10);
    };
    const running = run();
    await clock.advance(29);
    assert.equal(rounds, 2);
    await clock.advance(1);
    await running;
    assert.equal(rounds, 3);
  });

  it("jumps the wall without moving timers", async () => {
    const clock = new ManualClock(0);
    let fired = false;
    clock.setTimer(10, () => (fired = true));
    clock.jumpWall(86_400_000);
    await clock.advance(9);
    assert.ok(!fired);
    assert.equal(clock.nowMs(), 86_400_009);
    assert.equal(clock.monotonicMs(), 9);
  });
});

for (const [name, clock] of [
  ["system", systemClock],
  ["manual", new ManualClock()],
] as const)
  describe(`the ${name} clock`, () => {
    it("ends a sleep when the signal aborts, before and during", async () => {
      const reason = new Error("enough");
      await assert.rejects(clock.sleep(60_000, AbortSignal.abort(reason)), reason);
      const controller = new AbortController();
      const sleep = clock.sleep(60_000, controller.signal);
      controller.abort(reason);
      await assert.rejects(sleep, reason);
      if (clock instanceof ManualClock) assert.equal(clock.timersPending, 0);
    });
  });

describe("the system clock", () => {
  it("sleeps, and does not fire a wait of a month at once", async () => {
    let fired = false;
    using timer = systemClock.setTimer(40 * 86_400_000, () => (fired = true));
    const startedMs = systemClock.monotonicMs();
    await systemClock.sleep(5);
    assert.ok(systemClock.monotonicMs() - startedMs >= 4);
    assert.ok(!fired && timer !== undefined);
  });
});

describe("settlesWithin", () => {
  it("tells in time from too late, and leaves no timer", async () => {
    const clock = new ManualClock();
    assert.equal(await settlesWithin(Promise.resolve(), 10, clock), true);
    const late = settlesWithin(new Promise(() => undefined), 10, clock);
    await clock.advance(10);
    assert.equal(await late, false);
    await assert.rejects(settlesWithin(Promise.reject(new Error("no")), 10, clock), /no/);
    assert.equal(clock.timersPending, 0);
  });
});
