import { type NodeConfig, workersName } from "./config.ts";
import type { Backend } from "./ports/backend.ts";
import { StartError } from "./start-error.ts";

/**
 * The workers of a Redis as one model server. What this needs is loaded only here: a node without workers does not pay
 * for it. Throws `StartError` for an address or a file that cannot be used.
 */
export async function openWorkers(
  { redis, key_file, password_file, wait_seconds }: NonNullable<NodeConfig["workers"]>,
  { budgetMs }: { readonly budgetMs: number },
): Promise<Backend> {
  const [{ BullMqJobs }, { openAccess }, { JobsBackend }] = await Promise.all([
    import("./adapters/bullmq/jobs.ts"),
    import("./adapters/bullmq/redis-address.ts"),
    import("./app/jobs-backend.ts"),
  ]);
  try {
    const access = openAccess({ url: redis, keyFile: key_file, passwordFile: password_file });
    const jobs = new BullMqJobs({ access, budgetMs, times: { waitMs: wait_seconds * 1_000 } });
    jobs.start();
    return new JobsBackend(jobs, { name: workersName, address: `redis://${access.address}` });
  } catch (error) {
    const message = error instanceof Error ? error.message : "they cannot be used";
    throw new StartError("backend_refused", `workers: ${message}`, { cause: error });
  }
}
