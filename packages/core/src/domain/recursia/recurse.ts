import { languageOf } from "../search/terms.ts";
import type { Ask, Policy, Rethought, Step, StopReason, Task } from "./asking.ts";
import { runChecks } from "./checker.ts";
import { checkersFor } from "./checkers.ts";
import { choosePairwise } from "./choose.ts";
import { verifyClaims } from "./claims.ts";
import { discreteKind } from "./discrete.ts";
import { digestInput, longShare } from "./long-input.ts";
import { reviseByChecks } from "./revise.ts";
import { kept, type Run, type Settled } from "./run.ts";
import { type Cost, RunBudget } from "./run-budget.ts";
import { voteOn } from "./voting.ts";

export interface RecurseOptions {
  readonly ask: Ask;
  readonly policy: Policy;
  /** Tokens of a text, as the model counts them. */
  readonly count: (text: string) => number;
  /** A word that no passage can know. */
  readonly nonce: string;
  /** Called with every step as it is taken. */
  readonly onStep: (step: Step) => void;
}

export type Recursed =
  | { readonly kind: "answered"; readonly result: Rethought; readonly cost: Cost }
  /** There was no first answer, and so nothing to give back. */
  | { readonly kind: "stopped"; readonly reason: StopReason; readonly cost: Cost };

/**
 * RECURSIA/1: a first answer, then whatever can show that another one is better. The first answer stands until a check,
 * a vote, a source or a calibrated judge speaks for another; it is given back when budget, time or model end early.
 *
 * What can be checked by code is revised behind its checks; a short answer is put to the vote; statements that sources
 * can decide are held against them; open text is compared only where a judge was calibrated. A long input is read in
 * parts first. Everything that happens is a step.
 */
export async function recurse(task: Task, options: RecurseOptions): Promise<Recursed> {
  const budget = new RunBudget(options);
  const { policy } = options;
  const language = languageOf(task.question);
  const isLong = budget.count(task.question) > task.windowTokens * longShare;
  let question = task.question;
  if (isLong && task.first === undefined) {
    const { windowTokens } = task;
    const digest = await digestInput(task.question, { budget, language, windowTokens });
    if (digest.kind === "stopped") return stopped(budget, digest.reason);
    ({ question } = digest);
  }
  const checkers = [...checkersFor(task.question, language), ...(task.checkers ?? [])];
  const { nonce } = options;
  const run: Run = { task, question, policy, budget, checkers, language, nonce };
  const drafted = await draft(run);
  if (drafted.kind === "stopped") return stopped(budget, drafted.reason);
  const result = await improve(run, drafted.text);
  budget.step({ kind: "stop", verdict: result.stopReason, textOut: result.answer });
  return { kind: "answered", result, cost: budget.cost };
}

function stopped(budget: RunBudget, reason: StopReason): Recursed {
  budget.step({ kind: "stop", verdict: reason });
  return { kind: "stopped", reason, cost: budget.cost };
}

async function draft({ task, question, budget }: Run) {
  if (task.first !== undefined) {
    budget.step({ kind: "draft", verdict: "given", textOut: task.first });
    budget.measure({ draftTokens: budget.count(question) + budget.count(task.first) });
    return { kind: "answered", text: task.first } as const;
  }
  const asked = await budget.draft({
    purpose: "draft",
    about: "conversation",
    question,
    messages: [],
    temperature: 0.2,
    byVerifier: false,
  });
  if (asked.kind === "stopped") return asked;
  const { inTokens, outTokens } = asked.figures;
  budget.step({ kind: "draft", verdict: "made", textOut: asked.text, ...asked.figures });
  budget.measure({ draftTokens: inTokens + outTokens });
  return asked;
}

/** Which evidence the question allows decides what is done; code is asked first, because it is always right. */
async function improve(run: Run, first: string): Promise<Settled> {
  if (run.checkers.some(({ isDemanded }) => isDemanded)) return reviseByChecks(run, first);
  const kind = discreteKind(run.task.question);
  if (kind !== undefined) return voteOn(run, first, kind);
  // No check was asked for, but an answer that contradicts itself is mended all the same.
  if (runChecks(run.checkers, first).message !== "") return reviseByChecks(run, first);
  const passages = await run.task.findPassages();
  if (passages.length > 0) return verifyClaims(run, first, passages);
  if (run.policy.judge !== undefined) return choosePairwise(run, first);
  return kept(first, "no_improvement");
}
