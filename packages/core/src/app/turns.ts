import {
  conversationQueueMax,
  type MessageAnswer,
  nodeQueueMax,
  principalQueueMax,
  problem,
} from "@adyton/protocol";
import type { DedupeKey, RecordGroup } from "../domain/journal/record.ts";
import type { ModeSpec } from "../domain/modes/mode-spec.ts";
import { type Modes, turnWallMs } from "../domain/modes/registry.ts";
import { ProblemError } from "../domain/problem-error.ts";
import { Lanes, type Turn } from "../domain/turns/lanes.ts";
import type { JournalPort, StatePort } from "../ports/journal.ts";
import type { AnsweringOptions, Produced } from "./answering.ts";
import { answerInMode } from "./controllers.ts";
import { mismatch } from "./idempotency.ts";
import { newRunId } from "./identifiers.ts";
import { Counters } from "./metrics.ts";
import { LiveRun, type RunEnd, type StopReason, type Submission } from "./live-run.ts";
import { NodeMode } from "./node-mode.ts";
import { problemWords } from "./problem-words.ts";
import { requireMode } from "./require-mode.ts";
import { RunTrace } from "./run-trace.ts";
import { isTooLarge, refusedByStorage, storageProblem } from "./storage-problem.ts";
import {
  busyProblem,
  endRecords,
  failed,
  receivedRecord,
  resumedRecord,
  stopEnd,
} from "./turn-records.ts";
import { UnrecordedRuns } from "./unrecorded-runs.ts";

export interface TurnsOptions extends AnsweringOptions {
  readonly journal: JournalPort;
  /** Milliseconds a turn may take from admission to answer. */
  readonly wallMs: number;
  readonly state: Pick<StatePort, "nodeMode">;
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

/**
 * Admits turns, runs them in their lanes, and records what came of them.
 *
 * Three things may end a run: its answer, a stop (`cancel`), and a failure. Whichever settles the end first wins; from
 * then on the run is `recording`, and nothing stops it any more. A turn's question is written together with its end,
 * unless it was written before: at once for a detached turn, after `writeReceivedAfterMs` for a long one. The two never
 * happen both, because settling the end disarms the timer.
 */
export class Turns {
  readonly #options: TurnsOptions;
  readonly #lanes: Lanes;
  readonly #live = new Map<string, LiveRun>();
  readonly #timers = new Map<string, readonly NodeJS.Timeout[]>();
  /** Runs that are over, and whose end could not be written. */
  readonly unrecorded = new UnrecordedRuns();
  readonly #executing = new Set<Promise<void>>();
  /** Turns since the start, by `answered` or the code of their problem. */
  readonly ended = new Counters();
  /** The mode where a conversation has none of its own. */
  readonly nodeMode: NodeMode;
  #stopping = false;

  constructor(options: TurnsOptions) {
    this.#options = options;
    this.nodeMode = new NodeMode(options);
    this.#lanes = new Lanes({
      conversationMax: conversationQueueMax,
      principalMax: principalQueueMax,
      nodeMax: nodeQueueMax,
    });
    // A server that heals, or is found, brings slots.
    options.backends.onChange(() => this.#pump());
  }

  get waiting(): number {
    return this.#lanes.waiting;
  }

  get running(): number {
    return this.#lanes.running;
  }

  /** Every mode there is. */
  get modes(): Modes {
    return this.#options.modes;
  }

  /** A run that is under way. */
  live(id: string): LiveRun | undefined {
    return this.#live.get(id);
  }

  /**
   * Admits a turn. Throws `ProblemError`: `busy` when a queue is full, `unknown_mode`, `stopping`, or the storage's
   * problem. A detached turn is on disk when its `received` resolves, and must not be acknowledged earlier.
   */
  submit(submission: Submission): LiveRun {
    if (this.#stopping) throw new ProblemError(problem("stopping"));
    const { conversations, journal, language } = this.#options;
    const refused = refusedByStorage(journal.storage, language);
    if (refused !== undefined) throw new ProblemError(refused);
    const key = conversations.key(submission.principal, submission.conversation);
    const policy = this.#modeOf(key, submission);
    const admittedMs = this.#options.now();
    const run = new LiveRun({
      id: newRunId(admittedMs),
      conversationKey: key,
      submission,
      admittedMs,
      policy,
      turnsBefore: conversations.turns(key),
      guard: this.#options.guard,
    });
    const admission = this.#lanes.enqueue(laneTurn(run));
    if (admission.kind === "busy")
      throw new ProblemError(busyProblem(admission.full, this.#options.language));
    run.ahead = admission.ahead;
    conversations.begin(key);
    if (submission.detached) run.received = this.#writeReceived(run);
    this.#take(run);
    return run;
  }

  /**
   * Takes up a detached turn that was running when the last process ended; its question is in the journal already, with
   * the mode it was admitted in. A node that stops leaves it to the next process.
   */
  resume(id: string, policy: ModeSpec, submission: Submission, receivedSeq: number): void {
    if (this.#stopping) return;
    const { conversations } = this.#options;
    const key = conversations.key(submission.principal, submission.conversation);
    // Counted already, itself included. With others of its conversation behind it this is the latest it can be.
    const turnsBefore = Math.max(0, conversations.turns(key) - 1);
    const admittedMs = this.#options.now();
    const run = new LiveRun({
      id,
      conversationKey: key,
      submission,
      admittedMs,
      policy,
      turnsBefore,
      guard: this.#options.guard,
    });
    run.received = Promise.resolve(receivedSeq);
    run.resumedFrom = receivedSeq;
    this.#lanes.readmit(laneTurn(run));
    conversations.beginAgain(key);
    this.#take(run);
  }

  /** Stops a run that waits or runs. False when its end is settled already. */
  cancel(run: LiveRun, reason: StopReason = "cancelled"): boolean {
    if (run.state === "recording" || run.state === "ended") return false;
    run.stop(reason);
    if (this.#lanes.remove(laneTurn(run)))
      this.#track(this.#conclude(run, stopEnd(run, this.#options.language)));
    return true;
  }

  /** The runs under way that a condition holds for. */
  underWay(holds: (run: LiveRun) => boolean): readonly LiveRun[] {
    return [...this.#live.values()].filter((run) => run.state !== "ended" && holds(run));
  }

  /** The live runs of a conversation. */
  ofConversation(key: string): readonly LiveRun[] {
    return this.underWay((run) => run.conversationKey === key);
  }

  /**
   * Refuses new turns, lets the others end by themselves for `graceMs`, stops what is left, and waits until everything
   * is recorded. A detached turn that is cut off stays unfinished in the journal: the next process takes it up.
   */
  async drain(graceMs: number): Promise<void> {
    this.#stopping = true;
    const timer = setTimeout(() => {
      for (const run of this.#live.values()) this.cancel(run, "stopping");
    }, graceMs);
    while (this.#executing.size > 0 || this.#lanes.waiting > 0)
      await Promise.allSettled(this.#executing);
    clearTimeout(timer);
  }

  #take(run: LiveRun): void {
    this.#live.set(run.id, run);
    const wall = setTimeout(
      () => this.cancel(run, "budget"),
      turnWallMs(run.policy, this.#options.wallMs),
    );
    const write = setTimeout(() => {
      run.received ??= this.#writeReceived(run);
    }, writeReceivedAfterMs);
    this.#timers.set(run.id, [wall, write]);
    // The caller gets its run, and may start to watch it, before the first event.
    queueMicrotask(() => this.#pump());
  }

  #pump(): void {
    const slots = this.#options.backends.slots || slotsWithoutBackend;
    for (let turn = this.#lanes.next(slots); turn !== undefined; turn = this.#lanes.next(slots)) {
      const run = this.#live.get(turn.id) ?? raise("a lane holds a run that is not live");
      this.#track(this.#execute(run));
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
      run.signal.throwIfAborted();
      // A turn that kills the node is known by how often it was begun.
      const { resumedFrom: from } = run;
      if (from !== undefined) await this.#append({ records: [resumedRecord(run, from)] });
      run.started();
      const made = await run.unlessStopped(this.#produce(run));
      run.flush();
      // Whoever stopped it was told so, also when the answer came in the same moment.
      run.signal.throwIfAborted();
      end = { kind: "answered", answer: this.#answerOf(run, made) };
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

  /** The mode of a turn: asked for, the conversation's own, or the node's. Throws `ProblemError` as `requireMode` does. */
  #modeOf(key: string, { mode: asked, principal }: Submission): ModeSpec {
    const { modes, language, conversations } = this.#options;
    if (asked !== undefined) return requireMode(asked, { modes, language, tier: principal.tier });
    return conversations.mode(key).mode ?? this.nodeMode.defaultFor(principal.tier);
  }

  #produce(run: LiveRun): Promise<Produced> {
    const { journal } = this.#options;
    return answerInMode(this.#options, run, () => {
      // Steps stand behind their question.
      run.received ??= this.#writeReceived(run);
      return new RunTrace({ journal, run, received: run.received });
    });
  }

  #answerOf(run: LiveRun, made: Produced): MessageAnswer {
    return run.guard.seal({
      id: run.id,
      conversation: run.submission.conversation,
      mode: run.mode,
      ...made,
      ...(run.restarts > 0 ? { restarts: run.restarts } : {}),
      ms: Math.max(0, this.#options.now() - run.admittedMs),
    });
  }

  #failureOf(run: LiveRun, error: unknown): RunEnd {
    return run.stopReason === undefined
      ? this.#problemOf(run, error)
      : stopEnd(run, this.#options.language);
  }

  /** Records the end, then tells it: nobody hears of an answer that is not on disk. */
  async #conclude(run: LiveRun, end: RunEnd): Promise<void> {
    run.state = "recording";
    this.#timers.get(run.id)?.forEach((timer) => clearTimeout(timer));
    this.#timers.delete(run.id);
    let told: RunEnd;
    let isRecorded = true;
    try {
      told = await this.#recordFitting(run, end);
      if (told.kind === "answered") {
        const { conversationKey: key, submission, guard } = run;
        const { text, recursia } = told.answer;
        const spoken = recursia?.answer ?? text;
        this.#options.conversations.remember(key, submission.text, spoken, guard.taint);
      }
    } catch (error) {
      told = this.#problemOf(run, error);
      isRecorded = false;
    }
    this.#live.delete(run.id);
    this.#options.conversations.end(run.conversationKey, isRecorded);
    this.ended.add(told.kind === "answered" ? "answered" : told.problem.code);
    run.finish(told);
    if (!isRecorded) this.unrecorded.keep(run);
  }

  /**
   * Records the end, or in its place a failure when it does not fit a record: a turn without an end in the journal
   * would be executed again by the next process.
   */
  async #recordFitting(run: LiveRun, end: RunEnd): Promise<RunEnd> {
    try {
      await this.#record(run, end);
      return end;
    } catch (error) {
      if (!isTooLarge(error)) throw error;
      const detail = problemWords.answerTooLarge[this.#options.language];
      const refused = failed(run, problem("backend_invalid", { detail }));
      await this.#record(run, refused);
      return refused;
    }
  }

  async #record(run: LiveRun, end: RunEnd): Promise<void> {
    const { dedupe, detached } = run.submission;
    const cause = run.received === undefined ? ("first" as const) : await run.received;
    const answered = end.kind === "answered";
    // Unfinished in the journal: the next process takes it up.
    if (detached && !answered && run.stopReason === "stopping") return;
    const ending = endRecords(run, end, cause, this.#options.now());
    await this.#append({
      records: cause === "first" ? [receivedRecord(run), ...ending] : ending,
      // A failed request leaves its key free: the client may try again under it.
      dedupe: cause === "first" && answered ? keyToClaim(run) : undefined,
      resultOf: answered ? dedupe?.key : undefined,
    });
  }

  #writeReceived(run: LiveRun): Promise<number> {
    const received = this.#append({ records: [receivedRecord(run)], dedupe: keyToClaim(run) });
    // Whoever needs it awaits it; a failure is told by the run's end.
    received.catch(() => this.cancel(run, "unwritten"));
    return received;
  }

  /** Appends and answers the last sequence number. Throws `ProblemError` when the key stands for another request. */
  async #append(group: RecordGroup): Promise<number> {
    const outcome = await this.#options.journal.append(group);
    if (outcome.kind === "appended") return outcome.lastSeq;
    if (!outcome.same) throw mismatch();
    throw new Error("a key was used twice although it was held");
  }

  /** The end of a run by an error. */
  #problemOf(run: LiveRun, error: unknown): RunEnd {
    if (error instanceof ProblemError) return failed(run, error.problem);
    const stored = storageProblem(error, this.#options.language);
    if (stored === undefined) this.#options.onUnexpected(error);
    return failed(run, stored ?? problem("internal"));
  }
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
