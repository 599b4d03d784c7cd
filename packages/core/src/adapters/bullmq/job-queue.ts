import { Queue } from "bullmq";
import { keepExpiring } from "./expiry.ts";
import { eventsMax, keepMs } from "./limits.ts";
import type { RedisLink } from "./redis-link.ts";
import { keys, queueName } from "./wire.ts";

const sweepEveryMs = 60_000;

/** Where the node puts jobs: BullMQ's queue, and what keeps it from remembering anything for long. */
export class JobQueue {
  readonly #link: RedisLink;
  readonly #queue: Queue;
  readonly #jobMs: number;
  #sweptMs = Number.NEGATIVE_INFINITY;

  /** `jobMs`: how long a job may take. Construction connects to nothing: `link` does that. */
  constructor(link: RedisLink, { jobMs }: { readonly jobMs: number }) {
    this.#link = link;
    this.#jobMs = jobMs;
    this.#queue = new Queue(queueName, {
      connection: link.commands,
      prefix: keys.queuePrefix,
      skipVersionCheck: true,
      skipWaitingForReady: true,
      streams: { events: { maxLen: eventsMax } },
    });
    // A fault of Redis shows in the command that fails by it.
    this.#queue.on("error", () => undefined);
  }

  /** Rejects when Redis does not take it, or does not say so. */
  async add(name: string, sealed: string): Promise<void> {
    // Its removal is the worker's sign that it is over; a second attempt is the node's to decide.
    const options = { jobId: name, attempts: 1, removeOnComplete: true, removeOnFail: true };
    await this.#link.answer(this.#queue.add("chat", { sealed }, options));
    await this.#link.answer(this.#link.commands.pexpire(keys.job(name), this.#jobMs + keepMs));
  }

  /** Whether Redis knows the job; `undefined` when it does not answer. */
  async has(name: string): Promise<boolean | undefined> {
    try {
      return (await this.#link.answer(this.#link.commands.exists(keys.job(name)))) === 1;
    } catch {
      return undefined;
    }
  }

  /** Takes it out, unless a worker has it or Redis is away: nobody listens to it any more in any case. */
  remove(name: string): void {
    this.#queue.remove(name).catch(() => undefined);
  }

  /** Sees to it, once a minute, that everything expires. */
  sweep(nowMs: number): void {
    if (nowMs - this.#sweptMs < sweepEveryMs) return;
    this.#sweptMs = nowMs;
    // The next sweep does what this one could not.
    keepExpiring(this.#link.commands, this.#jobMs).catch(() => undefined);
  }

  async close(): Promise<void> {
    await this.#link.answer(this.#queue.close()).catch(() => undefined);
  }
}
