import { createHash } from "node:crypto";
import {
  type Document,
  type DocumentList,
  documentMediaTypes,
  type DocumentRequest,
  documentTextBytesMax,
  problem,
  type SearchResults,
  searchResultsDefault,
} from "@adyton/protocol";
import * as z from "zod";
import { type DedupeKey, factsByType } from "../domain/journal/record.ts";
import { ProblemError } from "../domain/problem-error.ts";
import {
  type DocumentInput,
  documentsPerAddMax,
  type SearchClient,
} from "../domain/search/search-contract.ts";
import type { Principal } from "../ports/http.ts";
import type {
  DocumentState,
  JournalPort,
  JournalRecord,
  RecordsPort,
  StatePort,
} from "../ports/journal.ts";
import { breath } from "./breath.ts";
import { mismatch } from "./idempotency.ts";
import { keyedDigest, newId } from "./identifiers.ts";
import { OneByOne } from "./one-by-one.ts";
import { telling } from "./search-problem.ts";

export interface MemoryOptions {
  readonly journal: JournalPort;
  readonly records: RecordsPort;
  readonly state: StatePort;
  readonly search: SearchClient;
  readonly dedupeKey: Uint8Array;
}

/** Rows read with one step; between two steps the event loop is free. */
const stepRows = 50;
/** Bytes of text handed to the index at once. A longer document goes alone. */
const indexBytesMax = 1024 * 1024;
/** Documents in one answer of the list; those that came first. */
const listMax = 10_000;

const DocumentData = z.object({ title: z.string(), source: z.string(), text: z.string() });
const MediaType = z.enum(documentMediaTypes);
const DocumentFacts = factsByType["memory.document.added"];

/** Where a document stands among the others, and what it says. */
interface Place {
  readonly sha256: string;
  readonly source: string;
  readonly sourceKey: string;
}

/**
 * The documents: the journal keeps them, the index finds them. The index follows the journal, one change after another:
 * a document that was replaced meanwhile would come back into the index otherwise, and stay.
 */
export class Memory {
  readonly #options: MemoryOptions;
  readonly #additions = new OneByOne();
  readonly #indexing = new OneByOne();
  #chunks = 0;

  constructor(options: MemoryOptions) {
    this.#options = options;
  }

  /** Documents and chunks, as far as they are indexed. */
  get counts(): { readonly documents: number; readonly chunks: number } {
    return { documents: this.#options.state.documentCount(), chunks: this.#chunks };
  }

  /**
   * Adds a document, or replaces the one of the same source. The same source with the same text changes nothing.
   * It is on disk and found when this resolves. Throws `ProblemError`: `payload_too_large`, `idempotency_mismatch`, or
   * the index's.
   */
  async add(request: DocumentRequest, by: Principal, dedupe?: DedupeKey): Promise<Document> {
    const sha256 = createHash("sha256").update(request.text).digest("hex");
    const source = request.source ?? `${by.id}/${sha256.slice(0, 16)}`;
    // Each person's sources are their own: what one shared, nobody else replaces by naming the same source.
    const reach = request.shared ? "shared" : "own";
    const { dedupeKey } = this.#options;
    const digest = keyedDigest(dedupeKey, "document", by.person, reach, source);
    const sourceKey = digest.toString("base64url");
    const place = { sha256, source, sourceKey };
    return this.#additions.run(sourceKey, () => this.#add(request, by, place, dedupe));
  }

  async #add(
    request: DocumentRequest,
    by: Principal,
    { sha256, source, sourceKey }: Place,
    dedupe: DedupeKey | undefined,
  ): Promise<Document> {
    const bytes = Buffer.byteLength(request.text);
    if (bytes > documentTextBytesMax) {
      throw new ProblemError(
        problem("payload_too_large", {
          detail: `A document has at most ${documentTextBytesMax} bytes; split this one.`,
        }),
      );
    }
    const former = this.#options.state.documentBySource(sourceKey);
    if (former?.sha256 === sha256) return this.#describe(former);
    const document = newId("doc");
    const outcome = await this.#options.journal.append({
      records: [
        {
          origin: "node",
          type: "memory.document.added",
          class: "record",
          owner: by.person,
          actor: by.id,
          tier: by.tier,
          facts: {
            document,
            sourceKey,
            mediaType: request.mediaType,
            sha256,
            bytes,
            shared: request.shared,
          },
          data: { title: request.title, source, text: request.text },
        },
      ],
      dedupe,
      resultOf: dedupe?.key,
    });
    if (outcome.kind === "duplicate" && !outcome.same) throw mismatch();
    await this.#index(former === undefined ? [] : [former.id]);
    const added = this.#options.state.documentBySource(sourceKey);
    if (added === undefined) throw new Error("a document that was written is not there");
    return this.#describe(added);
  }

  /** The document that a record brought, as it was answered then; it may have been replaced since. */
  addedBy(record: JournalRecord): Document {
    const { document, mediaType, sha256, bytes, shared } = DocumentFacts.parse(record.facts);
    const { title, source } = DocumentData.parse(record.data);
    return {
      documentId: document,
      title,
      source,
      mediaType: MediaType.parse(mediaType),
      sha256,
      bytes,
      shared,
      seq: record.seq,
      addedAt: new Date(record.timeMs).toISOString(),
    };
  }

  /**
   * Brings the index up to the journal: after it was lost, from the beginning; after a crash between the two, without
   * what was replaced meanwhile.
   */
  async catchUp(): Promise<void> {
    await this.#index([]);
    const { documents } = await this.#options.search.stats();
    if (documents !== this.#options.state.documentCount()) await this.#index(this.#replaced());
  }

  /** Takes documents out of the index, and adds what the journal has and the index has not. */
  #index(gone: readonly string[]): Promise<void> {
    return this.#indexing.run("index", () =>
      telling(async () => {
        const { search, state } = this.#options;
        for (let at = 0; at < gone.length; at += documentsPerAddMax)
          await search.remove(gone.slice(at, at + documentsPerAddMax));
        let { watermarkSeq } = await search.stats();
        for (;;) {
          const rows = state.documentsAfter(watermarkSeq, stepRows);
          for (const batch of batches(rows))
            await search.add(batch.flatMap((row) => this.#input(row)));
          const last = rows.at(-1);
          if (last === undefined) break;
          watermarkSeq = last.seq;
        }
        this.#chunks = (await search.stats()).chunks;
      }),
    );
  }

  /** The documents that the journal has seen and memory has not any more. */
  #replaced(): string[] {
    const { records, state } = this.#options;
    const gone: string[] = [];
    for (let after = 0; ;) {
      const step = records.after(after, stepRows, "memory.document.added");
      for (const { seq, facts } of step) {
        const { document, sourceKey } = DocumentFacts.parse(facts);
        if (state.documentBySource(sourceKey)?.id !== document) gone.push(document);
        after = seq;
      }
      if (step.length < stepRows) return gone;
    }
  }

  /** What the caller may find: everyone's documents and its own. */
  async list(by: Principal): Promise<DocumentList> {
    const visible = this.#options.state
      .documentsAfter(0, listMax)
      .filter((row) => row.owner === null || row.owner === by.person);
    const documents: Document[] = [];
    for (const row of visible) {
      documents.push(this.#describe(row));
      if (documents.length % stepRows === 0) await breath();
    }
    return { documents, total: documents.length };
  }

  /** Searches what the caller may find. Throws `ProblemError` `busy`, also while the index starts again. */
  async search(
    query: string,
    by: Principal,
    limit: number = searchResultsDefault,
  ): Promise<SearchResults> {
    const { search } = this.#options;
    const result = await telling(() => search.search({ query, owners: [by.person], limit }));
    return {
      query,
      ...result,
      hits: result.hits.map(({ tier: _tier, owner: _owner, ...hit }) => ({
        ...hit,
        heading: [...hit.heading],
      })),
    };
  }

  #data(row: DocumentState): z.infer<typeof DocumentData> | undefined {
    return DocumentData.safeParse(this.#options.records.record(row.seq)?.data).data;
  }

  #input(row: DocumentState): DocumentInput[] {
    const data = this.#data(row);
    if (data === undefined) return [];
    return [
      {
        documentId: row.id,
        owner: row.owner,
        mediaType: row.media_type,
        tier: row.tier,
        seq: row.seq,
        ...data,
      },
    ];
  }

  #describe(row: DocumentState): Document {
    const data = this.#data(row);
    return {
      documentId: row.id,
      title: data?.title ?? "",
      source: data?.source ?? "",
      mediaType: row.media_type,
      sha256: row.sha256,
      bytes: row.bytes,
      shared: row.owner === null,
      seq: row.seq,
      addedAt: new Date(row.time).toISOString(),
    };
  }
}

/** Rows in order, in batches whose texts are not held in memory all at once. */
function* batches(rows: readonly DocumentState[]): Generator<DocumentState[]> {
  let batch: DocumentState[] = [];
  let bytes = 0;
  for (const row of rows) {
    if (batch.length > 0 && bytes + row.bytes > indexBytesMax) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(row);
    bytes += row.bytes;
  }
  if (batch.length > 0) yield batch;
}
