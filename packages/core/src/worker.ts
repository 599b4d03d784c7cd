import { createLog, type LogOptions } from "@adyton/runtime/log";
import { Secret } from "@adyton/runtime/secret";
import { JobTaker } from "./adapters/bullmq/job-taker.ts";
import { openAccess } from "./adapters/bullmq/redis-address.ts";
import { InProcessJobs } from "./adapters/in-process/jobs.ts";
import { openBackend } from "./adapters/openai-compatible/backend.ts";

export { workerConcurrencyMax, workerNameCharsMax } from "./adapters/bullmq/limits.ts";

export interface WorkerOptions {
  /** `redis://HOST:PORT/DB`, or `rediss://` for TLS. */
  readonly redis: string;
  readonly keyFile?: string | undefined;
  readonly passwordFile?: string | undefined;
  /** The model server's address. */
  readonly backend: string;
  readonly model?: string | undefined;
  readonly apiKeyFile?: string | undefined;
  /** Jobs at once. */
  readonly concurrency: number;
  readonly name: string;
  readonly version: string;
  readonly log: Pick<LogOptions, "target" | "format" | "terminal">;
}

export interface RunningWorker extends AsyncDisposable {
  /** Takes nothing more, lets what is under way end for `graceMs`, and hands the rest back to the node. */
  stop(graceMs: number): Promise<void>;
}

/** Between two lines of the log that say how the worker is. */
const healthEveryMs = 60_000;

/**
 * Starts a worker: it takes jobs from Redis and has its own model server answer them. Neither needs to be there yet.
 * Throws `WorkersError`, `BackendError` or `SecretError` for an address or a file that cannot be used.
 */
export async function startWorker(options: WorkerOptions): Promise<RunningWorker> {
  await using stack = new AsyncDisposableStack();
  const { redis, keyFile, passwordFile, name, concurrency } = options;
  const access = openAccess({ url: redis, keyFile, passwordFile });
  const log = stack.use(createLog(options.log));
  const backend = stack.use(
    openBackend({
      name,
      url: options.backend,
      concurrency,
      ...(options.model === undefined ? {} : { model: options.model }),
      ...(options.apiKeyFile === undefined ? {} : { apiKey: Secret.fromFile(options.apiKeyFile) }),
    }),
  );
  backend.onHealthChange(({ status, detail }) =>
    log[status === "degraded" ? "warn" : "info"]("the model server's state changed", {
      status,
      detail,
    }),
  );
  await backend.start?.();
  const jobs = stack.use(new InProcessJobs(backend, options.version));
  const taker = stack.use(new JobTaker({ access, jobs, name, concurrency, log }));
  taker.start();
  log.info("the worker is ready for jobs", { name, concurrency, redis: access.address });
  const timer = setInterval(() => {
    const { status } = backend.health();
    const redisAnswers = taker.isConnected;
    log.info("health", { redisAnswers, modelServer: status, running: taker.running });
  }, healthEveryMs);
  stack.defer(() => clearInterval(timer));
  const opened = stack.move();
  return {
    stop: (graceMs) => taker.stop(graceMs),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}
