import { type Clock, ManualClock } from "@adyton/runtime";
import { setTimeout as delay } from "node:timers/promises";

/**
 * A clock that goes one millisecond on with each turn of the event loop that took as long. It stands still while the
 * machine has no time for the test: what answers at once is then never too late.
 */
export function passingClock(): Clock {
  const clock = new ManualClock(Date.now());
  void pass(clock);
  return clock;
}

/** It passes for as long as the process has something else to wait for. */
async function pass(clock: ManualClock): Promise<never> {
  for (;;) {
    await delay(1, undefined, { ref: false });
    await clock.advance(1);
  }
}
