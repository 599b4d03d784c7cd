import { createHash } from "node:crypto";
import { type EchoReport, grantCovers } from "@adyton/protocol";
import { joined } from "../../domain/context/segments.ts";
import { type Looked, lookedAt } from "../../domain/mirror/check.ts";
import {
  canaryProbe,
  canaryQuestions,
  makeNeedles,
  type Recall,
  recallIn,
  recallOutcome,
  recallThreshold,
} from "../../domain/mirror/probes/canary.ts";
import { verdictOf } from "../../domain/mirror/report.ts";
import type { Backend } from "../../ports/backend.ts";
import type { Execution, Outcome } from "../conversation-commands.ts";
import { describeSelf, type DescribeOptions } from "../describe-self.ts";
import { type ContextPlace, contextNow } from "../turn-context.ts";
import { countPrompt } from "./count-prompt.ts";
import { type LookOptions, lookAtContext, reportDelta, reportRecord } from "./look-at-context.ts";
import { ProbeCalls } from "./probe-calls.ts";
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
  const { conversations, turns } = options;
  const mode = conversations.mode(key).mode ?? turns.nodeMode.defaultFor(principal.tier);
  const place = {
    key,
    tier: principal.tier,
    person: principal.person,
    modePrompt: mode.prompt,
  };
  const signal = AbortSignal.timeout(canaryMsMax);
  const calls = new ProbeCalls({
    backends: options.backends,
    conversation: key,
    signal,
    // One is answered: a server that refuses to be held to a schema is asked again without.
    callsMax: 2,
  });
  const canary = await recallCanary(options, place, calls);
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
async function recallCanary(
  options: EchoOptions,
  place: ContextPlace,
  calls: ProbeCalls,
): Promise<{ readonly looked: Looked; readonly recall: Recall | undefined }> {
  const { language, backends } = options;
  const startedMs = performance.now();
  const needles = makeNeedles(drawFrom(`${place.key} ${options.conversations.turns(place.key)}`));
  const question = canaryQuestions[language];
  const messages = (backend: Backend) =>
    contextNow(options, backend, { ...place, question }).messages.map(({ role, segments }) => ({
      // What a tool said is text to a probe.
      role: role === "tool" ? ("user" as const) : role,
      content: joined(segments),
    }));
  const isConnected = backends.of("chat").length > 0;
  const answer = isConnected
    ? await calls.put({ role: "chat" }, (backend) => canaryProbe(messages(backend), needles))
    : undefined;
  const recall = answer === undefined ? undefined : recallIn(answer, needles);
  const ms = Math.round(performance.now() - startedMs);
  const spec = { id: "M1", kind: "model", threshold: recallThreshold } as const;
  return { looked: lookedAt(spec, recallOutcome(recall), { ms, language }), recall };
}

/**
 * Draws numbers from a seed. A conversation's key is a keyed digest, so no model can foresee its needles; and a state that
 * stands still is asked about the same ones, so what is measured of it does not depend on the draw.
 */
function drawFrom(seed: string): (below: number) => number {
  let drawn = 0;
  return (below) => {
    drawn += 1;
    const digest = createHash("sha256").update(`${seed} ${drawn}`).digest();
    return digest.readUIntBE(0, 6) % below;
  };
}
