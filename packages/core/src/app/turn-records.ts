import {
  conversationQueueMax,
  nodeQueueMax,
  principalQueueMax,
  type Problem,
  problem,
  type ProblemCode,
} from "@adyton/protocol";
import type { NewRecord } from "../domain/journal/record.ts";
import type { LiveRun, RunEnd, StopReason } from "./live-run.ts";

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
  const { conversation, text, detached, mode: asked } = run.submission;
  return {
    ...context(run),
    origin: "node",
    type: "turn.received",
    facts: { run: run.id, mode: run.mode, detached },
    data: { conversation, text, ...(asked === undefined ? {} : { mode: asked }) },
  };
}

/** The record of an answer or a failure. */
export function endRecord(
  run: LiveRun,
  end: RunEnd,
  cause: number | "first",
  nowMs: number,
): NewRecord {
  const ms = Math.max(0, Math.round(nowMs - run.admittedMs));
  const base = { ...context(run), origin: "node" as const, cause };
  if (end.kind === "failed") {
    const { code } = end.problem;
    const status = code === "cancelled" || code === "interrupted" ? code : "failed";
    return {
      ...base,
      type: "turn.failed",
      facts: { run: run.id, status, code, ms },
      data: end.problem,
    };
  }
  const { answer } = end;
  return {
    ...base,
    type: "turn.answered",
    facts: {
      run: run.id,
      by: answer.answeredBy === "extractive" ? "extractive" : "model",
      promptTokens: answer.usage?.promptTokens ?? 0,
      completionTokens: answer.usage?.completionTokens ?? 0,
      ms,
    },
    data: answer,
  };
}

/** A run's end by a problem. */
export function failed(run: LiveRun, cause: Problem): RunEnd {
  return { kind: "failed", problem: { ...cause, instance: `/api/v1/runs/${run.id}` } };
}

const stopProblems = {
  cancelled: { code: "cancelled", detail: "The run was cancelled before it had an answer." },
  budget: {
    code: "budget_exhausted",
    detail:
      "The time for one turn was over before there was an answer. Raise turns.wall_seconds, or ask for less.",
  },
  stopping: { code: "interrupted", detail: "The node is stopping; ask again once it is back." },
  // Told only until the append's own failure is known, which says more.
  unwritten: { code: "storage_failed", detail: "The question could not be written down." },
} as const satisfies Record<StopReason, { code: ProblemCode; detail: string }>;

/** The end of a run that was told to stop. */
export function stopEnd(run: LiveRun): RunEnd {
  const { code, detail } = stopProblems[run.stopReason ?? "cancelled"];
  return failed(run, problem(code, { detail }));
}

const busyDetails = {
  conversation: `${conversationQueueMax} messages already wait in this conversation.`,
  principal: `${principalQueueMax} of your messages already wait.`,
  node: `${nodeQueueMax} messages already wait on this node.`,
} as const;
const busyRetrySeconds = 5;

/** The problem of a full queue: which, and when to try again. */
export function busyProblem(full: keyof typeof busyDetails): Problem {
  return problem("busy", { detail: busyDetails[full], retryAfterSeconds: busyRetrySeconds });
}
