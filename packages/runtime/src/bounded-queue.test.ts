import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { BoundedQueue } from "./bounded-queue.ts";

describe("BoundedQueue", () => {
  it("takes up to its capacity and says what happens at it", () => {
    const queue = new BoundedQueue<string>(2);
    assert.deepEqual(queue.push("a"), { kind: "queued", position: 1 });
    assert.deepEqual(queue.push("b"), { kind: "queued", position: 2 });
    assert.deepEqual(queue.push("c"), { kind: "full", capacity: 2 });
    assert.deepEqual(queue.pushSliding("c"), { kind: "dropped_oldest", dropped: "a" });
    assert.deepEqual([...queue], ["b", "c"]);
    assert.equal(queue.peek(), "b");
    assert.deepEqual([queue.shift(), queue.shift(), queue.shift()], ["b", "c", undefined]);
    assert.deepEqual(queue.pushSliding("d"), { kind: "queued", position: 1 });
    queue.clear();
    assert.equal(queue.size, 0);
    assert.deepEqual(queue.push("e"), { kind: "queued", position: 1 });
  });

  it("keeps the order over many rounds, also with undefined as an item", () => {
    const queue = new BoundedQueue<number | undefined>(3);
    queue.push(undefined);
    assert.equal(queue.size, 1);
    assert.equal(queue.shift(), undefined);
    assert.equal(queue.size, 0);
    for (let round = 0; round < 1_000; round += 1) {
      queue.push(round);
      if (round >= 2) assert.equal(queue.shift(), round - 2);
    }
  });

  for (const capacity of [0, -1, 1.5, Number.NaN, Infinity])
    it(`refuses a capacity of ${capacity}`, () =>
      assert.throws(() => new BoundedQueue(capacity), RangeError));
});
