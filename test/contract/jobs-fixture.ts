import {
  startOpenAiEmulator,
  type OpenAiEmulator,
  type OpenAiEmulatorOptions,
} from "@adyton/emulators";
import { createLog } from "@adyton/runtime/log";
import { randomBytes } from "node:crypto";
import { openSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { JobTaker } from "../../packages/core/src/adapters/bullmq/job-taker.ts";
import { BullMqJobs } from "../../packages/core/src/adapters/bullmq/jobs.ts";
import type { JobTimes } from "../../packages/core/src/adapters/bullmq/limits.ts";
import {
  openAccess,
  type OpenedAccess,
} from "../../packages/core/src/adapters/bullmq/redis-address.ts";
import { InProcessJobs } from "../../packages/core/src/adapters/in-process/jobs.ts";
import type { ChatOutcome } from "../../packages/core/src/ports/backend.ts";
import type { Jobs } from "../../packages/core/src/ports/jobs.ts";
import { until } from "../e2e/node-process.ts";
import { RedisProcess } from "../e2e/redis-process.ts";
import { open } from "./backend-fixture.ts";

export const quickTimes: Partial<JobTimes> = {
  beatMs: 50,
  leaseMs: 400,
  waitMs: 1_500,
  nodeMs: 1_000,
  commandMs: 1_000,
};

export const question = [{ role: "user", content: "Что нового? What is new?" }] as const;
export const answer = "Один два три. One two three four five six seven.";
export const silentLog = createLog({
  target: { kind: "descriptor", descriptor: openSync("/dev/null", "w") },
});

export type Opened = AsyncDisposable & { readonly jobs: Jobs; readonly emulator: OpenAiEmulator };
export type OpenJobs = (options?: {
  readonly emulator?: OpenAiEmulatorOptions;
  readonly concurrency?: number;
}) => Promise<Opened>;

/** A worker with a model server of its own, in this process. */
export async function startTaker(
  access: OpenedAccess,
  {
    emulator: given,
    concurrency = 4,
    name = "worker",
  }: { emulator: OpenAiEmulator; concurrency?: number; name?: string },
) {
  await using stack = new AsyncDisposableStack();
  const backend = stack.use(open(given.url, { name, concurrency }));
  await backend.start?.();
  const jobs = stack.use(new InProcessJobs(backend, "test"));
  const options = { access, jobs, name, concurrency, log: silentLog, times: quickTimes };
  const taker = stack.use(new JobTaker(options));
  taker.start();
  const opened = stack.move();
  return { taker, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

export const openInProcess: OpenJobs = async ({ emulator: options, concurrency = 4 } = {}) => {
  await using stack = new AsyncDisposableStack();
  const emulator = stack.use(await startOpenAiEmulator({ rules: [{ reply: answer }], ...options }));
  const backend = stack.use(open(emulator.url, { name: "here", concurrency }));
  await backend.start?.();
  emulator.clear();
  const jobs = stack.use(new InProcessJobs(backend, "test"));
  const opened = stack.move();
  return { jobs, emulator, [Symbol.asyncDispose]: () => opened.disposeAsync() };
};

export const openOverRedis: OpenJobs = async ({ emulator: options, concurrency = 4 } = {}) => {
  await using stack = new AsyncDisposableStack();
  const redis = stack.use(await RedisProcess.start());
  const access = accessTo(redis, { key: true });
  const emulator = stack.use(await startOpenAiEmulator({ rules: [{ reply: answer }], ...options }));
  const jobs = stack.use(openJobs(access));
  stack.use(await startTaker(access, { emulator, concurrency }));
  await until("a worker is there", () => jobs.health().status === "ok");
  emulator.clear();
  const opened = stack.move();
  return { jobs, emulator, [Symbol.asyncDispose]: () => opened.disposeAsync() };
};

export function openJobs(access: OpenedAccess, times: Partial<JobTimes> = {}): BullMqJobs {
  const jobs = new BullMqJobs({ access, budgetMs: 20_000, times: { ...quickTimes, ...times } });
  jobs.start();
  return jobs;
}

export function accessTo(redis: RedisProcess, { key }: { readonly key: boolean }): OpenedAccess {
  return openAccess({ url: redis.url, ...(key ? { keyFile: makeKey(redis.folder) } : {}) });
}

export function makeKey(folder: string): string {
  const file = join(folder, `${randomBytes(4).toString("hex")}.key`);
  writeFileSync(file, `${randomBytes(32).toString("hex")}\n`, { mode: 0o600 });
  return file;
}

export async function run(jobs: Jobs, isStreamed = true) {
  const pieces: string[] = [];
  const handle = jobs.issue(
    { messages: question },
    isStreamed ? (text) => void pieces.push(text) : undefined,
  );
  const outcome: ChatOutcome = await handle.outcome;
  return { outcome, pieces, shown: pieces.join("") };
}
