import { type Bilingual, type Problem, problem, type ProblemCode } from "@adyton/protocol";
import type { NewRecord } from "../domain/journal/record.ts";
import type { LiveRun, RunEnd, StopReason } from "./live-run.ts";
import { problemWords } from "./problem-words.ts";

function context(
  run: LiveRun,
): Pick<NewRecord, "owner" | "actor" | "tier" | "conversation" | "class"> {
  const { principal } = run.submission;
  return {
    owner: principal.person,
    actor: principal.id,
    tier: principal.tier,
    conversation: run.conversationKey,
    class: "message",
  };
}

/** The record of a question. */
export function receivedRecord(run: LiveRun): NewRecord {
  const { conversation, text, detached, mode: asked, context: sent, rethink } = run.submission;
  const { quote, attachments } = run.submission;
  return {
    ...context(run),
    origin: "node",
    type: "turn.received",
    facts: { run: run.id, mode: run.mode, detached },
    data: {
      conversation,
      text,
      ...(quote === undefined ? {} : { quote }),
      ...(attachments === undefined ? {} : { attachments }),
      ...(asked === undefined ? {} : { mode: asked }),
      ...(sent === undefined ? {} : { context: sent.noted }),
      ...(rethink === undefined ? {} : { rethink }),
    },
  };
}

/** The record that a turn which an earlier process did not end is begun again. */
export function resumedRecord(run: LiveRun, cause: number): NewRecord {
  const facts = { run: run.id };
  return { ...context(run), class: "record", origin: "node", type: "turn.resumed", facts, cause };
}

/** The records of an answer or a failure, which is the last of them. */
export function endRecords(
  run: LiveRun,
  end: RunEnd,
  cause: number | "first",
  nowMs: number,
): readonly NewRecord[] {
  return [...redactedRecords(run, end, cause), endRecord(run, end, cause, nowMs)];
}

function endRecord(run: LiveRun, end: RunEnd, cause: number | "first", nowMs: number): NewRecord {
  const ms = Math.max(0, Math.round(nowMs - run.admittedMs));
  const base = { ...context(run), origin: "node" as const, cause };
  if (end.kind === "failed") {
    const { code } = end.problem;
    const { spent } = run;
    const hasSpent = spent.promptTokens + spent.completionTokens > 0;
    const status = code === "cancelled" || code === "interrupted" ? code : "failed";
    return {
      ...base,
      type: "turn.failed",
      facts: { run: run.id, status, code, ms, ...(hasSpent ? spent : {}) },
      data: end.problem,
    };
  }
  const { answer } = end;
  return {
    ...base,
    type: "turn.answered",
    facts: {
      run: run.id,
      ...run.servedBy,
      by: answer.answeredBy,
      promptTokens: answer.usage?.promptTokens ?? 0,
      completionTokens: answer.usage?.completionTokens ?? 0,
      ms,
      ...(run.guard.taint === undefined ? {} : { taint: run.guard.taint }),
    },
    data: answer,
  };
}

/** The record of what was taken out of an answer; none where that is nothing. */
function redactedRecords(
  run: LiveRun,
  { kind }: RunEnd,
  cause: number | "first",
): readonly NewRecord[] {
  const { removed } = run.guard;
  if (removed === 0 || kind === "failed") return [];
  const { id: actor } = run.submission.principal;
  const facts = { delivery: null, run: run.id, removed: { secret: removed } };
  return [
    {
      owner: "node",
      actor,
      tier: "owner",
      class: "trace",
      origin: "node",
      cause,
      type: "exit.redacted",
      facts,
    },
  ];
}

/** A run's end by a problem. */
export function failed(run: LiveRun, cause: Problem): RunEnd {
  return { kind: "failed", problem: { ...cause, instance: `/api/v1/runs/${run.id}` } };
}

const stopCodes = {
  cancelled: "cancelled",
  budget: "budget_exhausted",
  stopping: "interrupted",
  // Told only until the append's own failure is known, which says more.
  unwritten: "storage_failed",
} as const satisfies Record<StopReason, ProblemCode>;

/** The end of a run that was told to stop. */
export function stopEnd(run: LiveRun, language: keyof Bilingual): RunEnd {
  const reason = run.stopReason ?? "cancelled";
  return failed(run, problem(stopCodes[reason], { detail: problemWords[reason][language] }));
}

const busyRetrySeconds = 5;

/** The problem of a full queue: which, and when to try again. */
export function busyProblem(
  full: "conversation" | "principal" | "node",
  language: keyof Bilingual,
): Problem {
  const detail = problemWords[`${full}Full` as const][language];
  return problem("busy", { detail, retryAfterSeconds: busyRetrySeconds });
}
