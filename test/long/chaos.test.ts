import { test } from "node:test";
import { assertNothingLost, runChaos } from "../e2e/chaos.ts";

for (const seed of [1, 2]) {
  test(`1,000 messages and events, killed 30 times, seed ${seed}`, async (t) => {
    await using outcome = await runChaos({ seed, items: 1_000, kills: 30, clients: 8 });
    await assertNothingLost(t, outcome);
  });
}
