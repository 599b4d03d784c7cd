import * as z from "zod";
import type { JudgeQuality } from "./asking.ts";
import { canonical, similarity } from "./canonical.ts";
import { isBetter, runChecks } from "./checker.ts";
import { jsonIn, prompts, schemas } from "./prompts.ts";
import { kept, type Run, type Settled, tell } from "./run.ts";

/** Below this a judge's choice loses more right answers than it brings (measured by simulation). */
export const youdenMin = 0.7;
/** Drafts beside the first. */
const draftsMore = 2;
const sameAt = 0.97;

const Choice = z.object({ better: z.enum(["A", "B"]) });

/** A judge may speak when it was calibrated, and well enough: Youden's J = sensitivity + specificity − 1. */
export function isCalibrated(judge: JudgeQuality | undefined): boolean {
  return judge !== undefined && judge.sensitivity + judge.specificity - 1 >= youdenMin;
}

/**
 * Open texts: further drafts, compared with the one that stands in both orders. A judge that says the same whichever
 * comes first has an opinion; one that changes with the order has none, and the first answer stays.
 */
export async function choosePairwise(run: Run, first: string): Promise<Settled> {
  if (!isCalibrated(run.policy.judge)) return kept(first, "no_improvement");
  let incumbent = first;
  for (let draft = 0; draft < draftsMore; draft += 1) {
    const asked = await run.budget.ask({
      purpose: "draft",
      about: "conversation",
      question: run.question,
      messages: [],
      temperature: 0.7,
      byVerifier: false,
    });
    if (asked.kind === "stopped") return chosen(run, first, incumbent, asked.reason);
    tell(run, { kind: "draft", verdict: "made", textOut: asked.text }, asked);
    const isSame =
      canonical(asked.text) === canonical(incumbent) || similarity(asked.text, incumbent) >= sameAt;
    if (isSame) return chosen(run, first, incumbent, "converged");
    const verdict = await compare(run, incumbent, asked.text);
    if (typeof verdict !== "boolean") return chosen(run, first, incumbent, verdict.stopped);
    if (verdict) incumbent = asked.text;
  }
  return chosen(run, first, incumbent, "no_improvement");
}

function chosen(run: Run, first: string, answer: string, reason: Settled["stopReason"]): Settled {
  if (answer === first) return kept(first, reason);
  const change = words.judged[run.language];
  const stopReason = reason === "no_improvement" ? "passed" : reason;
  return { answer, improved: "yes", evidence: "judge", stopReason, changes: [change] };
}

/** Whether the challenger wins in both orders and passes every check that the incumbent passes. */
async function compare(
  run: Run,
  incumbent: string,
  challenger: string,
): Promise<boolean | { readonly stopped: Settled["stopReason"] }> {
  const before = runChecks(run.checkers, incumbent);
  const after = runChecks(run.checkers, challenger);
  if (isBetter(before, after)) return false;
  const orders = [
    { texts: [incumbent, challenger], wins: "B" },
    { texts: [challenger, incumbent], wins: "A" },
  ] as const;
  for (const { texts, wins } of orders) {
    const [a, b] = texts;
    const asked = await run.budget.ask({
      purpose: "choose",
      about: "alone",
      messages: [{ role: "user", content: prompts.choose[run.language](run.question, a, b) }],
      temperature: 0,
      schema: schemas.choice,
      byVerifier: true,
    });
    if (asked.kind === "stopped") return { stopped: asked.reason };
    const parsed = Choice.safeParse(jsonIn(asked.text));
    const better = parsed.success ? parsed.data.better : undefined;
    const verdict = better === undefined ? "undecided" : better === "A" ? "first" : "second";
    tell(run, { kind: "choose", verdict }, asked);
    if (better !== wins) {
      tell(run, { kind: "reject", verdict: "undecided", textIn: challenger });
      return false;
    }
  }
  tell(run, { kind: "accept", verdict: "better", textIn: incumbent, textOut: challenger });
  return true;
}

const words = {
  judged: {
    en: "A calibrated judge preferred it in both orders.",
    ru: "Проверенный судья предпочёл его в обоих порядках.",
  },
} as const;
