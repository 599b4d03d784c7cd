import * as z from "zod";
import { Recall, ReportDelta } from "./echo.ts";
import { Report } from "./report.ts";

const share = z.number().min(0).max(1);

export const MirrorReport = Report.extend({
  report: z.literal("mirror_self"),
  delta: ReportDelta,
  canary: Recall.optional(),
  judge: z
    .strictObject({
      sensitivity: share.describe("The share of wrong answers it finds."),
      specificity: share.describe("The share of right answers it lets pass."),
      isUnlocked: z.boolean().describe("Whether RECURSIA lets it choose between drafts."),
    })
    .optional()
    .describe("What the model was measured to be as a judge."),
}).meta({
  id: "MirrorReport",
  description: "The node and its model, examined in full. Nothing that it proposes was executed.",
});
export type MirrorReport = z.infer<typeof MirrorReport>;
