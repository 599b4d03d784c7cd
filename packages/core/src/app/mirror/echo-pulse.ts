import { type EchoReport, grantCovers } from "@adyton/protocol";
import { type Looked, lookedAt } from "../../domain/mirror/check.ts";
import { type Recall, recallOutcome, recallThreshold } from "../../domain/mirror/probes/canary.ts";
import { verdictOf } from "../../domain/mirror/report.ts";
import type { Execution, Outcome } from "../conversation-commands.ts";
import { describeSelf, type DescribeOptions } from "../describe-self.ts";
import type { SnapshotPlace } from "./context-snapshot.ts";
import { countPrompt } from "./count-prompt.ts";
import { type LookOptions, lookAtContext, reportDelta, reportRecord } from "./look-at-context.ts";
import { recallCanaries } from "./model-checks.ts";
import { ProbeCalls } from "./probe-calls.ts";
import { contextOf, drawFor, placeOf } from "./probed-context.ts";
import { reportInWords } from "./report-words.ts";

/** Milliseconds for the one call of the model, waiting for a free server included. */
const canaryMsMax = 30_000;

export interface EchoOptions extends LookOptions {
  readonly describe: DescribeOptions;
}

/**
 * Checks a conversation's context, fast: D1 to D16 and one call of the model. The model is asked over a copy; what may
 * help is proposed, and nothing is changed but that the report lies in the journal.
 */
export async function echoPulse(options: EchoOptions, at: Execution): Promise<Outcome> {
  const startedMs = performance.now();
  const { language, describe, state } = options;
  const { principal, key, context } = at;
  const isOwner = grantCovers(principal.grants, "admin");
  const place = placeOf(options, at);
  const signal = AbortSignal.timeout(canaryMsMax);
  const calls = new ProbeCalls({
    backends: options.backends,
    conversation: key,
    signal,
    // One is answered: a server that refuses to be held to a schema is asked again without.
    callsMax: 2,
  });
  const canary = await lookAtRecall(options, place, calls);
  const counts = await Promise.all(
    calls.reported.map((probe) => countPrompt("canary", probe, signal)),
  );
  const looked = [...(await lookAtContext(options, { ...place, counts, isOwner })), canary.looked];
  const verdict = verdictOf(looked);
  const subject = context.conversation ?? context.owner;
  const self = describeSelf(describe, principal, at.named ? at.conversation : undefined);
  const { software: _, ...about } = self.subject;
  const report: EchoReport = {
    report: "echo_pulse",
    version: "1",
    runId: at.id,
    at: new Date(options.now()).toISOString(),
    subject: about,
    ...verdict,
    ...(canary.recall === undefined ? {} : { canary: canary.recall }),
    delta: reportDelta(state, { subject, kind: "echo_pulse" }, verdict.checks),
    cost: { ...calls.cost, ms: Math.round(performance.now() - startedMs) },
  };
  return {
    text: reportInWords(report, language),
    data: report,
    effects: [reportRecord(context, report)],
  };
}

/** M1: whether the model sees all of the context that it is sent. */
async function lookAtRecall(
  options: EchoOptions,
  place: SnapshotPlace,
  calls: ProbeCalls,
): Promise<{ readonly looked: Looked; readonly recall: Recall | undefined }> {
  const { language } = options;
  const startedMs = performance.now();
  const contextWith = contextOf(options, place);
  const recall = await recallCanaries({
    calls,
    contextWith,
    language,
    draw: drawFor(options, place),
  });
  const ms = Math.round(performance.now() - startedMs);
  const spec = { id: "M1", kind: "model", threshold: recallThreshold } as const;
  return { looked: lookedAt(spec, recallOutcome(recall), { ms, language }), recall };
}
