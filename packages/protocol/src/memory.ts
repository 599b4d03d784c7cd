import * as z from "zod";
import { Tier } from "./grants.ts";
import {
  documentSecondsMax,
  documentTextBytesMax,
  searchQueryCharsMax,
  searchResultsMax,
} from "./limits.ts";

export const documentMediaTypes = [
  "text/markdown",
  "text/plain",
  "text/csv",
  "text/html",
  "text/x-log",
  "application/json",
  "application/pdf",
] as const;

/** Where a passage comes from, and how far that is trusted. */
export const Provenance = z
  .strictObject({
    source: z.string(),
    tier: Tier,
    ingestedBy: z.string().describe("Who added it: `owner`, or a token."),
    causationId: z
      .int()
      .describe(
        "The journal record it follows from; that of its addition when nothing else caused it.",
      ),
  })
  .meta({ id: "Provenance", description: "Where a passage of memory comes from." });
export type Provenance = z.infer<typeof Provenance>;

/** A document with what is to hold of it; `DocumentRequest` adds what its keys may not be together. */
export const DocumentContent = z.strictObject({
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
  mediaType: z
    .enum(documentMediaTypes)
    .default("text/plain")
    .describe(
      "How the text is divided: by headings (Markdown, and the Markdown taken from HTML), by groups of rows under the " +
        "header (CSV), by path (JSON), by entries (a log), by pages with a form feed between them (PDF).",
    ),
  shared: z
    .boolean()
    .default(false)
    .describe("True: everyone may find it. False: only the principal that added it."),
  external: z
    .boolean()
    .optional()
    .describe(
      "True: the words are somebody else's (a page, a mail, a log). They are read as material alone, and answers made from them are tainted.",
    ),
  expiresAt: z.iso
    .datetime()
    .optional()
    .describe("From then on it is neither found nor quoted. Without it, it stays."),
  ttlSeconds: z
    .int()
    .min(1)
    .max(documentSecondsMax)
    .optional()
    .describe("The same, counted from now."),
  originalSha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional()
    .describe(
      "SHA-256 of the file that the text was taken from, to tell later whether it changed.",
    ),
});

export const DocumentRequest = DocumentContent.refine(
  (request) => request.expiresAt === undefined || request.ttlSeconds === undefined,
  {
    message: "give expiresAt or ttlSeconds, not both",
    path: ["ttlSeconds"],
  },
).meta({ id: "DocumentRequest", description: "A document for memory." });
export type DocumentRequest = z.infer<typeof DocumentRequest>;

export const Document = z
  .strictObject({
    documentId: z.string(),
    title: z.string(),
    source: z.string(),
    mediaType: z.enum(documentMediaTypes),
    sha256: z.string(),
    originalSha256: z.string().optional(),
    bytes: z.int(),
    shared: z.boolean(),
    tier: Tier,
    ingestedBy: z.string(),
    expiresAt: z.iso.datetime().optional(),
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
        provenance: Provenance,
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
