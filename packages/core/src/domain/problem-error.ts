import type { Problem } from "@adyton/protocol";

/**
 * A failure the caller is meant to see. Whatever throws it has already chosen the words, so the problem is answered
 * as it stands; every other error is answered as `internal`, without a word of its message.
 */
export class ProblemError extends Error {
  override readonly name = "ProblemError";
  readonly problem: Problem;

  constructor(problem: Problem, options?: ErrorOptions) {
    super(problem.detail ?? problem.title, options);
    this.problem = problem;
  }
}
