import * as z from "zod";
import { documentTextBytesMax, searchQueryCharsMax, searchResultsMax } from "./limits.ts";

export const documentMediaTypes = [
  "text/markdown",
  "text/plain",
  "text/csv",
  "application/json",
] as const;

export const DocumentRequest = z
  .strictObject({
    title: z.string().min(1).max(300),
    text: z
      .string()
      .min(1)
      .max(documentTextBytesMax)
      .refine(fitsInBytes, { message: `must have at most ${documentTextBytesMax} bytes in UTF-8` }),
    source: z
      .string()
      .min(1)
      .max(512)
      .optional()
      .describe("Where it comes from: a path, an address."),
    mediaType: z.enum(documentMediaTypes).default("text/plain"),
    shared: z
      .boolean()
      .default(false)
      .describe("True: everyone may find it. False: only the principal that added it."),
  })
  .meta({ id: "DocumentRequest", description: "A document for memory." });
export type DocumentRequest = z.infer<typeof DocumentRequest>;

export const Document = z
  .strictObject({
    documentId: z.string(),
    title: z.string(),
    source: z.string(),
    mediaType: z.enum(documentMediaTypes),
    sha256: z.string(),
    bytes: z.int(),
    shared: z.boolean(),
    seq: z.int().describe("The journal record that brought it."),
    addedAt: z.iso.datetime(),
  })
  .meta({ id: "Document", description: "A document in memory, without its text." });
export type Document = z.infer<typeof Document>;

export const DocumentList = z
  .strictObject({ documents: z.array(Document), total: z.int() })
  .meta({ id: "DocumentList", description: "The documents the caller may find." });
export type DocumentList = z.infer<typeof DocumentList>;

export const SearchQuery = z.strictObject({
  q: z.string().min(1).max(searchQueryCharsMax),
  limit: z.coerce.number().int().min(1).max(searchResultsMax).optional(),
});

export const SearchResults = z
  .strictObject({
    query: z.string(),
    retrieval: z
      .enum(["lexical", "hybrid"])
      .describe("By words alone, or by words and by the nearness of vectors."),
    found: z
      .boolean()
      .describe("Whether the best result reaches the floor below which memory says “not found”."),
    hits: z.array(
      z.strictObject({
        documentId: z.string(),
        title: z.string(),
        heading: z.array(z.string()),
        source: z.string(),
        text: z.string(),
        startByte: z.int(),
        endByte: z.int(),
        score: z.number(),
        seq: z.int(),
      }),
    ),
    tookMs: z.number(),
  })
  .meta({ id: "SearchResults", description: "What memory holds on a query, best first." });
export type SearchResults = z.infer<typeof SearchResults>;

/** A unit of a string takes at most three bytes of UTF-8, so most texts need not be encoded to be measured. */
function fitsInBytes(text: string): boolean {
  return (
    text.length * 3 <= documentTextBytesMax ||
    new TextEncoder().encode(text).length <= documentTextBytesMax
  );
}
