import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { ManualClock } from "@adyton/runtime/clock";
import { SpoolTime, timeKeptEveryMs } from "./spool-time.ts";

const wallMs = Date.UTC(2026, 10, 21);
const yearMs = 365 * 86_400_000;

let folder: string;
let clock: ManualClock;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "adyton-spool-time-"));
  clock = new ManualClock(wallMs);
});
afterEach(() => rmSync(folder, { recursive: true }));

const open = (newestMs: number): SpoolTime => new SpoolTime({ folder, clock, newestMs });

describe("the spool's time", () => {
  it("goes on by a clock that never jumps", async () => {
    const time = open(0);
    assert.equal(time.nowMs(), wallMs);
    clock.jumpWall(yearMs);
    await clock.advance(5);
    clock.jumpWall(-2 * yearMs);
    assert.equal(time.nowMs(), wallMs + 5);
  });

  it("is written down when it is due", async () => {
    const time = open(wallMs);
    await clock.advance(timeKeptEveryMs - 1);
    await time.keep();
    assert.deepEqual(readdirSync(folder), []);
    await clock.advance(1);
    await time.keep();
    await time.keep();
    assert.equal(readFileSync(join(folder, "time"), "utf8"), String(wallMs + timeKeptEveryMs));
  });

  const starts: readonly [name: string, text: string | undefined, newestMs: number, at: number][] =
    [
      ["the machine's time where nothing is", undefined, 0, wallMs],
      ["the newest record", undefined, wallMs - yearMs, wallMs - yearMs],
      ["what was written behind it", String(wallMs - 5), wallMs - 9, wallMs - 5],
      ["the newest record where it is later", String(wallMs - 9), wallMs - 5, wallMs - 5],
      ["later than all there was, though it is empty", String(wallMs + 5), 0, wallMs + 5],
      ["the machine's time where it is empty", String(wallMs - yearMs), 0, wallMs],
      ["the newest record where no number is written", "завтра", 7, 7],
      ["the newest record where no time is written", "9999999999999", 7, 7],
    ];
  for (const [name, text, newestMs, at] of starts)
    it(`begins with ${name}`, () => {
      if (text !== undefined) writeFileSync(join(folder, "time"), text);
      assert.equal(open(newestMs).nowMs(), at);
    });

  it("has sixteen digits of microseconds, whatever the machine believes", () => {
    clock.jumpWall(1_000 * yearMs);
    assert.match(String(Math.trunc(open(0).nowMs()) * 1_000), /^\d{16}$/);
  });
});
