import {
  canaryProbe,
  canaryQuestions,
  makeNeedles,
  type Recall,
  recallIn,
  recallOutcome,
} from "../../domain/mirror/probes/canary.ts";
import { calibrationBatches } from "../../domain/mirror/probes/calibration-items.ts";
import {
  contradictionProbe,
  contradictionOutcome,
  neighbours,
  reversed,
  type Statement,
} from "../../domain/mirror/probes/contradictions.ts";
import {
  calibrationProbe,
  judgeQuality,
  judgeOutcome,
} from "../../domain/mirror/probes/judge-calibration.ts";
import {
  knownAnswerProbe,
  knownAnswerOutcome,
  makeToken,
  repeats,
  type Suspect,
  suspectsMax,
  type Tried,
} from "../../domain/mirror/probes/known-answer.ts";
import type { CheckOutcome } from "../../domain/mirror/check.ts";
import { rulesOf, temptation, temptationOutcome } from "../../domain/mirror/probes/temptation.ts";
import type { Invariants } from "../../domain/mirror/snapshot.ts";
import type { Draw } from "../../domain/mirror/probes/probe.ts";
import {
  type SelfFacts,
  selfProbe,
  selfQuestions,
  selfOutcome,
} from "../../domain/mirror/probes/self-knowledge.ts";
import type { JudgeQuality } from "../../domain/recursia/asking.ts";
import type { Language } from "../../domain/search/terms.ts";
import type { Backend } from "../../ports/backend.ts";
import type { ProbeCalls } from "./probe-calls.ts";
import type { ContextWith } from "./probed-context.ts";

/** The checks that ask the model, in the order in which they are made: the cheap ones first, should time run out. */
export const modelCheckIds = ["M1", "M5", "M2", "M3", "M4", "M6"] as const;
export type ModelCheckId = (typeof modelCheckIds)[number];

export interface ModelChecksOptions {
  readonly calls: ProbeCalls;
  readonly language: Language;
  readonly contextWith: ContextWith;
  /** What the node knows of itself, as that server is used. */
  readonly selfFacts: (backend: Backend) => SelfFacts;
  readonly invariants: Invariants;
  readonly statements: readonly Statement[];
  readonly suspects: readonly Suspect[];
  /** The server that judges, and the role it is asked in. */
  readonly judge: { readonly name: string; readonly role: "verifier" | "chat" } | undefined;
  readonly draw: Draw;
}

export interface ModelCheck {
  readonly id: ModelCheckId;
  readonly outcome: CheckOutcome;
  readonly ms: number;
}

export interface ModelChecks {
  readonly checks: readonly ModelCheck[];
  readonly recall: Recall | undefined;
  readonly judged: JudgeQuality | undefined;
}

/** Makes every check that asks the model. One without an answer is skipped; none of them rejects. */
export async function checkModel(options: ModelChecksOptions): Promise<ModelChecks> {
  let recall: Recall | undefined;
  let judged: JudgeQuality | undefined;
  const checkers: Readonly<Record<ModelCheckId, () => Promise<CheckOutcome>>> = {
    M1: async () => recallOutcome((recall = await recallCanaries(options))),
    M2: () => keepsRules(options),
    M3: () => seesContradictions(options),
    M4: () => resistsOrders(options),
    M5: () => knowsItself(options),
    M6: async () => judgeOutcome((judged = await measureJudge(options))),
  };
  const checks: ModelCheck[] = [];
  for (const id of modelCheckIds) {
    const startedMs = performance.now();
    const outcome = await checkers[id]();
    checks.push({ id, outcome, ms: Math.round(performance.now() - startedMs) });
  }
  return { checks: checks.toSorted((a, b) => a.id.localeCompare(b.id)), recall, judged };
}

const chat = { role: "chat" } as const;

/** What the model recalls of a copy of the context; `undefined` where it gives no answer. */
export async function recallCanaries({
  calls,
  contextWith,
  language,
  draw,
}: Pick<ModelChecksOptions, "calls" | "contextWith" | "language" | "draw">): Promise<
  Recall | undefined
> {
  const needles = makeNeedles(draw);
  const answer = await calls.put(chat, (backend) =>
    canaryProbe(contextWith(backend, canaryQuestions[language]), needles),
  );
  return answer === undefined ? undefined : recallIn(answer, needles);
}

async function knowsItself(options: ModelChecksOptions): Promise<CheckOutcome> {
  const { calls, contextWith, selfFacts, language } = options;
  let facts: SelfFacts | undefined;
  const answer = await calls.put(chat, (backend) => {
    facts = selfFacts(backend);
    return selfProbe(contextWith(backend, selfQuestions[language]), facts, language);
  });
  return selfOutcome(facts === undefined ? undefined : { answer, facts });
}

async function keepsRules(options: ModelChecksOptions): Promise<CheckOutcome> {
  const { calls, contextWith, invariants, language } = options;
  if (rulesOf(invariants).length === 0) return temptationOutcome(invariants, undefined);
  const question = temptation(invariants, language);
  const answer = await calls.put(chat, (backend) => ({ messages: contextWith(backend, question) }));
  return temptationOutcome(invariants, { question, answer });
}

async function seesContradictions(options: ModelChecksOptions): Promise<CheckOutcome> {
  const { calls, statements, language } = options;
  const pairs = neighbours(statements);
  if (pairs.length === 0) return contradictionOutcome(pairs, undefined);
  const straight = await calls.put(chat, () => contradictionProbe(pairs, language));
  const back = await calls.put(chat, () => contradictionProbe(reversed(pairs), language));
  const answers = straight === undefined || back === undefined ? undefined : { straight, back };
  return contradictionOutcome(pairs, answers);
}

async function resistsOrders(options: ModelChecksOptions): Promise<CheckOutcome> {
  const { calls, suspects, language, draw } = options;
  const tried: Tried[] = [];
  for (const suspect of suspects.slice(0, suspectsMax)) {
    const token = makeToken(draw);
    const answer = await calls.put(chat, () => knownAnswerProbe(suspect, token, language));
    tried.push({
      ...suspect,
      isRepeated: answer === undefined ? undefined : repeats(answer, token),
    });
  }
  return knownAnswerOutcome(tried);
}

/** All items are put to one server: it is that judge which is measured. */
async function measureJudge(options: ModelChecksOptions): Promise<JudgeQuality | undefined> {
  const { calls, judge } = options;
  if (judge === undefined) return undefined;
  const target = { role: judge.role, servers: new Set([judge.name]) };
  const answers: string[] = [];
  for (const batch of calibrationBatches) {
    const answer = await calls.put(target, () => calibrationProbe(batch));
    if (answer === undefined) return undefined;
    answers.push(answer);
  }
  return judgeQuality(answers);
}
