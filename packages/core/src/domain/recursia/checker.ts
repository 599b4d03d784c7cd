/** What a check finds: how far off an answer is, 0 when it passes, and the sentence that the model is told. */
export interface Finding {
  readonly faults: number;
  readonly message: string;
}

/** A check that code carries out by itself, the same for every answer. */
export interface Checker {
  readonly name: string;
  /** Whether the question demands it. Others hold for every answer, and prove nothing by passing. */
  readonly isDemanded: boolean;
  readonly check: (answer: string) => Finding;
}

export const passed: Finding = { faults: 0, message: "" };

export interface Findings {
  /** In the order of the checkers. */
  readonly faults: readonly number[];
  readonly message: string;
}

export function runChecks(checkers: readonly Checker[], answer: string): Findings {
  const found = checkers.map(({ check }) => check(answer));
  const faults = found.map((each) => each.faults);
  const messages = found.flatMap(({ faults: count, message }) => (count > 0 ? [message] : []));
  return { faults, message: messages.join("\n") };
}

export const isPassed = ({ faults }: Findings): boolean => faults.every((count) => count === 0);

/** A revision is better when no check gets worse and at least one gets better. */
export function isBetter(after: Findings, before: Findings): boolean {
  const changes = after.faults.map((count, index) => count - (before.faults[index] ?? 0));
  return changes.every((change) => change <= 0) && changes.some((change) => change < 0);
}
