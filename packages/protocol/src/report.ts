import * as z from "zod";

/** Characters of a quotation from what a report is about. */
export const quoteCharsMax = 300;

/** `partial`: something could not be looked at. A report that is partial has no score: it must not look healthy. */
export const ReportStatus = z.enum(["ok", "warn", "fail", "partial"]);

export const ReportSubject = z.strictObject({
  node: z.string(),
  conversationId: z.string().nullable(),
  mode: z.string(),
  model: z.string().nullable(),
  configHash: z.string(),
  corePromptHash: z.string(),
});

export const Check = z
  .strictObject({
    id: z.string(),
    kind: z.enum(["deterministic", "model"]),
    status: z.enum(["ok", "warn", "fail", "skipped", "error"]),
    measured: z.unknown(),
    threshold: z.unknown(),
    evidence: z
      .array(z.strictObject({ ref: z.string(), quote: z.string().max(quoteCharsMax) }))
      .optional(),
    ms: z.number().optional(),
  })
  .meta({ id: "Check", description: "One thing that a report looked at." });
export type Check = z.infer<typeof Check>;

export const Finding = z
  .strictObject({
    severity: z.enum(["info", "warn", "fail"]),
    title: z.string(),
    checkId: z.string(),
    fix: z
      .strictObject({ command: z.string(), reversible: z.boolean() })
      .optional()
      .describe("A command that mends it. No report executes one."),
  })
  .meta({ id: "Finding", description: "What a report found, from one of its checks." });
export type Finding = z.infer<typeof Finding>;

const Figures = z.record(z.string(), z.unknown());

/** What all reports of the node share; each adds what it alone tells, with `Report.extend`. */
export const Report = z.strictObject({
  report: z.enum(["describe_self", "echo_pulse", "mirror_self", "fold_error"]),
  version: z.literal("1"),
  runId: z.string(),
  at: z.iso.datetime(),
  subject: ReportSubject,
  status: ReportStatus,
  score: z
    .number()
    .min(0)
    .max(1)
    .nullable()
    .describe("`null` when a check that belongs to it was skipped."),
  checks: z.array(Check),
  findings: z.array(Finding),
  tokens: Figures.optional(),
  canary: Figures.optional(),
  delta: Figures.optional().describe("Against the report before: new, fixed, persisting."),
  cost: z.strictObject({
    calls: z.int(),
    inTokens: z.int(),
    outTokens: z.int(),
    ms: z.number(),
  }),
});
export type Report = z.infer<typeof Report>;
