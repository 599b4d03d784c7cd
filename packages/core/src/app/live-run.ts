import {
  type Attachment,
  type MessageAnswer,
  type Problem,
  type Run,
  type RunStreamEvent,
  type TraceStep,
  traceStepsMax,
} from "@adyton/protocol";
import type { DedupeKey } from "../domain/journal/record.ts";
import type { ModeSpec } from "../domain/modes/mode-spec.ts";
import type { Principal } from "../ports/http.ts";
import type { ClientContext } from "./client-context.ts";
import { isExternal } from "../domain/external/taint.ts";
import { Guard, type GuardOptions } from "./guard.ts";

export type RunEnd =
  | { readonly kind: "answered"; readonly answer: MessageAnswer }
  | { readonly kind: "failed"; readonly problem: Problem };

/** Why a run was told to end before it had an answer. */
export type StopReason = "cancelled" | "budget" | "stopping" | "unwritten";

export interface Rethink {
  readonly run: string;
  readonly back: number;
  readonly depth?: "fast" | "deep" | undefined;
}

export interface Submission {
  readonly principal: Principal;
  /** The conversation's name, as the caller knows it. */
  readonly conversation: string;
  readonly text: string;
  /** The earlier message that this one answers to. */
  readonly quote?: string | undefined;
  /** Somebody else's words and pictures that the text is about. */
  readonly attachments?: readonly Attachment[] | undefined;
  readonly mode?: string | undefined;
  /** The names of the model servers that may answer; absent, all. */
  readonly servers?: ReadonlySet<string> | undefined;
  /** Present when the client keeps the history itself: the model is then told this and nothing of the node's. */
  readonly context?: ClientContext | undefined;
  /** Present when an answer is thought over again: whose, so many answers back, and how thoroughly. */
  readonly rethink?: Rethink | undefined;
  /** True: acknowledged before it is answered, so it survives its caller and a restart. */
  readonly detached: boolean;
  /** True: somebody watches the answer grow. */
  readonly watched: boolean;
  readonly dedupe?: DedupeKey | undefined;
  /** True: an earlier attempt under this key is in the journal, without an answer. */
  readonly keyClaimed?: boolean | undefined;
}

/** Which model server answered, and what it took to get there. */
export interface ServedBy {
  readonly backend: string;
  /** How often the question was put again after a server had failed. */
  readonly failovers: number;
  /** Milliseconds that the answer stood still for it. */
  readonly stalledMs: number;
}

/** `at` is the event's place in the stream: see `placeOf`. */
export type RunWatcher = (event: RunStreamEvent, at: number) => void;

interface RunStart {
  readonly id: string;
  readonly conversationKey: string;
  readonly submission: Submission;
  readonly admittedMs: number;
  /** Settled when the turn is admitted: what holds when a message is sent holds for its answer. */
  readonly policy: ModeSpec;
  /** Turns of the conversation before this one; lifetimes are counted in them. */
  readonly turnsBefore: number;
  readonly guard: GuardOptions;
}

/**
 * A run while it is in memory: its end, the text so far, and who watches.
 *
 * `waiting` in its lane, `running`, `recording` once its end is settled and on its way to disk (it cannot be stopped
 * any more), `ended` when the end is told.
 */
export class LiveRun {
  readonly id: string;
  readonly conversationKey: string;
  readonly submission: Submission;
  readonly admittedMs: number;
  readonly policy: ModeSpec;
  readonly turnsBefore: number;
  /** What it has read of other people's words. */
  readonly guard: Guard;
  readonly end: Promise<RunEnd>;
  /** Set once the question has been handed to the journal: the record's sequence number, when it is on disk. */
  received: Promise<number> | undefined;
  /** Of a run that an earlier process did not end: its question's record. */
  resumedFrom: number | undefined;
  /** Turns of the conversation that came before this one and were not over when it was admitted. */
  ahead = 0;
  /** What its single calls of the model took so far, of a mode that makes several. */
  readonly spent = { promptTokens: 0, completionTokens: 0 };
  /** Known when a model server was asked and had its say. */
  servedBy: ServedBy | undefined;
  state: "waiting" | "running" | "recording" | "ended" = "waiting";
  readonly #abort = new AbortController();
  readonly #settle: (end: RunEnd) => void;
  readonly #watchers = new Set<RunWatcher>();
  readonly #steps: TraceStep[] = [];
  #text = "";
  #restarts = 0;
  /** The first half of a surrogate pair whose second half has not come yet. */
  #half = "";
  #stopReason: StopReason | undefined;
  #ended: RunEnd | undefined;

  constructor(start: RunStart) {
    this.id = start.id;
    this.conversationKey = start.conversationKey;
    this.submission = start.submission;
    this.admittedMs = start.admittedMs;
    this.policy = start.policy;
    this.turnsBefore = start.turnsBefore;
    this.guard = new Guard(start.guard, start.submission.text);
    const { principal, context } = start.submission;
    if (isExternal(principal.tier))
      this.guard.read([{ source: principal.id, tier: principal.tier }]);
    if (context !== undefined) this.guard.readSent(context.messages);
    const { promise, resolve } = Promise.withResolvers<RunEnd>();
    this.end = promise;
    this.#settle = resolve;
  }

  /** The name of its mode. */
  get mode(): string {
    return this.policy.id;
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  get stopReason(): StopReason | undefined {
    return this.#stopReason;
  }

  /** The answer so far. */
  get text(): string {
    return this.#text;
  }

  /** How often what had been shown was taken back, and the answer began anew. */
  get restarts(): number {
    return this.#restarts;
  }

  /** The steps taken so far, of a mode that takes several. */
  get steps(): readonly TraceStep[] {
    return this.#steps;
  }

  get finished(): RunEnd | undefined {
    return this.#ended;
  }

  get watched(): boolean {
    return this.submission.watched || this.#watchers.size > 0;
  }

  stop(reason: StopReason): void {
    this.#stopReason ??= reason;
    this.#abort.abort();
  }

  /** Ends with the run's stop, whether or not the work heeds it: a run that is told to stop never hangs. */
  async unlessStopped<T>(work: Promise<T>): Promise<T> {
    const { promise: stopped, reject } = Promise.withResolvers<never>();
    const onAbort = (): void => reject(new Error("the run was told to stop"));
    this.signal.addEventListener("abort", onAbort, { once: true });
    try {
      return await Promise.race([work, stopped]);
    } finally {
      this.signal.removeEventListener("abort", onAbort);
    }
  }

  started(): void {
    this.state = "running";
    this.#tell({ event: "started", data: { run: this.id, mode: this.mode } });
  }

  /**
   * Adds to the answer so far, as far as the guard shows it by now. A character is told whole, also when a model server
   * cuts it in two.
   */
  delta(piece: string): void {
    this.#show(this.guard.feed(piece));
  }

  /** Tells what the guard held back of the answer. */
  flush(): void {
    this.#show(this.guard.end());
  }

  #show(piece: string): void {
    const text = this.#half + piece;
    this.#half = /[\uD800-\uDBFF]$/.test(text) ? text.slice(-1) : "";
    const whole = this.#half === "" ? text : text.slice(0, -1);
    if (whole === "") return;
    this.#text += whole;
    this.#tell({ event: "delta", data: { text: whole } });
  }

  /** Tells a step. False, and nothing told, when there were as many as may be, or the run is over. */
  step(step: TraceStep): boolean {
    if (this.#steps.length >= traceStepsMax || this.#ended !== undefined) return false;
    this.#steps.push(step);
    this.#tell({ event: "trace", data: step });
    return true;
  }

  /** Takes back what was shown: the model server failed, and another begins anew. */
  restart(): void {
    this.#text = "";
    this.#half = "";
    this.guard.restart();
    this.#restarts += 1;
    this.#tell({ event: "restart", data: { run: this.id } });
  }

  finish(end: RunEnd): void {
    this.state = "ended";
    this.#ended = end;
    this.#tell(
      end.kind === "answered"
        ? { event: "answer", data: end.answer }
        : { event: "problem", data: end.problem },
    );
    this.#watchers.clear();
    this.#settle(end);
  }

  /** Calls the watcher with each event from now on. Returns how to stop. */
  watch(watcher: RunWatcher): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  #tell(event: RunStreamEvent): void {
    const at = placeOf(this.#restarts, this.#text.length);
    for (const watcher of this.#watchers) watcher(event, at);
  }
}

/** More than the UTF-16 units of any answer. */
const answerSpan = 10_000_000;

/**
 * A place in a run's stream as one number, its event id: how much of the answer was sent, in UTF-16 units, and which
 * answer of it, counted from 0, when a model server failed in the middle of one.
 */
export function placeOf(restarts: number, chars: number): number {
  return restarts * answerSpan + chars;
}

/** How much of the present answer was sent by a place; nothing when the place is in one that was taken back. */
export function sentChars(place: number, restarts: number): number {
  return Math.floor(place / answerSpan) === restarts ? place % answerSpan : 0;
}

/** A run as its caller sees it while it is in memory. */
export function describeLive(run: LiveRun): Run {
  const end = run.finished;
  const createdAt = new Date(run.admittedMs).toISOString();
  const base = {
    id: run.id,
    conversation: run.submission.conversation,
    mode: run.mode,
    createdAt,
  };
  if (end === undefined) return { ...base, status: run.state === "waiting" ? "queued" : "running" };
  if (end.kind === "answered") return { ...base, status: "answered", answer: end.answer };
  const { code } = end.problem;
  return {
    ...base,
    status: code === "cancelled" || code === "interrupted" ? code : "failed",
    problem: end.problem,
  };
}
