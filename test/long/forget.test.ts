import assert from "node:assert/strict";
import { mkdtempSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { it } from "node:test";
import { percentile } from "../../bench/figure.ts";
import { measureForgetting } from "../../bench/forget.ts";
import { cacheFolder } from "../../bench/machine.ts";

/** No writer waits longer for what is forgotten. */
const waitMsMax = 100;

it("forgetting in a journal of a gigabyte leaves no byte, and holds no writer up for long", async () => {
  mkdirSync(cacheFolder, { recursive: true });
  const folder = mkdtempSync(join(cacheFolder, "forget-"));
  try {
    const measured = await measureForgetting({ quick: false, folder });
    assert.ok(measured.gigabytes > 1 && measured.marksBefore > 100_000, "control");
    assert.deepEqual([measured.marksAfter, measured.residueBytes, measured.faults], [0, 0, []]);
    const longest = percentile(measured.duringMs, 1);
    // A machine that stops writers for longer by itself says nothing about forgetting.
    const bound = Math.max(waitMsMax, 1.5 * percentile(measured.beforeMs, 1));
    assert.ok(longest <= bound, `${longest} ms`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
