import { randomBytes } from "node:crypto";
import { Flight } from "../../domain/jobs/flight.ts";
import { ShownText } from "../../domain/jobs/shown-text.ts";
import type { BackendHealth, ChatOutcome, WorkerState } from "../../ports/backend.ts";
import type { JobHandle, Jobs, ModelCall } from "../../ports/jobs.ts";
import { JobQueue } from "./job-queue.ts";
import { failed, jobWords } from "./job-words.ts";
import { KnownWorkers, takesJobs, workersHealth } from "./known-workers.ts";
import { jobBytesMax, jobsMax, type JobTimes, jobTimesDefault, lossesMax } from "./limits.ts";
import type { OpenedAccess } from "./redis-address.ts";
import { RedisLink } from "./redis-link.ts";
import {
  BeatMessage,
  contexts,
  type ControlMessage,
  jobName,
  keys,
  parseJobName,
  ReplyMessage,
} from "./wire.ts";

export interface BullMqJobsOptions {
  readonly access: OpenedAccess;
  /** Milliseconds a worker gives one call at most. */
  readonly budgetMs: number;
  readonly times?: Partial<JobTimes>;
}

interface Underway {
  readonly flight: Flight;
  readonly call: ModelCall;
  readonly shown: ShownText;
  readonly onDelta: ((text: string) => void) | undefined;
  readonly settle: (outcome: ChatOutcome) => void;
}

/** One issue of a job, as it goes to Redis. */
interface Issue {
  readonly name: string;
  readonly sealed: string;
  readonly fence: number;
}

/** Slots while no worker is there: those who ask meanwhile wait beside each other, and are told beside each other. */
const capacityWithoutWorkers = 8;

/**
 * Jobs for workers on other machines, handed out by BullMQ on Redis. Redis is a means of transport and of waking:
 * what is under way is remembered here, by `Flight`, and issued again whenever Redis or a worker forgets it.
 * Construction connects to nothing; `start` does.
 */
export class BullMqJobs implements Jobs {
  readonly #node = randomBytes(8).toString("hex");
  readonly #access: OpenedAccess;
  readonly #budgetMs: number;
  readonly #times: JobTimes;
  readonly #link: RedisLink;
  readonly #queue: JobQueue;
  readonly #workers: KnownWorkers;
  readonly #underway = new Map<number, Underway>();
  readonly #listeners = new Set<(health: BackendHealth) => void>();
  #issued = 0;
  #isReachable = false;
  /** Since when Redis could carry signs of life. */
  #steadyMs = 0;
  /** Since when nobody can take a job; `undefined` while somebody can. */
  #helplessMs: number | undefined = performance.now();
  #health: BackendHealth;
  #capacity = 0;
  #looking: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(options: BullMqJobsOptions) {
    this.#access = options.access;
    this.#budgetMs = options.budgetMs;
    this.#times = { ...jobTimesDefault, ...options.times };
    this.#workers = new KnownWorkers(this.#times.leaseMs);
    const detail = `Redis at ${options.access.address} was not asked yet`;
    this.#health = { status: "unknown", detail, sinceMs: Date.now() };
    this.#link = new RedisLink({
      redis: options.access.redis,
      commandMs: this.#times.commandMs,
      channel: keys.beats,
      stream: keys.replies(this.#node),
      onMessage: (text) => this.#hearBeat(text),
      onEntry: (fields) => this.#hearReply(fields),
      onSteady: () => this.#onSteady(),
    });
    this.#queue = new JobQueue(this.#link, { jobMs: options.budgetMs });
  }

  start(): void {
    this.#link.start();
    this.#timer = setInterval(() => this.#look(), this.#times.beatMs);
  }

  get capacity(): number {
    const takers = this.workers().filter(takesJobs);
    if (takers.length === 0) return capacityWithoutWorkers;
    return takers.reduce((sum, { concurrency }) => sum + concurrency, 0);
  }

  issue(call: ModelCall, onDelta?: (text: string) => void): JobHandle {
    const { promise, resolve } = Promise.withResolvers<ChatOutcome>();
    this.#issued += 1;
    const flight = new Flight(this.#issued, performance.now());
    const job = { flight, call, shown: new ShownText(), onDelta, settle: resolve };
    if (this.#isClosed) this.#settle(job, failed("cancelled", jobWords.cancelled));
    else if (this.#underway.size >= jobsMax)
      this.#settle(job, failed("unavailable", jobWords.tooMany));
    else {
      this.#underway.set(flight.number, job);
      this.#send(job);
    }
    return { outcome: promise, cancel: () => this.#cancel(job) };
  }

  workers(): readonly WorkerState[] {
    return this.#workers.states();
  }

  health(): BackendHealth {
    return this.#health;
  }

  onChange(listener: (health: BackendHealth) => void): void {
    this.#listeners.add(listener);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#timer);
    this.#listeners.clear();
    for (const job of this.#underway.values()) this.#cancel(job);
    await this.#looking;
    // Nobody works any more for a node that says it is gone.
    await this.#link.answer(this.#link.commands.del(keys.node(this.#node))).catch(() => undefined);
    await this.#queue.close();
    await this.#link[Symbol.asyncDispose]();
  }

  #name({ number, fence }: Flight): string {
    return jobName({ node: this.#node, number, fence });
  }

  /** Hands a job to Redis; where that fails it stays unsent, and the next look tries again. */
  #send(job: Underway): void {
    if (!this.#isReachable) return;
    const { flight, call } = job;
    const { fence } = flight;
    const name = this.#name(flight);
    const isStreamed = job.onDelta !== undefined;
    const message = { call, isStreamed, budgetMs: this.#budgetMs };
    const sealed = this.#access.seal.seal(contexts.job(name), message);
    if (sealed.length > jobBytesMax) {
      this.#settle(job, failed("refused", jobWords.tooLarge));
      return;
    }
    flight.state = { kind: "sending" };
    void this.#add(job, { name, sealed, fence });
  }

  async #add({ flight }: Underway, issue: Issue): Promise<void> {
    const { name, sealed, fence } = issue;
    try {
      await this.#queue.add(name, sealed);
    } catch {
      // It may lie in Redis all the same: under its fence it is heard, or it is issued again under the next.
    }
    if (flight.fence === fence && flight.state.kind === "sending")
      flight.state = { kind: "queued", missingMs: undefined, ignoredMs: undefined };
  }

  #onSteady(): void {
    this.#steadyMs = performance.now();
    this.#tell({ kind: "who" });
    this.#look();
  }

  /** One look at everything under way at a time. It never rejects. */
  #look(): void {
    if (this.#isClosed) return;
    this.#looking ??= this.#lookOnce().finally(() => {
      this.#looking = undefined;
    });
  }

  async #lookOnce(): Promise<void> {
    this.#isReachable = await this.#sayAlive();
    if (this.#isClosed) return;
    const nowMs = performance.now();
    if (this.#isReachable) {
      // Silence counts only while there is a connection to be heard through.
      if (nowMs - this.#steadyMs >= this.#times.leaseMs) this.#workers.forgetSilent(nowMs);
      await this.#lookAtJobs(nowMs);
      this.#queue.sweep(nowMs);
    }
    this.#judge(nowMs);
    this.#endHelpless(nowMs);
  }

  async #sayAlive(): Promise<boolean> {
    try {
      if (!(await this.#link.check())) return false;
      const { nodeMs } = this.#times;
      await this.#link.answer(this.#link.commands.set(keys.node(this.#node), "", "PX", nodeMs));
      return true;
    } catch {
      return false;
    }
  }

  async #lookAtJobs(nowMs: number): Promise<void> {
    for (const job of this.#underway.values()) {
      const { state } = job.flight;
      if (state.kind === "unsent") this.#send(job);
      if (state.kind === "running") {
        const heardMs = Math.max(state.heardMs, this.#steadyMs);
        if (nowMs - heardMs >= this.#times.leaseMs) this.#again(job, true);
      }
    }
    const queued = [...this.#underway.values()].filter(
      ({ flight }) => flight.state.kind === "queued",
    );
    await Promise.all(queued.map((job) => this.#lookForQueued(job)));
  }

  async #lookForQueued(job: Underway): Promise<void> {
    const { flight } = job;
    const { fence } = flight;
    const isThere = await this.#queue.has(this.#name(flight));
    const { state } = flight;
    if (isThere === undefined || state.kind !== "queued" || flight.fence !== fence) return;
    const nowMs = performance.now();
    const missingMs = isThere ? undefined : (state.missingMs ?? nowMs);
    const isRoom = this.workers().some(
      (each) => takesJobs(each) && each.running < each.concurrency,
    );
    const ignoredMs = isRoom ? (state.ignoredMs ?? nowMs) : undefined;
    flight.state = { kind: "queued", missingMs, ignoredMs };
    const { leaseMs } = this.#times;
    const lasts = (sinceMs: number | undefined, ms: number): boolean =>
      sinceMs !== undefined && nowMs - sinceMs >= ms;
    // A worker that took the job and ended it at once is heard of within that time. One that died while it took the job
    // may leave it where no other looks.
    if (lasts(missingMs, leaseMs / 2) || lasts(ignoredMs, leaseMs)) this.#again(job, false);
  }

  /** Gives up a run of the job and issues it under the next fence. */
  #again(job: Underway, isLoss: boolean): void {
    const { flight } = job;
    this.#drop([this.#name(flight)]);
    flight.again(isLoss);
    job.shown.again();
    if (flight.losses >= lossesMax)
      this.#settle(job, failed("unavailable", jobWords.lostTooOften, job.shown.isBegun));
    else this.#send(job);
  }

  #hearReply(fields: ReadonlyMap<string, string>): void {
    const text = fields.get("job") ?? "";
    const number = Number(fields.get("number"));
    const name = parseJobName(text);
    const job = name === undefined ? undefined : this.#underway.get(name.number);
    if (job === undefined || name?.node !== this.#node || name.fence !== job.flight.fence) return;
    const found = this.#access.seal.open(contexts.reply(text, number), fields.get("sealed") ?? "");
    const reply = ReplyMessage.safeParse(found);
    if (!reply.success) return;
    const place = job.flight.hear(number);
    if (place === "old") return;
    if (place === "gap") job.shown.break();
    this.#heed(job, reply.data);
  }

  #heed(job: Underway, reply: ReplyMessage): void {
    const { flight } = job;
    switch (reply.kind) {
      case "began":
        flight.state = { kind: "running", worker: reply.worker, heardMs: performance.now() };
        return;
      case "delta": {
        const fresh = job.shown.add(reply.text);
        if (fresh !== "") job.onDelta?.(fresh);
        return;
      }
      case "returned":
        this.#again(job, false);
        return;
      case "outcome":
        this.#heedOutcome(job, reply.outcome);
    }
  }

  /** A worker whose model server cannot be reached does not speak for the others. */
  #heedOutcome(job: Underway, outcome: ChatOutcome): void {
    const { state } = job.flight;
    const isForOthers =
      outcome.kind === "failed" &&
      outcome.reason === "unavailable" &&
      this.#workers.hasTakerBeside(state.kind === "running" ? state.worker : "") &&
      job.flight.losses + 1 < lossesMax;
    if (isForOthers) this.#again(job, true);
    else this.#settle(job, outcome);
  }

  #hearBeat(text: string): void {
    const nowMs = performance.now();
    const found = this.#access.seal.open(contexts.beat, text);
    const beat = BeatMessage.safeParse(found);
    if (!beat.success) {
      this.#workers.hearStranger(nowMs);
      return;
    }
    if (!this.#workers.hear(beat.data, nowMs)) return;
    const stale = beat.data.running.filter((name) => !this.#hearRunning(name, beat.data.worker));
    this.#drop(stale);
    this.#judge(nowMs);
  }

  /** A worker says that it works on this; false when it should not. */
  #hearRunning(text: string, worker: string): boolean {
    const name = parseJobName(text);
    if (name?.node !== this.#node) return true;
    const flight = this.#underway.get(name.number)?.flight;
    if (flight?.fence !== name.fence) return false;
    flight.state = { kind: "running", worker, heardMs: performance.now() };
    return true;
  }

  #cancel(job: Underway): void {
    if (job.flight.state.kind === "done") return;
    const name = this.#name(job.flight);
    this.#settle(job, failed("cancelled", jobWords.cancelled, job.shown.isBegun));
    this.#drop([name]);
  }

  /** Nobody waits for these any more. Where that is not heard, the worker's next sign of life shows it. */
  #drop(names: readonly string[]): void {
    if (names.length === 0) return;
    this.#tell({ kind: "cancel", jobs: [...names] });
    if (!this.#isReachable) return;
    for (const name of names) this.#queue.remove(name);
  }

  #tell(message: ControlMessage): void {
    const sealed = this.#access.seal.seal(contexts.control, message);
    this.#link.commands.publish(keys.control, sealed).catch(() => undefined);
  }

  #settle(job: Underway, outcome: ChatOutcome): void {
    if (job.flight.state.kind === "done") return;
    job.flight.state = { kind: "done" };
    this.#underway.delete(job.flight.number);
    const { isBegun } = job.shown;
    job.settle(outcome.kind === "failed" ? { ...outcome, started: isBegun } : outcome);
  }

  /** Whoever waits for a worker, or for Redis, is not left waiting for ever. */
  #endHelpless(nowMs: number): void {
    if (this.#helplessMs === undefined) return;
    const words = this.#isReachable ? jobWords.noWorker : jobWords.noRedis;
    for (const job of this.#underway.values()) {
      const { patience = "retries" } = job.call;
      // Who has others to ask waits only as long as it takes to be sure.
      const waitMs = patience === "retries" ? this.#times.waitMs : this.#times.leaseMs;
      const sinceMs = Math.max(this.#helplessMs, job.flight.issuedMs);
      if (nowMs - sinceMs < waitMs) continue;
      this.#drop([this.#name(job.flight)]);
      this.#settle(job, failed("unavailable", words));
    }
  }

  #judge(nowMs: number): void {
    const takers = this.workers().filter(takesJobs);
    const isHelpless = !this.#isReachable || takers.length === 0;
    this.#helplessMs = isHelpless ? (this.#helplessMs ?? nowMs) : undefined;
    const { capacity } = this;
    // Workers that are there answer the first call within a beat.
    const isSettled = this.#steadyMs > 0 && nowMs - this.#steadyMs >= this.#times.beatMs * 2;
    const hasStranger = this.#workers.hasStranger(nowMs);
    const { address } = this.#access;
    const verdict =
      this.#isReachable && takers.length === 0 && !isSettled
        ? this.#health
        : workersHealth({
            address,
            isReachable: this.#isReachable,
            workers: this.workers(),
            hasStranger,
          });
    const { status, detail } = verdict;
    const { status: before, detail: told, sinceMs } = this.#health;
    if (status === before && detail === told && capacity === this.#capacity) return;
    this.#capacity = capacity;
    this.#health = { status, detail, sinceMs: status === before ? sinceMs : Date.now() };
    for (const listener of this.#listeners) listener(this.#health);
  }
}
