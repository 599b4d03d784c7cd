import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ManualClock } from "@adyton/runtime/clock";
import { RareLog, sayAgainMs } from "./rare-log.ts";

describe("what may happen without end", () => {
  it("is said once an hour, each line for itself, with how often it was", async () => {
    const clock = new ManualClock();
    const said: unknown[] = [];
    const rare = new RareLog({ clock, log: (line, fields) => void said.push([line, fields]) });
    for (let times = 0; times < 1_000; times += 1) rare.say("a");
    rare.say("b");
    await clock.advance(sayAgainMs - 1);
    rare.say("a");
    await clock.advance(1);
    assert.equal(said.length, 2);
    rare.say("a");
    rare.say("a");
    assert.deepEqual(said, [
      ["a", { times: 1 }],
      ["b", { times: 1 }],
      ["a", { times: 1_001 }],
    ]);
  });
});
