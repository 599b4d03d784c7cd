import type { Language } from "../search/terms.ts";
import type { Policy, Rethought, Step, StopReason, Task } from "./asking.ts";
import { type Checker, type Findings, runChecks } from "./checker.ts";
import type { Asked, RunBudget } from "./run-budget.ts";

/** What the parts of a run share. */
export interface Run {
  readonly task: Task;
  /** The question as the model is asked it: the task's own, or its digest. */
  readonly question: string;
  readonly policy: Policy;
  readonly budget: RunBudget;
  readonly checkers: readonly Checker[];
  readonly language: Language;
  readonly nonce: string;
}

export type Settled = Rethought;

/** Runs every check on a text and tells of it. */
export function check({ budget, checkers }: Run, text: string): Findings {
  const found = runChecks(checkers, text);
  const isPassed = found.message === "";
  budget.step({
    kind: "check",
    verdict: isPassed ? "pass" : "fail",
    textIn: text,
    ...(isPassed ? {} : { reason: found.message }),
  });
  return found;
}

export function tell(
  { budget }: Run,
  step: Pick<Step, "kind" | "verdict" | "textIn" | "textOut" | "reason">,
  asked?: Asked & { kind: "answered" },
): void {
  budget.step({ ...step, ...asked?.figures });
}

/** The first answer as it is, because nothing was shown to be better. */
export function kept(
  answer: string,
  stopReason: StopReason,
  more: Partial<Pick<Settled, "evidence" | "improved" | "confidence">> = {},
): Settled {
  return { answer, improved: "no", evidence: "none", stopReason, changes: [], ...more };
}
