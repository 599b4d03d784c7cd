import {
  conversationQueueMax,
  type MessageAnswer,
  nodeQueueMax,
  principalQueueMax,
  problem,
} from "@adyton/protocol";
import type { DedupeKey, NewRecord, RecordGroup } from "../domain/journal/record.ts";
import { findMode, type ModeSpec, modes } from "../domain/modes/registry.ts";
import { ProblemError } from "../domain/problem-error.ts";
import { Lanes, type Turn } from "../domain/turns/lanes.ts";
import type { JournalPort } from "../ports/journal.ts";
import {
  answerByModel,
  answerExtractively,
  type AnsweringOptions,
  type Produced,
} from "./answering.ts";
import { newRunId } from "./identifiers.ts";
import { Counters } from "./metrics.ts";
import { LiveRun, type RunEnd, type StopReason, type Submission } from "./live-run.ts";
import { refusedByStorage, storageProblem } from "./storage-problem.ts";
import { busyProblem, endRecord, failed, receivedRecord, stopEnd } from "./turn-records.ts";

export interface TurnsOptions extends AnsweringOptions {
  readonly journal: JournalPort;
  /** Milliseconds a turn may take from admission to answer. */
  readonly wallMs: number;
  readonly now: () => number;
  /** An error nobody foresaw, for the log. */
  readonly onUnexpected: (error: unknown) => void;
}

/**
 * A turn that outlives this is written down at once, so that a crash leaves a trace of it. A shorter one shares a
 * single commit between question and answer.
 */
const writeReceivedAfterMs = 1_000;
/** Extractive turns need no model server; so many may run at once without one. */
const slotsWithoutBackend = 8;
/** Ended runs stay in memory so long, for those who follow them late. */
const endedKeepMs = 60_000;
const endedKeepMax = 1_000;

/** Admits turns, runs them in their lanes, and records what came of them. */
export class Turns implements AsyncDisposable {
  readonly #options: TurnsOptions;
  readonly #lanes: Lanes;
  readonly #live = new Map<string, LiveRun>();
  readonly #timers = new Map<string, readonly NodeJS.Timeout[]>();
  readonly #executing = new Set<Promise<void>>();
  /** Turns since the start, by `answered` or the code of their problem. */
  readonly ended = new Counters();
  #stopping = false;

  constructor(options: TurnsOptions) {
    this.#options = options;
    this.#lanes = new Lanes({
      conversationMax: conversationQueueMax,
      principalMax: principalQueueMax,
      nodeMax: nodeQueueMax,
    });
  }

  get waiting(): number {
    return this.#lanes.waiting;
  }

  get running(): number {
    return this.#lanes.running;
  }

  /** The node's mode where a conversation has none of its own. */
  get defaultMode(): ModeSpec {
    const id = this.#options.backend() === undefined ? "EXTRACTIVE" : "DIRECT";
    return findMode(id) ?? raise(`the registry lacks ${id}`);
  }

  live(id: string): LiveRun | undefined {
    return this.#live.get(id);
  }

  /**
   * Admits a turn. Throws `ProblemError`: `busy` when a queue is full, `unknown_mode`, `stopping`, or the storage's
   * problem. A detached turn is on disk when its `received` resolves, and must not be acknowledged earlier.
   */
  submit(submission: Submission): LiveRun {
    if (this.#stopping) throw new ProblemError(problem("stopping"));
    const refused = refusedByStorage(this.#options.journal.storage);
    if (refused !== undefined) throw new ProblemError(refused);
    if (submission.mode !== undefined) requireMode(submission.mode);
    const nowMs = this.#options.now();
    const key = this.#options.conversations.key(submission.principal, submission.conversation);
    const run = new LiveRun(newRunId(nowMs), key, submission, nowMs);
    this.#admit(run);
    if (submission.detached) this.#writeReceived(run);
    return run;
  }

  /** Takes up a detached turn that was running when the process ended; its question is in the journal already. */
  resume(id: string, submission: Submission, receivedSeq: number, attempt: number): LiveRun {
    const key = this.#options.conversations.key(submission.principal, submission.conversation);
    const run = new LiveRun(id, key, submission, this.#options.now());
    run.received = Promise.resolve(receivedSeq);
    run.attempt = attempt;
    this.#admit(run);
    return run;
  }

  /** Stops a run wherever it is. False when it has ended. */
  cancel(run: LiveRun, reason: StopReason = "cancelled"): boolean {
    if (run.state === "ended") return false;
    run.stop(reason);
    if (this.#lanes.remove(laneTurn(run))) this.#track(this.#conclude(run, stopEnd(run)));
    return true;
  }

  /** The live runs of a conversation. */
  ofConversation(key: string): readonly LiveRun[] {
    return [...this.#live.values()].filter(
      (run) => run.conversationKey === key && run.state !== "ended",
    );
  }

  /** Stops what runs, after `graceMs` for it to end by itself, and waits until everything is recorded. */
  async drain(graceMs: number): Promise<void> {
    this.#stopping = true;
    const timer = setTimeout(() => {
      for (const run of this.#live.values()) this.cancel(run, "stopping");
    }, graceMs);
    while (this.#executing.size > 0) await Promise.allSettled(this.#executing);
    clearTimeout(timer);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.drain(0);
    for (const timers of this.#timers.values()) timers.forEach((timer) => clearTimeout(timer));
  }

  #admit(run: LiveRun): void {
    const admission = this.#lanes.enqueue(laneTurn(run));
    if (admission.kind === "busy") throw new ProblemError(busyProblem(admission.full));
    run.ahead = admission.ahead;
    this.#live.set(run.id, run);
    const wall = setTimeout(() => this.cancel(run, "budget"), this.#options.wallMs);
    const write = setTimeout(() => {
      if (run.received === undefined) this.#writeReceived(run);
    }, writeReceivedAfterMs);
    this.#timers.set(run.id, [wall, write]);
    // The caller gets its run, and may start to watch it, before the first event.
    queueMicrotask(() => this.#pump());
  }

  #pump(): void {
    const slots = this.#options.backend()?.concurrency ?? slotsWithoutBackend;
    for (let turn = this.#lanes.next(slots); turn !== undefined; turn = this.#lanes.next(slots)) {
      const run = this.#live.get(turn.id);
      if (run === undefined) this.#lanes.finish(turn.id);
      else this.#track(this.#execute(run));
    }
  }

  #track(work: Promise<void>): void {
    const tracked = work
      .catch(this.#options.onUnexpected)
      .finally(() => this.#executing.delete(tracked));
    this.#executing.add(tracked);
  }

  async #execute(run: LiveRun): Promise<void> {
    let end: RunEnd;
    try {
      // What is acknowledged early is never run before it is on disk.
      if (run.submission.detached) await run.received;
      const mode = this.#modeOf(run);
      run.started(mode.id);
      const made = await this.#produce(mode, run);
      end = { kind: "answered", answer: this.#answerOf(run, mode, made) };
    } catch (error) {
      end = this.#failureOf(run, error);
    }
    this.#lanes.release(run.id);
    this.#pump();
    try {
      await this.#conclude(run, end);
    } finally {
      this.#lanes.finish(run.id);
      this.#pump();
    }
  }

  /** A run's mode is settled once, so that its record and its execution agree. */
  #modeOf(run: LiveRun): ModeSpec {
    const asked = run.mode === "" ? run.submission.mode : run.mode;
    const own =
      asked === undefined
        ? this.#options.conversations.mode(run.conversationKey).mode
        : requireMode(asked);
    const mode = own ?? this.defaultMode;
    run.mode = mode.id;
    return mode;
  }

  #produce(mode: ModeSpec, run: LiveRun): Promise<Produced> {
    const backend = this.#options.backend();
    if (mode.controller === "extractive") return answerExtractively(this.#options, run);
    if (backend === undefined) {
      const detail = `Mode ${mode.id} needs a model, and none is connected: adyton up --backend URL`;
      throw new ProblemError(problem("backend_unavailable", { detail }));
    }
    return answerByModel(this.#options, backend, run);
  }

  #answerOf(run: LiveRun, mode: ModeSpec, made: Produced): MessageAnswer {
    const ms = this.#options.now() - run.admittedMs;
    return { id: run.id, conversation: run.submission.conversation, mode: mode.id, ...made, ms };
  }

  #failureOf(run: LiveRun, error: unknown): RunEnd {
    if (run.stopReason !== undefined) return stopEnd(run);
    if (error instanceof ProblemError) return failed(run, error.problem);
    const stored = storageProblem(error);
    if (stored !== undefined) return failed(run, stored);
    this.#options.onUnexpected(error);
    return failed(run, problem("internal"));
  }

  /** Records the end, then tells it: nobody hears of an answer that is not on disk. */
  async #conclude(run: LiveRun, end: RunEnd): Promise<void> {
    let told = end;
    try {
      await this.#record(run, end);
      if (end.kind === "answered" && end.answer.answeredBy === "model") {
        this.#options.conversations.remember(
          run.conversationKey,
          run.submission.text,
          end.answer.text,
        );
      }
    } catch (error) {
      const stored = storageProblem(error);
      if (stored === undefined) this.#options.onUnexpected(error);
      told = failed(run, stored ?? problem("internal"));
    }
    this.#timers.get(run.id)?.forEach((timer) => clearTimeout(timer));
    this.#forgetLater(run);
    this.ended.add(told.kind === "answered" ? "answered" : told.problem.code);
    run.finish(told);
  }

  async #record(run: LiveRun, end: RunEnd): Promise<void> {
    const { dedupe } = run.submission;
    const cause = run.received === undefined ? ("first" as const) : await run.received;
    const records: NewRecord[] = [];
    if (cause === "first") records.push(receivedRecord(run, this.#modeOf(run).id));
    records.push(endRecord(run, end, cause, this.#options.now()));
    const answered = end.kind === "answered";
    const group: RecordGroup = {
      records,
      // A failed request leaves its key free: the client may try again under it.
      dedupe: cause === "first" && answered ? keyToClaim(run) : undefined,
      resultOf: answered ? dedupe?.key : undefined,
    };
    const outcome = await this.#options.journal.append(group);
    if (outcome.kind === "duplicate") throw new Error("a key was used twice although it was held");
  }

  #writeReceived(run: LiveRun): void {
    const group: RecordGroup = {
      records: [receivedRecord(run, this.#modeOf(run).id)],
      dedupe: keyToClaim(run),
    };
    run.received = this.#options.journal.append(group).then((outcome) => {
      if (outcome.kind === "appended") return outcome.lastSeq;
      throw new Error("a key was used twice although it was held");
    });
    // Whoever needs it awaits it; a failure is told by the run's end as well.
    run.received.catch(() => this.cancel(run, "stopping"));
  }

  #forgetLater(run: LiveRun): void {
    const timer = setTimeout(() => {
      this.#live.delete(run.id);
      this.#timers.delete(run.id);
    }, endedKeepMs).unref();
    this.#timers.set(run.id, [timer]);
    if (this.#live.size <= endedKeepMax + nodeQueueMax) return;
    for (const [id, other] of this.#live) {
      if (other.state !== "ended") continue;
      this.#live.delete(id);
      this.#timers.get(id)?.forEach((kept) => clearTimeout(kept));
      this.#timers.delete(id);
      return;
    }
  }
}

/** The mode of a name. Throws `ProblemError` with the modes that exist. */
export function requireMode(name: string): ModeSpec {
  const mode = findMode(name);
  if (mode !== undefined) return mode;
  const detail = `There is no mode ${JSON.stringify(name)}. Modes: ${modes.map((each) => each.id).join(", ")}.`;
  throw new ProblemError(problem("unknown_mode", { detail }));
}

/** The request's key, unless an earlier attempt under it has it in the journal already. */
function keyToClaim(run: LiveRun): DedupeKey | undefined {
  return run.submission.keyClaimed === true ? undefined : run.submission.dedupe;
}

function laneTurn(run: LiveRun): Turn {
  return { id: run.id, conversation: run.conversationKey, principal: run.submission.principal.id };
}

function raise(message: string): never {
  throw new Error(message);
}
