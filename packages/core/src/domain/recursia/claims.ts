import * as z from "zod";
import { sentences } from "../search/sentences.ts";
import type { Language } from "../search/terms.ts";
import type { Passage } from "./asking.ts";
import { numbersIn } from "./canonical.ts";
import { type Finding, isBetter, passed, runChecks } from "./checker.ts";
import { literalQuote } from "./literal.ts";
import { claimsMax, fenced, jsonIn, prompts, schemas } from "./prompts.ts";
import { check, kept, type Run, type Settled, tell } from "./run.ts";

const Claims = z.object({ claims: z.array(z.object({ sentence: z.int(), question: z.string() })) });
const Verdict = z.object({
  verdict: z.enum(["supported", "contradicted", "not_found"]),
  quote: z.string(),
});
const Rewrites = z.object({ rewrites: z.array(z.object({ sentence: z.int(), text: z.string() })) });

interface Claim {
  /** Which sentence of the answer states it, counted from 1. */
  readonly sentence: number;
  readonly question: string;
}

interface Judged extends Claim {
  readonly verdict: "supported" | "contradicted" | "not_found";
  readonly quote: string;
}

/**
 * Factored verification (Chain-of-Verification, arXiv 2309.11495): the answer's statements become questions, and each is
 * held against the passages in a context of its own that has never seen the answer. What counts is a quotation that
 * stands in a passage literally. Only sentences whose statements fail are written anew; the others stay as they are.
 */
export async function verifyClaims(
  run: Run,
  first: string,
  passages: readonly Passage[],
): Promise<Settled> {
  const besideTokens = passages.reduce((sum, { text }) => sum + run.budget.count(text), 0);
  run.budget.measure({ besideTokens });
  const before = check(run, first);
  const parts = sentences(first).map(({ start, end }) => first.slice(start, end));
  const claims = await findClaims(run, parts);
  if (!Array.isArray(claims)) return kept(first, claims.stopped);
  const judged: Judged[] = [];
  for (const claim of claims) {
    const verdict = await judge(run, claim, { parts, passages });
    if ("stopped" in verdict) return kept(first, verdict.stopped);
    judged.push(verdict);
  }
  const failed = judged.filter(({ verdict }) => verdict !== "supported");
  const isShown = judged.some(({ verdict }) => verdict !== "not_found");
  if (failed.length === 0 || !isShown) {
    const evidence = failed.length === 0 && judged.length > 0 ? "sources" : "none";
    return kept(first, judged.length > 0 && failed.length === 0 ? "passed" : "no_improvement", {
      evidence,
    });
  }
  return rewriteFailed(run, first, { parts, failed, passages, before: before.faults });
}

type Stopped = { readonly stopped: Settled["stopReason"] };

async function findClaims(run: Run, parts: readonly string[]): Promise<Claim[] | Stopped> {
  const { budget, language, question } = run;
  const asked = await budget.ask({
    purpose: "claims",
    about: "alone",
    messages: [{ role: "user", content: prompts.claims[language](question, numbered(parts)) }],
    temperature: 0.2,
    schema: schemas.claims,
    byVerifier: false,
  });
  if (asked.kind === "stopped") return { stopped: asked.reason };
  const parsed = Claims.safeParse(jsonIn(asked.text));
  const found = parsed.success ? parsed.data.claims : [];
  // The last call is for rewriting what fails.
  const room = Math.max(0, Math.min(claimsMax, budget.callsLeft - 1));
  const claims = found
    .filter(({ sentence }) => sentence >= 1 && sentence <= parts.length)
    .slice(0, room);
  tell(
    run,
    { kind: "claim", verdict: "made", reason: claims.map((each) => each.question).join("\n") },
    asked,
  );
  return claims;
}

/** One claim, by a model that sees the question and the passages and nothing of the answer. */
async function judge(
  run: Run,
  claim: Claim,
  { parts, passages }: { readonly parts: readonly string[]; readonly passages: readonly Passage[] },
): Promise<Judged | Stopped> {
  const { budget, language, question } = run;
  // A question that repeats the answer's words would show the verifier what it must not see.
  if (parts.some((part) => claim.question.includes(part)))
    return { ...claim, verdict: "not_found", quote: "" };
  const { text: sources, unmarked } = fenced(passages, run.nonce);
  const content = prompts.verify[language](question, claim.question, sources);
  const asked = await budget.ask({
    purpose: "verify",
    about: "alone",
    messages: [{ role: "user", content }],
    temperature: 0,
    schema: schemas.verdict,
    byVerifier: true,
  });
  if (asked.kind === "stopped") return { stopped: asked.reason };
  const parsed = Verdict.safeParse(jsonIn(asked.text));
  const said = parsed.success ? parsed.data : { verdict: "not_found" as const, quote: "" };
  const copied = unmarked(said.quote);
  const quote = passages.flatMap(({ text }) => literalQuote(copied, text) ?? [])[0];
  // Without words that stand in a source there is no verdict, whatever the model says.
  const verdict = quote === undefined ? "not_found" : said.verdict;
  tell(
    run,
    {
      kind: "claim",
      verdict,
      reason: claim.question,
      ...(quote === undefined ? {} : { textOut: quote }),
    },
    asked,
  );
  return { ...claim, verdict, quote: quote ?? "" };
}

interface Failures {
  readonly parts: readonly string[];
  readonly failed: readonly Judged[];
  readonly passages: readonly Passage[];
  readonly before: readonly number[];
}

async function rewriteFailed(
  run: Run,
  first: string,
  { parts, failed, passages, before }: Failures,
): Promise<Settled> {
  const { budget, language } = run;
  const list = failed
    .map(
      ({ sentence, question, quote }) =>
        `[${sentence}] ${question}${quote === "" ? "" : ` “${quote}”`}`,
    )
    .join("\n");
  const asked = await budget.ask({
    purpose: "revise",
    about: "alone",
    messages: [{ role: "user", content: prompts.rewrite[language](numbered(parts), list) }],
    temperature: 0.4,
    schema: schemas.rewrites,
    byVerifier: false,
  });
  if (asked.kind === "stopped") return kept(first, asked.reason);
  const parsed = Rewrites.safeParse(jsonIn(asked.text));
  const allowed = new Set(failed.map(({ sentence }) => sentence));
  const rewrites = new Map(
    (parsed.success ? parsed.data.rewrites : [])
      .filter(({ sentence }) => allowed.has(sentence))
      .map(({ sentence, text }) => [sentence, text.trim()]),
  );
  const answer = assemble(first, rewrites);
  tell(run, { kind: "revise", verdict: "made", textIn: first, textOut: answer }, asked);
  // Gate: the failed statements must be gone, no check may get worse, and new figures must stand in a source.
  const unmended = (text: string): number =>
    failed.filter(({ sentence }) => text.includes(parts[sentence - 1] ?? "\u0000")).length;
  const known = [first, run.question, ...passages.map((passage) => passage.text)];
  const invented = ungrounded(known, [...rewrites.values()], language);
  const after = runChecks(run.checkers, answer);
  const was = { faults: [unmended(first), 0, ...before], message: "" };
  const is = { faults: [unmended(answer), invented.faults, ...after.faults], message: "" };
  if (answer === "" || !isBetter(is, was)) {
    const reason = [invented.message, after.message].filter((text) => text !== "").join("\n");
    tell(run, { kind: "reject", verdict: "worse", textIn: answer, reason });
    return kept(first, "no_improvement", { evidence: "none" });
  }
  const changes = failed.map(({ question, verdict, quote }) =>
    words[verdict === "contradicted" ? "contradicted" : "notFound"][language](question, quote),
  );
  tell(run, {
    kind: "accept",
    verdict: "better",
    textIn: first,
    textOut: answer,
    reason: changes.join("\n"),
  });
  return { answer, improved: "yes", evidence: "sources", stopReason: "passed", changes };
}

/** The answer with some of its sentences replaced, and everything between them as it was. */
function assemble(first: string, rewrites: ReadonlyMap<number, string>): string {
  let text = "";
  let at = 0;
  for (const [index, { start, end }] of sentences(first).entries()) {
    const rewrite = rewrites.get(index + 1);
    if (rewrite === undefined) continue;
    text += first.slice(at, start) + rewrite;
    at = end;
  }
  return (text + first.slice(at)).replaceAll(/[ \t]{2,}/gu, " ").trim();
}

/** Figures of the rewritten sentences that stand neither in a passage nor in the first answer. */
function ungrounded(
  known: readonly string[],
  rewritten: readonly string[],
  language: Language,
): Finding {
  const grounded = new Set(known.flatMap(numbersIn));
  const strange = rewritten.flatMap(numbersIn).filter((number) => !grounded.has(number));
  if (strange.length === 0) return passed;
  return { faults: strange.length, message: words.ungrounded[language](strange.join(", ")) };
}

const numbered = (parts: readonly string[]): string =>
  parts.map((part, index) => `[${index + 1}] ${part}`).join("\n");

const words = {
  contradicted: {
    en: (claim: string, quote: string) => `${claim} No: “${quote}”.`,
    ru: (claim: string, quote: string) => `${claim} Нет: «${quote}».`,
  },
  notFound: {
    en: (claim: string, _quote: string) => `${claim} The sources do not say so.`,
    ru: (claim: string, _quote: string) => `${claim} В источниках этого нет.`,
  },
  ungrounded: {
    en: (figures: string) => `Figures from nowhere: ${figures}.`,
    ru: (figures: string) => `Числа ниоткуда: ${figures}.`,
  },
} as const;
