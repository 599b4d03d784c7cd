import * as z from "zod";
import { BlockRequest } from "./blocks.ts";
import { FactRequest } from "./facts.ts";
import { Tier } from "./grants.ts";
import { importLinesMax } from "./limits.ts";
import { DocumentContent } from "./memory.ts";

/** The version of the format. A memory that was exported in a later one is refused. */
export const exportVersion = 1;

const Count = z.int().nonnegative();
const Header = z.strictObject({
  kind: z.literal("header"),
  format: z.literal("adyton-memory"),
  version: z.literal(exportVersion),
});
const ExportedDocument = z.strictObject({
  kind: z.literal("document"),
  ...DocumentContent.required({ source: true }).omit({ ttlSeconds: true, external: true }).shape,
  tier: Tier,
  ingestedBy: z.string().min(1),
  addedAt: z.iso.datetime(),
});
const ExportedFact = z.strictObject({
  kind: z.literal("fact"),
  ...FactRequest.required({ validFrom: true }).shape,
  tier: Tier,
  source: z.string().min(1),
  recordedAt: z.iso.datetime(),
});
const ExportedBlock = z.strictObject({ kind: z.literal("block"), ...BlockRequest.shape });
const Manifest = z.strictObject({
  kind: z.literal("manifest"),
  lines: Count.describe("Lines before this one."),
  documents: Count,
  facts: Count,
  blocks: Count,
});

export const ExportItem = z
  .discriminatedUnion("kind", [Header, ExportedDocument, ExportedFact, ExportedBlock, Manifest])
  .meta({
    id: "ExportItem",
    description: "A part of an exported memory. The header comes first, the manifest last.",
  });
export type ExportItem = z.infer<typeof ExportItem>;

const Hash = z.string().regex(/^[0-9a-f]{64}$/);

export const ExportLine = z
  .strictObject({
    line: z.int().min(1),
    hash: Hash.describe(
      "SHA-256 of the hash of the line before (nothing before the first), a line feed, and the item as JSON with sorted keys and no spaces.",
    ),
    item: ExportItem,
  })
  .meta({ id: "ExportLine", description: "A line of an exported memory." });
export type ExportLine = z.infer<typeof ExportLine>;

export const ImportRequest = z
  .strictObject({
    after: z
      .strictObject({ line: z.int().min(1), hash: Hash })
      .optional()
      .describe(
        "The line that the former part ended with. Without it the lines begin with the first.",
      ),
    // A line that was changed is told by its number, so lines are parsed one by one.
    lines: z.array(z.unknown()).min(1).max(importLinesMax),
  })
  .meta({ id: "ImportRequest", description: "The next lines of an exported memory." });
export type ImportRequest = z.infer<typeof ImportRequest>;

export const ImportReport = z
  .strictObject({
    added: Count,
    unchanged: Count.describe("What memory had already, word for word."),
    line: Count.describe("The last line that was taken; the next part comes after it."),
    hash: Hash,
    complete: z.boolean().describe("Whether that was the manifest."),
  })
  .meta({ id: "ImportReport", description: "What became of imported lines." });
export type ImportReport = z.infer<typeof ImportReport>;
