import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ManualClock } from "@adyton/runtime/clock";
import { livenessFailuresMax, timeoutsDefault, type Timeouts } from "./limits.ts";
import { SilenceWatch, type GiveUp } from "./silence-watch.ts";

function start(isAlive: (probe: number) => boolean, timeouts: Timeouts = timeoutsDefault) {
  const clock = new ManualClock();
  const seen = { probes: 0, gaveUp: [] as GiveUp[] };
  const watch = new SilenceWatch({
    clock,
    timeouts,
    probe: () => {
      seen.probes += 1;
      return Promise.resolve(isAlive(seen.probes));
    },
    onGiveUp: (reason) => seen.gaveUp.push(reason),
  });
  return { clock, watch, seen };
}

const { silenceMsMax, livenessEveryMs, answerMsMax } = timeoutsDefault;

describe("SilenceWatch", () => {
  it("waits four minutes for a server that shows life, asking every 10 s after 20 s", async () => {
    const { clock, watch, seen } = start(() => true);
    await clock.advance(4 * 60_000);
    assert.deepEqual(seen.gaveUp, []);
    assert.equal(seen.probes, (240_000 - silenceMsMax) / livenessEveryMs + 1);
    watch[Symbol.dispose]();
    assert.equal(clock.timersPending, 0);
  });

  it("asks nothing while something arrives", async () => {
    const { clock, watch, seen } = start(() => false);
    for (let second = 0; second < 120; second += 19) {
      await clock.advance(19_000);
      watch.touch();
    }
    assert.equal(seen.probes, 0);
    await clock.advance(silenceMsMax);
    assert.equal(seen.probes, 1);
    watch[Symbol.dispose]();
  });

  it("gives up at the third failure in a row and not at the second", async () => {
    const { clock, seen } = start(() => false);
    await clock.advance(silenceMsMax + (livenessFailuresMax - 1) * livenessEveryMs - 1);
    assert.deepEqual([seen.probes, seen.gaveUp], [livenessFailuresMax - 1, []]);
    await clock.advance(1);
    assert.deepEqual([seen.probes, seen.gaveUp], [livenessFailuresMax, ["silent"]]);
    assert.equal(clock.timersPending, 0);
  });

  it("counts failures anew after a sign of life", async () => {
    const { clock, watch, seen } = start((probe) => probe % 3 === 0);
    await clock.advance(10 * 60_000);
    assert.deepEqual(seen.gaveUp, []);
    assert.ok(seen.probes > 50);
    watch[Symbol.dispose]();
  });

  it("ends an answer that is never complete, whatever arrives", async () => {
    const { clock, watch, seen } = start(() => true);
    for (let passedMs = 0; passedMs < answerMsMax; passedMs += 15_000) {
      assert.deepEqual(seen.gaveUp, []);
      await clock.advance(15_000);
      watch.touch();
    }
    assert.deepEqual(seen.gaveUp, ["too_long"]);
    assert.equal(clock.timersPending, 0);
  });
});
