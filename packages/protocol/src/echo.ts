import * as z from "zod";
import { Report } from "./report.ts";

const checkIds = z.array(z.string());

/** What changed since the report before it of the same kind on the same conversation. */
export const ReportDelta = z.strictObject({
  previous: z.string().nullable().describe("The run it is compared with; `null` for the first."),
  new: checkIds.describe("Checks that were well and are not."),
  fixed: checkIds.describe("Checks that were not well and are."),
  persisting: checkIds.describe("Checks that are still not well."),
  hash: z
    .string()
    .describe("SHA-256 of what the deterministic checks found: equal states, equal hashes."),
  unchanged: z.boolean().describe("Whether the report before had the same hash."),
});
export type ReportDelta = z.infer<typeof ReportDelta>;

/** What a model recalls of its context. */
export const Recall = z
  .record(z.enum(["10", "50", "90"]), z.union([z.literal(0), z.literal(1)]))
  .describe("Per depth of the context, in percent: whether the model saw what stands there.");

export const EchoReport = Report.extend({
  report: z.literal("echo_pulse"),
  canary: Recall.optional(),
  delta: ReportDelta,
}).meta({
  id: "EchoReport",
  description: "A fast check of a conversation's context. Nothing that it proposes was executed.",
});
export type EchoReport = z.infer<typeof EchoReport>;
