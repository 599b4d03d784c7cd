import * as z from "zod";
import { traceTextCharsMax } from "./limits.ts";

/** Why a run of RECURSIA ended. */
export const recursiaStops = [
  "passed",
  "converged",
  "cycle",
  "no_improvement",
  "calls",
  "tokens",
  "wall",
  "cancelled",
  "upstream",
  "daily_tokens",
] as const;
export type RecursiaStop = (typeof recursiaStops)[number];

/** The kinds of steps a run consists of. */
export const stepKinds = [
  "draft",
  "read",
  "check",
  "vote",
  "claim",
  "revise",
  "choose",
  "map",
  "reduce",
  "accept",
  "reject",
  "stop",
] as const;

/** What a step came to, in a word. */
export const stepVerdicts = [
  "given",
  "made",
  "pass",
  "fail",
  "supported",
  "contradicted",
  "not_found",
  "first",
  "second",
  "undecided",
  "better",
  "worse",
  "majority",
  "tie",
  ...recursiaStops,
] as const;

const figure = z.int().nonnegative();

/** A step's ids and figures: what the journal keeps when the words are erased. */
export const stepFacts = {
  run: z.string(),
  seq: z.int().positive().describe("Its number within the run, from 1."),
  kind: z.enum(stepKinds),
  verdict: z.enum(stepVerdicts),
  call: z.int().positive().optional().describe("The model's call it comes from, from 1."),
  inTokens: figure,
  outTokens: figure,
  ms: figure,
} as const;

/** A step's words. */
export const stepWords = {
  hashIn: z.string().optional().describe("SHA-256 of the whole text before, as base64url."),
  hashOut: z.string().optional().describe("The same of the text after."),
  text: z
    .string()
    .max(traceTextCharsMax)
    .optional()
    .describe("The text the step ended with, cut to its limit."),
  reason: z.string().max(traceTextCharsMax).optional(),
} as const;

export const TraceStep = z.strictObject({ ...stepFacts, ...stepWords }).meta({
  id: "TraceStep",
  description:
    "A step of a run: a draft, a check, a vote, a claim, a verdict. What was done and found, not what a model thought.",
});
export type TraceStep = z.infer<typeof TraceStep>;

export const RethinkReport = z
  .strictObject({
    answer: z.string().describe("The answer itself, without a remark about it."),
    improved: z
      .enum(["yes", "no", "unknown"])
      .describe(
        "Whether something showed it to be better than the first answer, which is given back otherwise.",
      ),
    evidence: z.enum(["checker", "vote", "sources", "judge", "none"]),
    stopReason: z.enum(recursiaStops),
    confidence: z.enum(["high", "low"]).optional().describe("Of an answer that was voted on."),
    changes: z.array(z.string()).describe("What changed and why, a sentence each."),
    cost: z.strictObject({ calls: figure, inTokens: figure, outTokens: figure, ms: figure }),
    traceUrl: z.string(),
  })
  .meta({ id: "RethinkReport", description: "What RECURSIA did to an answer." });
export type RethinkReport = z.infer<typeof RethinkReport>;
