import { randomBytes } from "node:crypto";
import { type Job, Worker } from "bullmq";
import type * as z from "zod";
import type { Log } from "@adyton/runtime/log";
import type { ChatOutcome } from "../../ports/backend.ts";
import type { JobHandle, Jobs } from "../../ports/jobs.ts";
import { jobWords } from "./job-words.ts";
import { type JobTimes, jobTimesDefault, lockMs, stalledCheckMs } from "./limits.ts";
import type { OpenedAccess } from "./redis-address.ts";
import { RedisLink } from "./redis-link.ts";
import { ReplyWriter } from "./reply-writer.ts";
import {
  type BeatMessage,
  contexts,
  ControlMessage,
  JobMessage,
  keys,
  parseJobName,
  queueName,
  type ReplyMessage,
  Sealed,
} from "./wire.ts";

export interface JobTakerOptions {
  readonly access: OpenedAccess;
  /** Where the work is done: this process's own model server. */
  readonly jobs: Jobs;
  readonly name: string;
  readonly concurrency: number;
  readonly log: Log;
  readonly times?: Partial<JobTimes>;
}

interface Running {
  readonly node: string;
  readonly handle: JobHandle;
  readonly replies: ReplyWriter;
  /** Why it ends before its answer. */
  stopped: "returned" | "over_budget" | undefined;
  /** Looks in a row that found no sign of its node. */
  missed: number;
  readonly ended: Promise<void>;
}

/** Looks that find no sign of a node before it is taken for dead: after a restart of Redis it first has to speak again. */
const nodeMissesMax = 5;
/** A worker that cannot read what it is given leaves it to others for so long. */
const strangerPauseMs = 30_000;

/**
 * A worker's side: takes jobs from BullMQ, has them done, and tells the node. It holds nothing that matters: should it
 * die, its signs of life end, and the node issues its jobs again. Should Redis die, it goes on working and tells the
 * outcome when Redis is back.
 */
export class JobTaker implements AsyncDisposable {
  readonly #id = randomBytes(8).toString("hex");
  readonly #options: JobTakerOptions;
  readonly #times: JobTimes;
  readonly #link: RedisLink;
  readonly #running = new Map<string, Running>();
  #worker: Worker<unknown, void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #beats = 0;
  #isStopping = false;
  #isUp = false;
  /** BullMQ is not asked for jobs; so it begins. */
  #isIdle = true;
  #wakeAtMs = 0;

  constructor(options: JobTakerOptions) {
    this.#options = options;
    this.#times = { ...jobTimesDefault, ...options.times };
    this.#link = new RedisLink({
      redis: options.access.redis,
      commandMs: this.#times.commandMs,
      channel: keys.control,
      onMessage: (text) => this.#heed(text),
      onSteady: () => this.#beat(),
    });
  }

  /** Jobs it works on. */
  get running(): number {
    return this.#running.size;
  }

  get isConnected(): boolean {
    return this.#isUp;
  }

  start(): void {
    const { access, concurrency, jobs } = this.#options;
    this.#worker = new Worker<unknown, void>(queueName, (job) => this.#take(job), {
      connection: access.redis,
      prefix: keys.queuePrefix,
      skipVersionCheck: true,
      autorun: false,
      concurrency,
      lockDuration: lockMs,
      stalledInterval: stalledCheckMs,
      // The node alone issues a job again, under another fence.
      maxStalledCount: 0,
      removeOnComplete: { count: 0 },
      removeOnFail: { count: 0 },
    });
    // It comes back by itself; whether it does is told by the signs of life.
    this.#worker.on("error", () => undefined);
    this.#link.start();
    jobs.onChange(() => this.#follow());
    this.#follow();
    this.#timer = setInterval(() => this.#look(), this.#times.beatMs);
  }

  /** Takes no more jobs, gives those under way `graceMs` to end, and hands the others back. */
  async stop(graceMs: number): Promise<void> {
    this.#isStopping = true;
    this.#beat();
    await this.#worker?.pause(true);
    const untilMs = performance.now() + graceMs;
    while (this.#running.size > 0 && performance.now() < untilMs) await this.#oneEnds(untilMs);
    for (const running of this.#running.values()) this.#end(running, "returned");
    // What Redis does not take now, the node notices by the silence.
    const lastMs = performance.now() + this.#times.commandMs;
    while (this.#running.size > 0 && performance.now() < lastMs) await this.#oneEnds(lastMs);
    for (const { replies } of this.#running.values()) replies.abandon();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    for (const { handle, replies } of this.#running.values()) {
      replies.abandon();
      handle.cancel();
    }
    // Forced: a Redis that is away must not keep the worker from ending.
    await this.#worker?.close(true).catch(() => undefined);
    await this.#link[Symbol.asyncDispose]();
  }

  async #oneEnds(untilMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, Math.max(0, untilMs - performance.now()));
    await Promise.race([promise, ...[...this.#running.values()].map(({ ended }) => ended)]);
    clearTimeout(timer);
  }

  /** One job of BullMQ's. It never rejects: what went wrong is for the node, not for BullMQ. */
  async #take(job: Job<unknown, void>): Promise<void> {
    const { access, log } = this.#options;
    const text = job.id ?? "";
    const name = parseJobName(text);
    if (name === undefined || !(await this.#isAlive(name.node))) return;
    const data = Sealed.safeParse(job.data);
    const message = JobMessage.safeParse(
      data.success ? access.seal.open(contexts.job(text), data.data.sealed) : undefined,
    );
    if (!message.success) {
      log.error("a job cannot be read: key_file or version is another than the node's", {
        job: text,
      });
      this.#wakeAtMs = performance.now() + strangerPauseMs;
      this.#follow();
      return;
    }
    const { node } = name;
    const replies = new ReplyWriter({ link: this.#link, seal: access.seal, job: text, node });
    if (this.#isStopping) await replies.end({ kind: "returned" });
    else await this.#run(text, { node, message: message.data, replies });
  }

  async #run(text: string, given: Given): Promise<void> {
    const { node, message, replies } = given;
    const { log, jobs } = this.#options;
    const startedMs = performance.now();
    const ending = Promise.withResolvers<void>();
    const handle = jobs.issue(
      message.call,
      message.isStreamed ? (piece) => replies.delta(piece) : undefined,
    );
    const running: Running = {
      node,
      handle,
      replies,
      stopped: undefined,
      missed: 0,
      ended: ending.promise,
    };
    this.#running.set(text, running);
    const budget = setTimeout(() => this.#end(running, "over_budget"), message.budgetMs);
    try {
      await replies.began(this.#id);
      const outcome = await handle.outcome;
      await replies.end(replyOf(running, outcome));
      const ms = Math.round(performance.now() - startedMs);
      const came = outcome.kind === "answered" ? outcome.finish : outcome.reason;
      log.info("a job ended", { job: text, came: replies.isAbandoned ? "abandoned" : came, ms });
    } finally {
      clearTimeout(budget);
      this.#running.delete(text);
      ending.resolve();
    }
  }

  #end(running: Running, stopped: "returned" | "over_budget"): void {
    running.stopped ??= stopped;
    running.handle.cancel();
  }

  #abandon(running: Running): void {
    running.replies.abandon();
    running.handle.cancel();
  }

  #heed(text: string): void {
    const found = this.#options.access.seal.open(contexts.control, text);
    const message = ControlMessage.safeParse(found);
    // Somebody with another key; the node shows it, because our signs of life are noise to it too.
    if (!message.success) return;
    if (message.data.kind === "who") this.#beat();
    else
      for (const name of message.data.jobs) {
        const running = this.#running.get(name);
        if (running !== undefined) this.#abandon(running);
      }
  }

  async #isAlive(node: string): Promise<boolean> {
    try {
      return (await this.#link.answer(this.#link.commands.exists(keys.node(node)))) === 1;
    } catch {
      // What cannot be asked is no proof of a death.
      return true;
    }
  }

  #look(): void {
    // It never rejects: what it asks Redis is caught where it is asked.
    void this.#link.check().then((isUp) => this.#onChecked(isUp));
    this.#follow();
  }

  #onChecked(isUp: boolean): void {
    if (isUp !== this.#isUp)
      this.#options.log[isUp ? "info" : "warn"](
        isUp ? "connected to Redis" : "Redis does not answer",
        { address: this.#options.access.address },
      );
    this.#isUp = isUp;
    if (!isUp) return;
    this.#beat();
    for (const running of this.#running.values()) void this.#lookForNode(running);
  }

  /** Works no longer for a node that died. */
  async #lookForNode(running: Running): Promise<void> {
    running.missed = (await this.#isAlive(running.node)) ? 0 : running.missed + 1;
    if (running.missed >= nodeMissesMax) this.#abandon(running);
  }

  /** Takes jobs while its model server works, and none while it does not: others may do better. */
  #follow(): void {
    const worker = this.#worker;
    if (worker === undefined) return;
    const { status } = this.#options.jobs.health();
    const isIdle = this.#isStopping || status === "degraded" || performance.now() < this.#wakeAtMs;
    if (isIdle === this.#isIdle) return;
    this.#isIdle = isIdle;
    if (isIdle) void worker.pause(true);
    else void worker.resume();
    this.#beat();
  }

  /** Says that it lives, and what it does. Nothing is kept of it; without a connection nobody hears it. */
  #beat(): void {
    const { access, jobs, name, concurrency } = this.#options;
    const [own] = jobs.workers();
    if (own === undefined) return;
    this.#beats += 1;
    const beat: BeatMessage = {
      worker: this.#id,
      name,
      software: own.software,
      number: this.#beats,
      status: this.#wakeAtMs > performance.now() ? "degraded" : own.status,
      stopping: this.#isStopping,
      model: own.model,
      contextTokens: own.contextTokens,
      concurrency,
      running: [...this.#running.keys()],
    };
    const sealed = access.seal.seal(contexts.beat, beat);
    this.#link.commands.publish(keys.beats, sealed).catch(() => undefined);
  }
}

interface Given {
  readonly node: string;
  readonly message: z.infer<typeof JobMessage>;
  readonly replies: ReplyWriter;
}

/** A call that was stopped here ended for a reason its own outcome does not know. */
function replyOf({ stopped }: Running, outcome: ChatOutcome): ReplyMessage {
  const isStopped =
    stopped !== undefined && outcome.kind === "failed" && outcome.reason === "cancelled";
  if (!isStopped) return { kind: "outcome", outcome };
  if (stopped === "returned") return { kind: "returned" };
  const { started } = outcome;
  const detail = jobWords.overBudget;
  return { kind: "outcome", outcome: { kind: "failed", reason: "timed_out", detail, started } };
}
