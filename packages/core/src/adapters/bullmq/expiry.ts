import type { Redis } from "ioredis";
import { keepMs } from "./limits.ts";
import { keys, parseJobName } from "./wire.ts";

const scanCount = 500;

/**
 * Gives everything of ours in Redis a time to live: BullMQ gives none. What the queue itself consists of lives on while
 * somebody sweeps; a job that nobody finished expires, however long the others go on.
 */
export async function keepExpiring(redis: Redis, budgetMs: number): Promise<void> {
  let cursor = "0";
  do {
    const [next, found] = await redis.scan(cursor, "MATCH", keys.everything, "COUNT", scanCount);
    cursor = next;
    for (const key of found) {
      const [, name = "", rest] = /:([^:]+)(:lock)?$/.exec(key) ?? [];
      const isJob = rest !== undefined || parseJobName(name) !== undefined;
      if (!isJob) await redis.pexpire(key, keepMs);
      else if ((await redis.pttl(key)) === -1) await redis.pexpire(key, budgetMs + keepMs);
    }
  } while (cursor !== "0");
}
