import { test } from "node:test";
import { redisIsMissing } from "../e2e/redis-process.ts";
import { assertAllAnswered, runWorkerChaos } from "../e2e/workers.ts";

for (const persistent of [false, true])
  test(
    `500 turns, everything is killed, Redis ${persistent ? "keeps" : "forgets"} its data`,
    {
      skip: redisIsMissing,
    },
    async (t) => {
      const outcome = await runWorkerChaos({
        seed: persistent ? 11 : 12,
        turns: 500,
        conversations: 8,
        kills: { worker: 20, redis: 10, node: 6 },
        persistent,
        tokenDelayMs: 15,
      });
      assertAllAnswered(t, outcome);
    },
  );
