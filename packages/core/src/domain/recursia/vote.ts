import { canonical } from "./canonical.ts";

/**
 * The probability that the first of two answers is the more frequent one, seen so often each: P(Beta(a+1, b+1) > ½), the
 * stopping rule of Adaptive-Consistency (arXiv 2305.11860). In whole numbers it is a sum of binomial coefficients.
 */
export function leadProbability(a: number, b: number): number {
  const n = a + b + 1;
  let sum = 0;
  let term = 1;
  for (let k = 0; k <= a; k += 1) {
    sum += term;
    term = (term * (n - k)) / (k + 1);
  }
  return sum / 2 ** n;
}

export interface Tally {
  /** The first text that gave the leading answer; the first of all while there is a tie. */
  readonly leader: string;
  readonly votes: number;
  readonly runnerUp: number;
  readonly isTie: boolean;
  readonly probability: number;
}

/** Counts answers, equal by what `read` finds in them. The first text stands for its answer and wins a tie. */
export function tally(
  texts: readonly [string, ...string[]],
  read: (text: string) => string = canonical,
): Tally {
  const counts = new Map<string, { readonly text: string; votes: number }>();
  for (const text of texts) {
    const answer = read(text);
    const entry = counts.get(answer);
    if (entry === undefined) counts.set(answer, { text, votes: 1 });
    else entry.votes += 1;
  }
  // Sorting is stable: among equals the earlier comes first.
  const [first, second] = [...counts.values()].toSorted((a, b) => b.votes - a.votes);
  const votes = first?.votes ?? 0;
  const runnerUp = second?.votes ?? 0;
  const isTie = votes === runnerUp;
  return {
    leader: isTie ? texts[0] : (first?.text ?? texts[0]),
    votes,
    runnerUp,
    isTie,
    probability: leadProbability(votes, runnerUp),
  };
}
