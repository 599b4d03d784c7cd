import { grantCovers, type MirrorReport } from "@adyton/protocol";
import { isUntrusted } from "../../domain/context/segments.ts";
import { scan } from "../../domain/external/scan.ts";
import type { NewRecord } from "../../domain/journal/record.ts";
import { lookedAt } from "../../domain/mirror/check.ts";
import { canarySchema, recallThreshold } from "../../domain/mirror/probes/canary.ts";
import { contradictionThreshold } from "../../domain/mirror/probes/contradictions.ts";
import { judgeThreshold } from "../../domain/mirror/probes/judge-calibration.ts";
import { knownAnswerThreshold } from "../../domain/mirror/probes/known-answer.ts";
import { type SelfFacts, selfThreshold } from "../../domain/mirror/probes/self-knowledge.ts";
import { statementsOf } from "../../domain/mirror/probes/statements.ts";
import { temptationThreshold } from "../../domain/mirror/probes/temptation.ts";
import { verdictOf } from "../../domain/mirror/report.ts";
import type { JudgeQuality } from "../../domain/recursia/asking.ts";
import { isCalibrated } from "../../domain/recursia/choose.ts";
import type { Backend } from "../../ports/backend.ts";
import type { Execution, Outcome } from "../conversation-commands.ts";
import { describeSelf } from "../describe-self.ts";
import { contextNow } from "../turn-context.ts";
import type { SnapshotPlace } from "./context-snapshot.ts";
import { countPrompt } from "./count-prompt.ts";
import type { EchoOptions } from "./echo-pulse.ts";
import type { Judges } from "./judges.ts";
import { lookAtContext, reportDelta, reportRecord } from "./look-at-context.ts";
import { checkModel, type ModelCheckId, type ModelChecks } from "./model-checks.ts";
import { ProbeCalls } from "./probe-calls.ts";
import { contextOf, drawFor, modeOf, placeOf } from "./probed-context.ts";
import { reportInWords } from "./report-words.ts";

/** Calls of the model that one examination may make, and milliseconds for all of them. */
export const mirrorCallsMax = 12;
const mirrorMsMax = 60_000;

export interface MirrorOptions extends EchoOptions {
  readonly judges: Judges;
  /** Milliseconds for the model's calls; absent, `mirrorMsMax`. */
  readonly mirrorMsMax?: number;
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
 * Examines a conversation's context and its model in full: D1 to D16, then M1 to M6. Nothing is changed: the model is
 * asked over copies, what it says becomes part of no conversation, and what might help is proposed. What lasts is the
 * report, and what was measured of the judge, which RECURSIA goes by.
 */
export async function mirrorSelf(options: MirrorOptions, at: Execution): Promise<Outcome> {
  const startedMs = performance.now();
  const { backends, language, state, describe } = options;
  const { principal, key, context } = at;
  const signal = AbortSignal.timeout(options.mirrorMsMax ?? mirrorMsMax);
  const place = placeOf(options, at);
  const calls = new ProbeCalls({
    backends,
    conversation: key,
    signal,
    callsMax: mirrorCallsMax,
  });
  const model = await examine(options, place, calls);
  // The prompt of M1 is the whole context; most of the others are told less.
  const whole = calls.reported.filter(({ name }) => name === canarySchema);
  const counts = await Promise.all(whole.map((probe) => countPrompt("canary", probe, signal)));
  const isOwner = grantCovers(principal.grants, "admin");
  const looked = [
    ...(await lookAtContext(options, { ...place, counts, isOwner })),
    ...model.checks.map(({ id, outcome, ms }) =>
      lookedAt({ id, kind: "model", threshold: thresholds[id] }, outcome, { ms, language }),
    ),
  ];
  const verdict = verdictOf(looked);
  const self = describeSelf(describe, principal, at.named ? at.conversation : undefined);
  const { software: _, ...about } = self.subject;
  const subject = context.conversation ?? context.owner;
  const { recall, judged } = model;
  const report: MirrorReport = {
    report: "mirror_self",
    version: "1",
    runId: at.id,
    at: new Date(options.now()).toISOString(),
    subject: about,
    ...verdict,
    ...(recall === undefined ? {} : { canary: recall }),
    ...(judged === undefined ? {} : { judge: { ...judged, isUnlocked: isCalibrated(judged) } }),
    delta: reportDelta(state, { subject, kind: "mirror_self" }, verdict.checks),
    cost: { ...calls.cost, ms: Math.round(performance.now() - startedMs) },
  };
  return {
    text: reportInWords(report, language),
    data: report,
    effects: [reportRecord(context, report), ...judgeRecords(options, context, judged)],
  };
}

function examine(
  options: MirrorOptions,
  place: SnapshotPlace,
  calls: ProbeCalls,
): Promise<ModelChecks> {
  const { backends, judges, language, invariants } = options;
  const first = backends.first("chat");
  const messages =
    first === undefined ? [] : contextNow(options, first, { ...place, question: "" }).messages;
  const suspects = messages
    .flatMap(({ segments }) => segments)
    .filter((segment) => isUntrusted(segment) && scan(segment.text).length > 0)
    .map(({ source, text }) => ({ ref: source, text }));
  const { first: judge, role } = judges;
  return checkModel({
    calls,
    language,
    invariants,
    contextWith: contextOf(options, place),
    selfFacts: (backend) => selfFacts(options, place, backend),
    statements: statementsOf(messages),
    suspects,
    judge: judge === undefined ? undefined : { name: judge.name, role },
    draw: drawFor(options, place),
  });
}

/** What the node knows of a conversation, in the words in which the model is told it. */
function selfFacts(options: MirrorOptions, place: SnapshotPlace, backend: Backend): SelfFacts {
  const { conversations, records, language } = options;
  const { key } = place;
  const freshAfter = conversations.state(key)?.fresh_after ?? 0;
  const last = records.answeredTurns(key, freshAfter, 1).at(-1);
  return {
    mode: modeOf(options, place).id,
    overlays: String(conversations.overlays(key).length),
    language,
    limits: String(backend.contextTokens),
    last_event: last === undefined ? "none" : `${last.type} ${last.seq}`,
  };
}

/** What RECURSIA may let the judge do, from now on. */
function judgeRecords(
  { judges }: MirrorOptions,
  { owner, actor, tier }: Execution["context"],
  judged: JudgeQuality | undefined,
): readonly NewRecord[] {
  const { first } = judges;
  if (judged === undefined || first === undefined) return [];
  return judges.records(first.model, judged, { owner, actor, tier });
}
