import assert from "node:assert/strict";
import { it } from "node:test";
import { callsRememberedMax, RecentCalls, recentMs } from "./recent-calls.ts";

it("tells calls, failures and the 95th percentile of the last 15 minutes", () => {
  const recent = new RecentCalls();
  assert.deepEqual(recent.figures(0), { calls: 0, failures: 0, p95Ms: null });
  for (let ms = 100; ms >= 1; ms -= 1) recent.note(1_000, ms);
  recent.note(1_000, undefined);
  recent.note(1_001, undefined);
  assert.deepEqual(recent.figures(1_001), { calls: 102, failures: 2, p95Ms: 95 });
  assert.equal(recent.figures(1_000 + recentMs - 1).calls, 102);
  assert.deepEqual(recent.figures(1_000 + recentMs), { calls: 1, failures: 1, p95Ms: null });
  assert.equal(recent.figures(1_001 + recentMs).calls, 0);
});

it("remembers so many and no more", () => {
  const recent = new RecentCalls();
  recent.note(0, undefined);
  for (let n = 1; n < callsRememberedMax; n += 1) recent.note(0, 5);
  assert.deepEqual(recent.figures(0), { calls: callsRememberedMax, failures: 1, p95Ms: 5 });
  recent.note(0, 7);
  assert.deepEqual(recent.figures(0), { calls: callsRememberedMax, failures: 0, p95Ms: 5 });
});
