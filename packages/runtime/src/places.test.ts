import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setImmediate } from "node:timers/promises";
import { Places } from "./places.ts";

const never = new AbortController().signal;

describe("places", () => {
  it("are given in the order of asking, so many at once", async () => {
    const places = new Places(2);
    const ends: (() => void)[] = [];
    const begun: number[] = [];
    const works = [0, 1, 2, 3].map((number) =>
      places.within(async () => {
        begun.push(number);
        await new Promise<void>((resolve) => void (ends[number] = resolve));
      }, never),
    );
    assert.deepEqual(begun, [0, 1]);
    ends[1]?.();
    await works[1];
    await setImmediate();
    assert.deepEqual(begun, [0, 1, 2]);
    ends[0]?.();
    await works[0];
    await setImmediate();
    assert.deepEqual(begun, [0, 1, 2, 3]);
    for (const end of ends) end();
    await Promise.all(works);
  });

  it("are not waited for by whoever gives up, and stay whole", async () => {
    const places = new Places(1);
    const { promise: held, resolve: end } = Promise.withResolvers<void>();
    const holding = places.within(() => held, never);
    const stop = new AbortController();
    const waiting = places.within(() => assert.fail("it had given up"), stop.signal);
    const behind = places.within(async () => "behind", never);
    stop.abort(new RangeError("stopped"));
    await assert.rejects(waiting, RangeError);
    await assert.rejects(
      places.within(async () => "late", stop.signal),
      RangeError,
    );
    end();
    await holding;
    assert.equal(await behind, "behind");
    assert.equal(await places.within(async () => "again", never), "again");
  });
});
