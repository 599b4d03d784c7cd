import { canonical, similarity } from "./canonical.ts";
import { isBetter, isPassed } from "./checker.ts";
import { prompts } from "./prompts.ts";
import { check, type Run, type Settled, tell } from "./run.ts";

/** At this likeness a revision says the same again. */
const convergedAt = 0.97;

/**
 * Revisions behind a gate: the model is told exactly what a check found, and its next answer takes the place of the one
 * that stands only when no check got worse and one got better. Without such a gate revising loses right answers
 * (arXiv 2310.01798). Ends when all pass, when the model repeats itself, or when nothing comes of it any more.
 */
export async function reviseByChecks(run: Run, first: string): Promise<Settled> {
  const { budget, policy, question, language } = run;
  let incumbent = first;
  let findings = check(run, incumbent);
  let misses = 0;
  let last = first;
  const seen = new Set([canonical(first)]);
  const changes: string[] = [];
  const settled = (stopReason: Settled["stopReason"]): Settled => ({
    answer: incumbent,
    improved: incumbent === first ? "no" : "yes",
    evidence: isPassed(findings) || incumbent !== first ? "checker" : "none",
    stopReason,
    changes,
  });
  while (!isPassed(findings)) {
    const asked = await budget.ask({
      purpose: "revise",
      about: "conversation",
      question,
      messages: [
        { role: "assistant", content: incumbent },
        { role: "user", content: prompts.revise[language](findings.message) },
      ],
      temperature: 0.4,
      byVerifier: false,
    });
    if (asked.kind === "stopped") return settled(asked.reason);
    const { text } = asked;
    tell(run, { kind: "revise", verdict: "made", textIn: incumbent, textOut: text }, asked);
    const form = canonical(text);
    const isSame = form === canonical(last) || similarity(text, last) >= convergedAt;
    const isSeen = seen.has(form);
    const after = check(run, text);
    // The same words in another spelling may still be what a check asks for.
    const accepted = isBetter(after, findings);
    if (isSame && !accepted) return settled("converged");
    if (isSeen && !accepted) return settled("cycle");
    seen.add(form);
    last = text;
    if (accepted) {
      changes.push(findings.message);
      tell(run, { kind: "accept", verdict: "better", textIn: incumbent, textOut: text });
      incumbent = text;
      findings = after;
      misses = 0;
    } else {
      tell(run, { kind: "reject", verdict: "worse", textIn: text, reason: after.message });
      misses += 1;
      if (misses >= policy.patience) return settled("no_improvement");
    }
  }
  return settled("passed");
}
