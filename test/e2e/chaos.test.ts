import { test } from "node:test";
import { assertNothingLost, runChaos, unkeyedDuplicates } from "./chaos.ts";

test("200 messages and events, killed 6 times: nothing acknowledged is lost, nothing happens twice", async (t) => {
  const seed = Number(process.env["CHAOS_SEED"] ?? 20_261_121);
  t.diagnostic(`seed ${seed}`);
  await using outcome = await runChaos({ seed, items: 200, kills: 6, clients: 8 });
  await assertNothingLost(t, outcome);
});

test("without keys the same repetitions do happen twice, so the check above can fail", async (t) => {
  const duplicates = await unkeyedDuplicates({ seed: 7, items: 40, kills: 3, clients: 4 });
  t.diagnostic(`${duplicates} duplicates without keys`);
  if (duplicates === 0) throw new Error("the repetitions had no effect twice even without keys");
});
