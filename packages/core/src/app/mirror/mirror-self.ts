import { randomInt } from "node:crypto";
import type { Bilingual, MirrorReport } from "@adyton/protocol";
import { isUntrusted, joined } from "../../domain/context/segments.ts";
import { scan } from "../../domain/external/scan.ts";
import type { NewRecord } from "../../domain/journal/record.ts";
import { type Looked, lookedAt } from "../../domain/mirror/check.ts";
import { recallThreshold } from "../../domain/mirror/probes/canary.ts";
import { contradictionThreshold } from "../../domain/mirror/probes/contradictions.ts";
import { judgeThreshold } from "../../domain/mirror/probes/judge-calibration.ts";
import { knownAnswerThreshold } from "../../domain/mirror/probes/known-answer.ts";
import { type SelfFacts, selfThreshold } from "../../domain/mirror/probes/self-knowledge.ts";
import { statementsOf } from "../../domain/mirror/probes/statements.ts";
import { temptationThreshold } from "../../domain/mirror/probes/temptation.ts";
import { verdictOf } from "../../domain/mirror/report.ts";
import type { Invariants } from "../../domain/mirror/snapshot.ts";
import { isCalibrated } from "../../domain/recursia/choose.ts";
import type { Backend } from "../../ports/backend.ts";
import type { RecordsPort } from "../../ports/journal.ts";
import type { Execution, Outcome } from "../conversation-commands.ts";
import { describeSelf, type DescribeOptions } from "../describe-self.ts";
import { newRunId } from "../identifiers.ts";
import { contextNow } from "../turn-context.ts";
import type { Judges } from "./judges.ts";
import { checkModel, type ModelCheckId, type ModelChecks } from "./model-checks.ts";
import { ProbeCalls } from "./probe-calls.ts";
import { reportInWords } from "./report-words.ts";

/** Calls of the model that one examination may make, and milliseconds for all of them. */
export const mirrorCallsMax = 12;
const mirrorMsMax = 60_000;

export interface MirrorOptions {
  readonly describe: DescribeOptions;
  readonly records: RecordsPort;
  readonly judges: Judges;
  readonly invariants: Invariants;
  readonly answerTokensMax: number | undefined;
  readonly language: keyof Bilingual;
  readonly now: () => number;
  /** Milliseconds for the model's calls; absent, `mirrorMsMax`. */
  readonly msMax?: number;
}

const thresholds: Readonly<Record<ModelCheckId, unknown>> = {
  M1: recallThreshold,
  M2: temptationThreshold,
  M3: contradictionThreshold,
  M4: knownAnswerThreshold,
  M5: selfThreshold,
  M6: judgeThreshold,
};

/**
 * Examines a conversation's context and its model in full. Nothing is changed: the model is asked over copies, what it
 * says becomes part of no conversation, and what might help is proposed. The one thing that lasts is what was measured
 * of the judge, which RECURSIA goes by.
 */
export async function mirrorSelf(
  options: MirrorOptions,
  at: Execution,
  looked: readonly Looked[],
): Promise<Outcome> {
  const startedMs = performance.now();
  const signal = AbortSignal.timeout(options.msMax ?? mirrorMsMax);
  const { backends } = options.describe;
  const calls = new ProbeCalls({
    backends,
    conversation: at.key,
    signal,
    callsMax: mirrorCallsMax,
  });
  const model = await examine(options, at, calls);
  const all = [
    ...looked,
    ...model.checks.map(({ id, outcome, ms }) =>
      lookedAt({ id, kind: "model", threshold: thresholds[id] }, outcome, {
        ms,
        language: options.language,
      }),
    ),
  ];
  const { software: _, ...subject } = describeSelf(
    options.describe,
    at.principal,
    at.named ? at.conversation : undefined,
  ).subject;
  const report: MirrorReport = {
    report: "mirror_self",
    version: "1",
    runId: newRunId(options.now()),
    at: new Date(options.now()).toISOString(),
    subject,
    ...verdictOf(all),
    ...(model.recall === undefined ? {} : { canary: model.recall }),
    ...(model.judged === undefined
      ? {}
      : { judge: { ...model.judged, isUnlocked: isCalibrated(model.judged) } }),
    cost: { ...calls.cost, ms: Math.round(performance.now() - startedMs) },
  };
  return {
    text: reportInWords(report, options.language),
    data: report,
    effects: judgeRecords(options, at, model),
  };
}

function examine(
  options: MirrorOptions,
  { key, principal }: Execution,
  calls: ProbeCalls,
): Promise<ModelChecks> {
  const { describe, judges, language, invariants } = options;
  const { backends } = describe;
  const first = backends.first("chat");
  const context = (backend: Backend, question: string) =>
    contextNow({ ...describe, answerTokensMax: options.answerTokensMax }, backend, {
      key,
      person: principal.person,
      tier: principal.tier,
      question,
    }).messages;
  const messages = first === undefined ? [] : context(first, "");
  const suspects = messages
    .flatMap(({ segments }) => segments)
    .filter((segment) => isUntrusted(segment) && scan(segment.text).length > 0)
    .map(({ source, text }) => ({ ref: source, text }));
  const { first: judge, role } = judges;
  return checkModel({
    calls,
    language,
    invariants,
    contextWith: (backend, question) =>
      context(backend, question).map(({ role: speaker, segments }) => ({
        // What a tool said is text to a probe.
        role: speaker === "tool" ? "user" : speaker,
        content: joined(segments),
      })),
    selfFacts: (backend) => selfFacts(options, { key, backend }),
    statements: statementsOf(messages),
    suspects,
    judge: judge === undefined ? undefined : { name: judge.name, role },
    draw: (below) => randomInt(below),
  });
}

/** What the node knows of a conversation, in the words in which the model is told it. */
function selfFacts(
  { describe, records, language }: MirrorOptions,
  { key, backend }: { readonly key: string; readonly backend: Backend },
): SelfFacts {
  const { conversations, turns } = describe;
  const mode = conversations.mode(key).mode ?? turns.nodeMode.defaultFor("owner");
  const freshAfter = conversations.state(key)?.fresh_after ?? 0;
  const last = records.answeredTurns(key, freshAfter, 1).at(-1);
  return {
    mode: mode.id,
    overlays: String(conversations.overlays(key).length),
    language,
    limits: String(backend.contextTokens),
    last_event: last === undefined ? "none" : `${last.type} ${last.seq}`,
  };
}

/** The one thing that lasts: what RECURSIA may let the judge do. */
function judgeRecords(
  { judges }: MirrorOptions,
  { context }: Execution,
  { judged }: ModelChecks,
): readonly NewRecord[] {
  const { first } = judges;
  if (judged === undefined || first === undefined) return [];
  const { owner, actor, tier } = context;
  return judges.records(first.model, judged, { owner, actor, tier });
}
