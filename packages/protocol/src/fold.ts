import * as z from "zod";
import { foldLineCharsMax, foldLinesMax, foldMergeMax } from "./limits.ts";
import { quoteCharsMax, Report } from "./report.ts";

/** The arguments of `fold_error`. Without `lines`, a source is read. */
export const FoldArgs = z.strictObject({
  source: z
    .string()
    .regex(/^[a-z][a-z0-9_-]{0,31}$/, "must be lower-case letters, digits, - and _")
    .optional()
    .describe(
      "`node`, the node's own log, or a file registered under `logs`. Left out: `node`. Beside `lines`: what they are remembered as.",
    ),
  window: z
    .string()
    .max(16)
    .optional()
    .describe("How far back: `15m`, `2h`, `1d`, at most `7d`. Left out: `15m`."),
  lines: z
    .union([z.string().min(1), z.array(z.string().max(foldLineCharsMax)).min(1).max(foldLinesMax)])
    .optional()
    .describe("Lines handed in, in place of a source; a text is split at its line ends."),
  input: z
    .string()
    .optional()
    .describe("What follows the command in a message: a source and a window, or the lines."),
});
export type FoldArgs = z.infer<typeof FoldArgs>;

const fingerprintStart = z
  .string()
  .regex(/^fold1:[0-9a-f]{8,64}$/, "must be fold1: and at least 8 of the digest's digits");

/** The arguments of `fold_group`: clusters that count as the first of them, or one that is taken apart. */
export const FoldGroupArgs = z.strictObject({
  source: FoldArgs.shape.source,
  lines: z.boolean().optional().describe("The log was handed in, as `lines` with this source."),
  merge: z.array(fingerprintStart).min(2).max(foldMergeMax).optional(),
  split: fingerprintStart
    .optional()
    .describe("What was merged into it stands for itself again, or else each text of it does."),
  input: z
    .string()
    .optional()
    .describe("What follows the command in a message: a source, `split`, fingerprints."),
});
export type FoldGroupArgs = z.infer<typeof FoldGroupArgs>;

export const FoldGroups = z
  .strictObject({
    kind: z.enum(["merge", "split"]),
    fingerprints: z
      .array(z.string())
      .describe("Of a merge: the first is what the others count as."),
  })
  .meta({ id: "FoldGroups", description: "What was decided about the clusters of a log." });
export type FoldGroups = z.infer<typeof FoldGroups>;

const fingerprint = z.string().describe("`fold1:` and a digest; the version stays with a cluster.");

export const FoldCluster = z
  .strictObject({
    id: z.string().describe("`C` and its rank in this report."),
    fingerprint,
    template: z.string().describe("The lines with every value masked."),
    level: z.enum(["fatal", "error", "warn", "info", "debug"]),
    exception: z.string().nullable(),
    frames: z.array(z.string()),
    count: z.int(),
    firstAt: z.iso.datetime().nullable(),
    lastAt: z.iso.datetime().nullable(),
    writers: z.int().describe("Hosts and programs that wrote it."),
    isNew: z.boolean().nullable().describe("`null`: this source was never folded before."),
    isBurst: z
      .boolean()
      .nullable()
      .describe("More than in the same window of seven earlier days, beyond chance (Poisson)."),
    ratio: z.number().nullable().describe("How many times as often as on those days."),
    exemplars: z.array(
      z.strictObject({
        lineId: z.string(),
        at: z.iso.datetime().nullable(),
        text: z.string().max(quoteCharsMax),
      }),
    ),
  })
  .meta({ id: "FoldCluster", description: "Lines that say the same." });
export type FoldCluster = z.infer<typeof FoldCluster>;

export const FoldHypothesis = z
  .strictObject({
    statement: z.string(),
    clusterIds: z.array(z.string()),
    evidence: z
      .array(z.strictObject({ lineId: z.string(), quote: z.string().max(quoteCharsMax) }))
      .describe("Each quotation stands letter for letter in its line."),
    firstCheck: z.string(),
    confidence: z.enum(["low", "medium", "high"]),
  })
  .meta({
    id: "FoldHypothesis",
    description: "What may be the cause, with lines that bear it out.",
  });

export const FoldReport = Report.extend({
  report: z.literal("fold_error"),
  score: z
    .number()
    .min(0)
    .max(1)
    .nullable()
    .describe("The share of lines without trouble; `null` when a check was skipped."),
  source: z.string().describe("`node`, a registered file's name, or `lines`."),
  window: z.strictObject({ from: z.iso.datetime().nullable(), to: z.iso.datetime().nullable() }),
  read: z
    .strictObject({
      lines: z.int().describe("Lines that were read."),
      folded: z.int().describe("Records in the window; a stack is one."),
      joined: z.int().describe("Lines that belong to the stack of another."),
      outside: z.int().describe("Records older than the window."),
      malformed: z.int().describe("Not of the form they begin with; folded as plain text."),
      cut: z.int().describe("Longer than is looked at."),
      earlierLeftOut: z.boolean().describe("Older lines were not read: the bounds were reached."),
    })
    .describe("What became of the lines."),
  clusters: z.array(FoldCluster),
  clustersLeftOut: z.int(),
  explanation: z
    .enum(["hypotheses", "unknown", "no_model", "model_failed", "nothing_to_explain"])
    .describe("`unknown`: no hypothesis is borne out by the lines."),
  hypotheses: z.array(FoldHypothesis),
  changes: z
    .array(
      z.strictObject({
        seq: z.int(),
        at: z.iso.datetime(),
        type: z.string(),
        minutesBefore: z.number().describe("Before the first trouble of this window."),
      }),
    )
    .describe("Changes in the half hour before, from the journal."),
}).meta({ id: "FoldReport", description: "A log, folded into clusters with checked hypotheses." });
export type FoldReport = z.infer<typeof FoldReport>;
