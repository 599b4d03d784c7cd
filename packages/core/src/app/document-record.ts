import { type Document, documentMediaTypes, Tier } from "@adyton/protocol";
import * as z from "zod";
import { documentTier } from "../domain/journal/document-tier.ts";
import { factsByType } from "../domain/journal/record.ts";
import type { DocumentState, JournalRecord } from "../ports/journal.ts";

const Words = z.object({ title: z.string(), source: z.string(), text: z.string() });
/** What a document says; it is gone where the record was erased. */
export type DocumentWords = z.infer<typeof Words>;

/** The words of the record that brought a document; `undefined` where they were erased. */
export function wordsOf(record: JournalRecord | undefined): DocumentWords | undefined {
  return Words.safeParse(record?.data).data;
}

/** A document as callers see it: from its row, and its words as far as they are there. */
export function describedDocument(
  row: Omit<DocumentState, "owner" | "source_key" | "cause"> & { readonly owner: string | null },
  words: DocumentWords | undefined,
): Document {
  return {
    documentId: row.id,
    title: words?.title ?? "",
    source: words?.source ?? "",
    mediaType: row.media_type,
    sha256: row.sha256,
    ...(row.original_sha256 === null ? {} : { originalSha256: row.original_sha256 }),
    bytes: row.bytes,
    shared: row.owner === null,
    tier: row.tier,
    ingestedBy: row.ingested_by,
    ...(row.expires === null ? {} : { expiresAt: new Date(row.expires).toISOString() }),
    seq: row.seq,
    addedAt: new Date(row.time).toISOString(),
  };
}

const Facts = factsByType["memory.document.added"];
const MediaType = z.enum(documentMediaTypes);

/** The document that a record brought, as it was answered then. */
export function documentOf(record: JournalRecord): Document {
  const facts = Facts.parse(record.facts);
  const { document, mediaType, sha256, bytes, shared } = facts;
  const row = {
    id: document,
    owner: shared ? null : record.owner,
    media_type: MediaType.parse(mediaType),
    sha256,
    bytes,
    tier: Tier.parse(documentTier(facts, record.tier)),
    seq: record.seq,
    time: facts.first?.ms ?? record.timeMs,
    ingested_by: facts.first?.by ?? record.actor,
    expires: facts.expiresMs ?? null,
    original_sha256: facts.originalSha256 ?? null,
  };
  return describedDocument(row, wordsOf(record));
}
