import * as z from "zod";
import {
  factAttributeCharsMax,
  factPageMax,
  factSubjectCharsMax,
  factValueCharsMax,
} from "./limits.ts";

const words = {
  subject: z.string().trim().min(1).max(factSubjectCharsMax).describe("Whom or what it is about."),
  attribute: z.string().trim().min(1).max(factAttributeCharsMax).describe("What of it is told."),
  value: z.string().trim().min(1).max(factValueCharsMax),
};
const Confidence = z.number().min(0).max(1);
const Time = z.iso.datetime({ offset: true });

export const FactRequest = z
  .strictObject({
    ...words,
    validFrom: Time.optional().describe("Since when it holds; from now on unless told otherwise."),
    validTo: Time.optional().describe("Until when; until another value takes its place."),
    confidence: Confidence.default(1).describe("How sure it is."),
    shared: z
      .boolean()
      .default(false)
      .describe("True: everyone may find it. False: only the person whose fact it is."),
  })
  .meta({ id: "FactRequest", description: "A fact to remember." });
export type FactRequest = z.infer<typeof FactRequest>;

const told = {
  subject: z.string(),
  attribute: z.string(),
  value: z.string(),
  confidence: Confidence,
  shared: z.boolean(),
  tier: z.string().describe("How far whoever said it is trusted."),
  source: z.string().describe("Who said it."),
  seq: z.int().describe("The journal record that brought it."),
};

export const factStatuses = ["holds", "ended", "later", "retracted"] as const;

export const Fact = z
  .strictObject({
    factId: z.string(),
    ...told,
    status: z
      .enum(factStatuses)
      .describe("Whether it holds now, has ended, begins later, or was never so."),
    validFrom: z.iso.datetime(),
    validTo: z.iso.datetime().nullable(),
    recordedAt: z.iso.datetime(),
    retractedAt: z.iso.datetime().optional(),
    sourceEventId: z.int().describe("The record it was first said in: of a proposal, its own."),
    supersedes: z.string().nullable().describe("The fact whose place it took."),
    supersededBy: z.string().nullable().describe("The fact that took its place."),
  })
  .meta({ id: "Fact", description: "What holds of something from one time to another." });
export type Fact = z.infer<typeof Fact>;

export const Proposal = z
  .strictObject({
    proposalId: z.string(),
    ...told,
    validFrom: z.iso.datetime().nullable(),
    validTo: z.iso.datetime().nullable(),
    proposedAt: z.iso.datetime(),
    expiresAt: z.iso.datetime().describe("Without a decision it is dropped then."),
  })
  .meta({ id: "Proposal", description: "A fact that waits for the owner's decision." });
export type Proposal = z.infer<typeof Proposal>;

export const FactOutcome = z
  .discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("stored"), fact: Fact }),
    z.strictObject({ kind: z.literal("unchanged"), fact: Fact }),
    z.strictObject({ kind: z.literal("proposed"), proposal: Proposal }),
  ])
  .meta({ id: "FactOutcome", description: "What became of a fact that was handed in." });
export type FactOutcome = z.infer<typeof FactOutcome>;

const flag = z.literal("true");

export const FactQuery = z.strictObject({
  subject: z.string().trim().min(1).max(factSubjectCharsMax).optional(),
  attribute: z
    .string()
    .trim()
    .min(1)
    .max(factAttributeCharsMax)
    .optional()
    .describe("With `subject`."),
  at: Time.optional().describe("What held at this time; now unless told otherwise."),
  history: flag.optional().describe("Whatever was told, also what has ended or was retracted."),
  conflicting: flag
    .optional()
    .describe("Only what holds at the same time as another value of the same."),
  after: z.coerce.number().int().nonnegative().optional(),
  limit: z.coerce.number().int().min(1).max(factPageMax).optional(),
});
export type FactQuery = z.infer<typeof FactQuery>;

export const FactList = z
  .strictObject({
    facts: z.array(Fact),
    next: z.int().describe("`after` of the next page."),
    more: z.boolean(),
  })
  .meta({ id: "FactList", description: "Facts the caller may find, oldest first." });
export type FactList = z.infer<typeof FactList>;

export const ProposalList = z.strictObject({ proposals: z.array(Proposal) }).meta({
  id: "ProposalList",
  description: "What waits for a decision: of everybody for the owner, its own for a source.",
});
export type ProposalList = z.infer<typeof ProposalList>;
