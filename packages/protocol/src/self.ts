import * as z from "zod";
import { Expiry } from "./prompt.ts";
import { Report, ReportSubject } from "./report.ts";

/** The self-description: the first of the reports that share one schema. Generated, never hand-written. */
export const Self = Report.extend({
  report: z.literal("describe_self"),
  runId: z.string().describe("Derived from the content: equal structures have equal ids."),
  at: z.iso.datetime().describe("Since when the node has had this structure."),
  subject: ReportSubject.extend({ software: z.string() }),
  capabilities: z.array(z.string()),
  modes: z.array(z.strictObject({ id: z.string(), version: z.string(), summary: z.string() })),
  commands: z.array(
    z.strictObject({
      name: z.string(),
      forms: z.array(z.string()),
      summary: z.string(),
      changes: z.string(),
      allowed: z.boolean().describe("Whether the caller may use it."),
    }),
  ),
  routes: z.array(
    z.strictObject({ id: z.string(), method: z.string(), path: z.string(), needs: z.string() }),
  ),
  backends: z
    .array(
      z.strictObject({
        name: z.string(),
        kind: z.enum(["openai", "extractive"]),
        roles: z.array(z.string()).describe("What it is used for."),
        model: z.string().nullable(),
        status: z.enum(["ok", "degraded", "unknown"]),
        contextTokens: z.int().nullable(),
        address: z.string().optional().describe("Shown to the owner only."),
      }),
    )
    .describe("The model servers, without addresses for callers below the owner."),
  limits: z.record(z.string(), z.number()),
  corePrompt: z.strictObject({
    tokens: z.int(),
    text: z
      .string()
      .optional()
      .describe("What is sent to the model first; shown to the owner only."),
  }),
  memory: z.strictObject({ documents: z.int() }),
  retrieval: z
    .enum(["lexical", "hybrid"])
    .describe("By words alone, or by words and by the nearness of vectors."),
  overlays: z.array(z.strictObject({ overlayId: z.string(), text: z.string(), expires: Expiry })),
  caller: z.strictObject({ tier: z.string(), may: z.array(z.string()) }),
  openapi: z.string(),
}).meta({ id: "Self", description: "The node's own structure." });
export type Self = z.infer<typeof Self>;
