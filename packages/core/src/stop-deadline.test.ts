import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { StopDeadline, StopError } from "./stop-deadline.ts";

const never = (): Promise<void> => new Promise(() => undefined);

describe("StopDeadline", () => {
  it("waits for what ends, and finds nothing to tell", async () => {
    const deadline = new StopDeadline(60_000);
    let isDone = false;
    await deadline.within("work", async () => {
      await Promise.resolve();
      isDone = true;
    });
    assert.ok(isDone && !deadline.isOver);
    deadline.check();
  });

  it("gives all waits one time together, and names each that ran out", async () => {
    const deadline = new StopDeadline(50);
    const startedMs = performance.now();
    await deadline.within("turns", never);
    await deadline.within("journal", never);
    await deadline.within("quick", async () => undefined);
    assert.ok(performance.now() - startedMs < 5_000);
    assert.throws(
      () => deadline.check(),
      (error) => error instanceof StopError && error.message.endsWith(": turns, journal."),
    );
  });

  it("passes on what the work throws", async () => {
    const deadline = new StopDeadline(60_000);
    await assert.rejects(
      deadline.within("work", () => Promise.reject(new RangeError("no"))),
      RangeError,
    );
    deadline.check();
  });
});
