import assert from "node:assert/strict";
import { it } from "node:test";
import { type Clock, systemClock } from "@adyton/runtime/clock";
import { albumSettleMs, Albums } from "./albums.ts";

const { signal } = new AbortController();

/** A clock that calls back at each sleep, and jumps over it. */
function steered(onSleep: (atMs: number) => void = () => undefined) {
  const clock = {
    ...systemClock,
    ms: 0,
    monotonicMs: (): number => clock.ms,
    sleep: async (forMs: number): Promise<void> => {
      onSleep(clock.ms);
      clock.ms += forMs;
    },
  };
  return clock satisfies Clock;
}

it("is whole so long after its last message", async () => {
  const albums: Albums = new Albums(
    steered((atMs) => {
      if (atMs === 0)
        joined.push(albums.join("a", (delivery) => void written.push(delivery) as never));
    }),
  );
  const joined: Promise<void>[] = [];
  const written: string[] = [];
  albums.opened("a", "d1");
  await albums.settle("a", signal);
  await Promise.all(joined);
  assert.deepEqual(written, ["d1"]);
  assert.equal(albums.has("a"), false, "what comes later is none of it");
  await assert.rejects(
    albums.join("a", async () => undefined),
    /not open/,
  );
});

it("waits for what is on its way to disk", async () => {
  const albums = new Albums(steered());
  albums.opened("a", "d1");
  const { promise, resolve } = Promise.withResolvers<void>();
  const joining = albums.join("a", () => promise);
  let isSettled = false;
  const settled = albums.settle("a", signal).then(() => (isSettled = true));
  await new Promise((next) => setImmediate(next));
  assert.equal(isSettled, false);
  resolve();
  await Promise.all([joining, settled]);
});

it("gives an album that an earlier process opened its time too", async () => {
  const clock = steered();
  await new Albums(clock).settle("unknown", signal);
  assert.equal(clock.ms, albumSettleMs);
});
