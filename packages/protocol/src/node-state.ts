import * as z from "zod";

export const UsageRow = z.strictObject({
  principal: z.string(),
  day: z.iso.date(),
  messages: z.int(),
  failed: z.int(),
  promptTokens: z.int(),
  completionTokens: z.int(),
  ms: z.int().describe("Milliseconds from admission to answer, added up."),
});
export const Usage = z.strictObject({ since: z.iso.date(), rows: z.array(UsageRow) }).meta({
  id: "Usage",
  description: "Messages, tokens and time by principal and UTC day. No text.",
});
export type Usage = z.infer<typeof Usage>;

export const UsageQuery = z.strictObject({
  days: z.coerce
    .number()
    .int()
    .min(1)
    .max(366)
    .optional()
    .describe("The last so many days; 30 by default."),
});

export const HealthPart = z.strictObject({
  name: z.string(),
  status: z.enum(["ok", "degraded", "failed"]),
  detail: z.string().optional().describe("What is wrong and what to do."),
  since: z.iso.datetime().optional(),
  strangers: z
    .int()
    .optional()
    .describe(
      "For the owner, of a messenger: updates from people who may not speak, since the start. They get no answer.",
    ),
});
const WorkerHealth = z
  .strictObject({
    name: z.string(),
    software: z.string(),
    status: z.enum(["ok", "degraded", "unknown"]),
    stopping: z.boolean(),
    model: z.string(),
    contextTokens: z.int(),
    concurrency: z.int(),
    running: z.int(),
  })
  .meta({ id: "WorkerHealth", description: "A worker that answers for the model elsewhere." });

export const Health = z
  .strictObject({
    status: z
      .enum(["ok", "degraded", "failed"])
      .describe(
        "Failed: nothing is accepted (HTTP 503). Degraded: what needs no model works (HTTP 200).",
      ),
    ready: z
      .boolean()
      .describe(
        "True only while every configured door works, and a model server for chats where any is configured.",
      ),
    version: z.string(),
    uptimeSeconds: z.int(),
    parts: z.array(HealthPart),
    mode: z
      .string()
      .optional()
      .describe("For the owner: the mode of conversations that have none of their own."),
    workers: z
      .array(WorkerHealth)
      .optional()
      .describe("For the owner, where workers are configured: those that were heard of lately."),
  })
  .meta({ id: "Health", description: "Whether the node works, part by part." });
export type Health = z.infer<typeof Health>;

const faultKinds = [
  "missing_record",
  "altered_record",
  "altered_payload",
  "missing_payload",
  "stray_payload",
  "tail_cut",
  "head_invalid",
  "head_missing",
  "altered_state",
  "unreadable",
] as const;
export const VerifyReport = z
  .strictObject({
    clean: z.boolean(),
    records: z.int(),
    erased: z
      .int()
      .describe("Payloads erased on record by retention or forgetting; the chain still verifies."),
    firstSeq: z.int(),
    lastSeq: z.int(),
    headHash: z
      .string()
      .describe("The chain's last hash: note it elsewhere to detect a rollback of everything."),
    faults: z.array(z.strictObject({ kind: z.enum(faultKinds), seq: z.int(), detail: z.string() })),
    tookMs: z.number(),
  })
  .meta({ id: "VerifyReport", description: "Whether the journal is what was written." });
export type VerifyReport = z.infer<typeof VerifyReport>;

export const BackupReport = z
  .strictObject({
    path: z.string(),
    bytes: z.int(),
    lastSeq: z.int(),
    headHash: z.string(),
    tookMs: z.number(),
  })
  .meta({ id: "BackupReport", description: "A backup that was made." });
export type BackupReport = z.infer<typeof BackupReport>;
