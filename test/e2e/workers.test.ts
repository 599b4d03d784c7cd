import { test } from "node:test";
import { redisIsMissing } from "./redis-process.ts";
import { assertAllAnswered, runWorkerChaos } from "./workers.ts";

test(
  "workers, Redis and the node are killed, and every turn is answered once, in order",
  {
    skip: redisIsMissing,
  },
  async (t) => {
    const outcome = await runWorkerChaos({
      seed: 7,
      turns: 30,
      conversations: 5,
      kills: { worker: 2, redis: 1, node: 1 },
      persistent: false,
      tokenDelayMs: 20,
    });
    assertAllAnswered(t, outcome);
  },
);
