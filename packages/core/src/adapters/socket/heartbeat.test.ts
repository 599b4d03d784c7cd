import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Heartbeat } from "./heartbeat.ts";

describe("the heartbeat", () => {
  it("looks at each connection once in a whole time, and never at many together", (t) => {
    t.mock.timers.enable({ apis: ["setInterval"] });
    const heartbeat = new Heartbeat(20_000);
    const beats: number[] = [];
    let nowMs = 0;
    const pass = (ms: number) => {
      for (let step = 0; step < ms; step += 1_000) {
        nowMs += 1_000;
        t.mock.timers.tick(1_000);
      }
    };
    const stops = Array.from({ length: 20 }, (_, index) => {
      pass(1_000);
      beats[index] = 0;
      return heartbeat.add({
        beat: () => void (beats[index] = (beats[index] ?? 0) + 1),
      });
    });
    pass(20_000);
    const first = [...beats];
    pass(20_000);
    for (const [index, count] of beats.entries())
      assert.equal(count - (first[index] ?? 0), 1, `${index} after ${nowMs} ms`);
    for (const stop of stops) stop();
    pass(40_000);
    assert.ok(beats.every((count) => count <= 3));
    const last = [...beats];
    for (const stop of stops) stop();
    const again = heartbeat.add({ beat: () => void (beats[0] = -1) });
    pass(20_000);
    assert.equal(beats[0], -1);
    again();
    assert.deepEqual(beats.slice(1), last.slice(1));
  });
});
