import * as z from "zod";
import { blockNameCharsMax, blockTextCharsMax } from "./limits.ts";

export const BlockName = z
  .string()
  .max(blockNameCharsMax)
  .regex(
    /^[\w\u00c0-\u1fff\u2c00-\u2fef\u3040-\ud7ff][\w\u00c0-\u1fff\u2c00-\u2fef\u3040-\ud7ff.-]*$/,
    "must be one word of letters, digits, . _ and -",
  )
  .meta({ id: "BlockName", description: "What a block is called, in any script." });

export const BlockRequest = z
  .strictObject({ name: BlockName, text: z.string().trim().min(1).max(blockTextCharsMax) })
  .meta({ id: "BlockRequest", description: "A block to pin, or its new text." });
export type BlockRequest = z.infer<typeof BlockRequest>;

export const Block = z
  .strictObject({
    name: z.string(),
    text: z.string(),
    version: z.int(),
    tokens: z.int().describe("What it costs in each turn."),
    seq: z.int(),
    changedAt: z.iso.datetime(),
  })
  .meta({ id: "Block", description: "A text that goes along with every turn of its person." });
export type Block = z.infer<typeof Block>;

export const BlockList = z
  .strictObject({ blocks: z.array(Block) })
  .meta({ id: "BlockList", description: "The caller's pinned blocks." });
export type BlockList = z.infer<typeof BlockList>;

const Line = z.strictObject({ change: z.enum(["same", "added", "removed"]), text: z.string() });

export const BlockVersions = z
  .strictObject({
    name: z.string(),
    versions: z.array(
      z.strictObject({
        version: z.int(),
        seq: z.int(),
        changedAt: z.iso.datetime(),
        changedBy: z.string(),
        text: z.string().nullable().describe("Null when it was erased."),
        diff: z.array(Line).describe("Line by line, what changed since the version before."),
      }),
    ),
    more: z.boolean().describe("Whether there are older versions."),
  })
  .meta({ id: "BlockVersions", description: "The versions of a block, newest first." });
export type BlockVersions = z.infer<typeof BlockVersions>;
