import type { DiscreteKind } from "./discrete.ts";
import { finalAnswer } from "./discrete.ts";
import { type Run, type Settled, tell } from "./run.ts";
import { tally } from "./vote.ts";

const bounds = {
  fast: { votesMax: 5, sureAt: 0.85 },
  deep: { votesMax: 7, sureAt: 0.9 },
} as const;
const votesMin = 2;

/**
 * Voting for short answers: the question is asked anew until one answer leads for sure, at least twice. Independent
 * answers agree on what is right more often than on one error (arXiv 2203.11171).
 */
export async function voteOn(run: Run, first: string, kind: DiscreteKind): Promise<Settled> {
  const { votesMax, sureAt } = bounds[run.policy.depth];
  const read = (text: string): string => finalAnswer(text, kind);
  const texts: [string, ...string[]] = [first];
  let stopReason: Settled["stopReason"] = "no_improvement";
  while (texts.length < votesMax) {
    const asked = await run.budget.ask({
      purpose: "vote",
      about: "conversation",
      question: run.question,
      messages: [],
      temperature: 0.7,
      byVerifier: false,
    });
    if (asked.kind === "stopped") {
      stopReason = asked.reason;
      break;
    }
    texts.push(asked.text);
    const { probability, votes, runnerUp } = tally(texts, read);
    const isSure = texts.length >= votesMin && probability >= sureAt;
    tell(
      run,
      {
        kind: "vote",
        verdict: isSure ? "majority" : "undecided",
        textOut: asked.text,
        reason: `${read(asked.text).slice(0, 80)} (${votes}:${runnerUp})`,
      },
      asked,
    );
    if (!isSure) continue;
    stopReason = "passed";
    break;
  }
  return settle(run, texts, { read, stopReason });
}

function settle(
  run: Run,
  texts: readonly [string, ...string[]],
  { read, stopReason }: { read: (text: string) => string; stopReason: Settled["stopReason"] },
): Settled {
  const [first] = texts;
  const { leader, votes, runnerUp, isTie } = tally(texts, read);
  const isSure = stopReason === "passed";
  // Also a lead that is not sure is more often right than the first answer; a tie is none.
  const answer = read(leader) === read(first) ? first : leader;
  const isChanged = answer !== first;
  const reason = words.voted[run.language](votes, texts.length, read(answer).slice(0, 80));
  if (isChanged)
    tell(run, { kind: "accept", verdict: "majority", textIn: first, textOut: answer, reason });
  else tell(run, { kind: "reject", verdict: isTie ? "tie" : "majority", textIn: first });
  return {
    answer,
    improved: isChanged ? (isSure ? "yes" : "unknown") : "no",
    evidence: votes > runnerUp && texts.length > 1 ? "vote" : "none",
    stopReason,
    confidence: isSure ? "high" : "low",
    changes: isChanged ? [reason] : [],
  };
}

const words = {
  voted: {
    en: (votes: number, all: number, answer: string) =>
      `${votes} of ${all} independent answers say “${answer}”.`,
    ru: (votes: number, all: number, answer: string) =>
      `Независимых ответов «${answer}»: ${votes} из ${all}.`,
  },
} as const;
