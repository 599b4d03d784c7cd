import * as z from "zod";
import { Tier } from "./grants.ts";
import { Expiry } from "./prompt.ts";
import { Report, ReportSubject } from "./report.ts";

const bound = z.int().positive().optional();

const ModeDescription = z
  .strictObject({
    id: z.string(),
    version: z.string(),
    aliases: z.array(z.string()),
    controller: z
      .enum(["model", "extractive", "rag", "recursia", "command"])
      .describe("How an answer comes about."),
    command: z.string().optional().describe("The command that each message runs."),
    own: z.boolean().describe("Whether a file of the owner's defines it."),
    minTier: Tier.describe("Who is trusted less may not use it."),
    budget: z
      .strictObject({ calls: bound, tokens: bound, wallMs: bound })
      .nullable()
      .describe("What a run may use at most, beside the turn's own time."),
    retrieval: z
      .strictObject({
        k: z.int().describe("Passages of memory."),
        sources: z.array(z.string()).describe("Beginnings of the sources read; none, all are."),
      })
      .nullable(),
    generation: z
      .strictObject({ temperature: z.number().optional(), top_p: z.number().optional() })
      .optional(),
    answerTokensMax: bound,
    clientTools: z.boolean().describe("Whether tools that a client sends reach the model."),
    output: z.unknown().optional().describe("The JSON schema that answers are held against."),
    prompt: z.string().optional().describe("Stands behind the core prompt; the owner's to see."),
    summary: z.string(),
  })
  .meta({ id: "Mode", description: "A mode: a versioned execution policy." });

/** The self-description: the first of the reports that share one schema. Generated, never hand-written. */
export const Self = Report.extend({
  report: z.literal("describe_self"),
  runId: z.string().describe("Derived from the content: equal structures have equal ids."),
  at: z.iso.datetime().describe("Since when the node has had this structure."),
  subject: ReportSubject.extend({ software: z.string() }),
  capabilities: z.array(z.string()),
  nodeMode: z
    .strictObject({ mode: z.string(), until: z.iso.datetime(), changedBy: z.string() })
    .nullable()
    .describe(
      "The mode that the owner switched the whole node to, as far as the caller may use it.",
    ),
  modes: z.array(ModeDescription).describe("The modes that the caller may use."),
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
  sent: z
    .strictObject({
      tokens: z.int(),
      core: z.int(),
      mode: z.int(),
      blocks: z.int(),
      overlays: z.int(),
    })
    .describe(
      "Tokens that each turn spends before the conversation and the question, by what they are.",
    ),
  memory: z.strictObject({
    documents: z.int(),
    facts: z.int(),
    proposals: z.int().describe("Facts that wait for a decision, of those the caller may see."),
    blocks: z
      .array(
        z.strictObject({
          name: z.string(),
          text: z.string(),
          version: z.int(),
          tokens: z.int(),
        }),
      )
      .describe("What the caller has pinned, and what it costs in each turn."),
  }),
  retrieval: z
    .enum(["lexical", "hybrid"])
    .describe("By words alone, or by words and by the nearness of vectors."),
  overlays: z.array(z.strictObject({ overlayId: z.string(), text: z.string(), expires: Expiry })),
  caller: z.strictObject({ tier: z.string(), may: z.array(z.string()) }),
  openapi: z.string(),
}).meta({ id: "Self", description: "The node's own structure." });
export type Self = z.infer<typeof Self>;
