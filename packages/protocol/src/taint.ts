import * as z from "zod";
import { Tier } from "./grants.ts";
import { taintSourcesMax } from "./limits.ts";

/** What a text has about it that texts made to steer a model have. */
export const scanLabels = [
  "order",
  "control_token",
  "zero_width",
  "bidi",
  "tags",
  "encoded",
  "mixed_script",
  "exfiltration",
] as const;
export const ScanLabel = z.enum(scanLabels).meta({
  id: "ScanLabel",
  description:
    "What in a text looks made to steer a model. A remark: nothing is refused for it, and a text without one may steer all the same.",
});
export type ScanLabel = z.infer<typeof ScanLabel>;

/** The ids and tiers of a taint: what the journal keeps in its chained header. */
export const taintFacts = {
  sources: z
    .array(z.string())
    .max(taintSourcesMax)
    .describe(
      "Ids of what was read: documents, callers, `tools` for what a client's tools answered, or `attachments`.",
    ),
  tiers: z.array(Tier).min(1),
} as const;

/** What a run that read external text may not do. */
export const runRights = ["memory.write", "mode.write", "net.out", "message.other"] as const;

const figure = z.int().nonnegative();

export const Taint = z
  .strictObject({
    ...taintFacts,
    lost: z.array(z.enum(runRights)).describe("What the run could not do any more."),
    labels: z
      .array(ScanLabel)
      .optional()
      .describe("What in the texts looks made to steer a model."),
    neutralised: z
      .strictObject({ links: figure, images: figure, commands: figure, secrets: figure })
      .describe("How much of the answer was made inert."),
  })
  .meta({
    id: "Taint",
    description: "The answer was made by a model that read external text, or quotes such text.",
  });
export type Taint = z.infer<typeof Taint>;
