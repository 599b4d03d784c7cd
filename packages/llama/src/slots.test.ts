import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { RequestError } from "./request-error.ts";
import { Slots } from "./slots.ts";

const never = new AbortController().signal;

function held(slots: Slots<string>, signal = never) {
  const begun = Promise.withResolvers<string>();
  const end = Promise.withResolvers<void>();
  const done = slots.use(signal, async (item) => {
    begun.resolve(item);
    await end.promise;
    return item;
  });
  return { begun: begun.promise, end: () => end.resolve(), done };
}

describe("slots", () => {
  it("give each thing to one at a time, in the order of coming", async () => {
    const slots = new Slots(["a"]);
    const first = held(slots);
    const order: string[] = [];
    const rest = ["two", "three"].map((name) =>
      slots.use(never, (item) => {
        order.push(`${name} ${item}`);
        return Promise.resolve();
      }),
    );
    assert.equal(await first.begun, "a");
    assert.deepEqual(order, []);
    first.end();
    await Promise.all([first.done, ...rest]);
    assert.deepEqual(order, ["two a", "three a"]);
  });

  it("let as many wait as may, and one more is told that all is busy", async () => {
    const slots = new Slots(["a"], 1);
    const first = held(slots);
    const waiting = held(slots);
    await assert.rejects(
      slots.use(never, () => Promise.resolve()),
      { status: 429 },
    );
    first.end();
    waiting.end();
    await Promise.all([first.done, waiting.done]);
  });

  it("forget who went away while waiting", async () => {
    const slots = new Slots(["a"], 1);
    const first = held(slots);
    const gone = new AbortController();
    const waiting = slots.use(gone.signal, () => Promise.resolve());
    gone.abort();
    await assert.rejects(waiting, RequestError);
    const next = held(slots);
    first.end();
    assert.equal(await next.begun, "a");
    next.end();
    await Promise.all([first.done, next.done]);
  });

  it("are free again after a failure", async () => {
    const slots = new Slots(["a"]);
    await assert.rejects(slots.use(never, () => Promise.reject(new Error("no"))));
    assert.equal(await slots.use(never, (item) => Promise.resolve(item)), "a");
  });
});
