import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Resumptions } from "./resumptions.ts";
import { socketLimits } from "./socket-limits.ts";

const none = () => undefined;

function resumptions(limits: object = {}) {
  const clock = { nowMs: 0 };
  const all = new Resumptions({ ...socketLimits, ...limits }, () => clock.nowMs);
  return { all, clock };
}

describe("a broken connection", () => {
  it("can be resumed for so long and not a millisecond longer, once", () => {
    for (const [afterMs, isThere] of [
      [1_000, true],
      [1_001, false],
    ] as const) {
      const { all, clock } = resumptions({ resumeMsMax: 1_000 });
      const begun = all.begin("owner", none);
      all.broke(begun, none);
      clock.nowMs = afterMs;
      assert.equal(all.resume(begun.word, "owner", none) !== undefined, isThere, `${afterMs}`);
    }
  });

  it("is nobody else's, and unknown words are nobody's", () => {
    const { all } = resumptions();
    const begun = all.begin("token:a", none);
    all.broke(begun, none);
    assert.equal(all.resume(begun.word, "token:b", none), undefined);
    assert.equal(all.resume("nothing", "token:a", none), undefined);
    assert.equal(all.resume(begun.word, "token:a", none), begun);
  });

  it("is the oldest to be forgotten when there are too many", () => {
    const { all } = resumptions({ resumptionsMax: 2 });
    const [first, second, third] = [1, 2, 3].map(() => all.begin("owner", none));
    assert.ok(first && second && third);
    all.broke(first, none);
    all.broke(second, none);
    assert.equal(all.resume(first.word, "owner", none), first);
    all.broke(first, none);
    all.broke(third, none);
    assert.equal(all.resume(second.word, "owner", none), undefined);
    assert.equal(all.resume(first.word, "owner", none), first);
    assert.equal(all.resume(third.word, "owner", none), third);
  });

  it("ends one that seems open still, whose own end then changes nothing", () => {
    const { all } = resumptions();
    let ended = 0;
    const former = () => void ended++;
    const begun = all.begin("owner", former);
    assert.equal(all.resume(begun.word, "owner", none), begun);
    assert.equal(ended, 1);
    all.broke(begun, former);
    assert.equal(begun.end, none);
    assert.equal(all.resume(begun.word, "owner", former), begun);
  });
});
