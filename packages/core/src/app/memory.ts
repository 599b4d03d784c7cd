import { createHash } from "node:crypto";
import {
  type Bilingual,
  type Document,
  type DocumentList,
  type DocumentRequest,
  documentTextBytesMax,
  problem,
  type SearchResults,
  searchResultsDefault,
} from "@adyton/protocol";
import { type DedupeKey, type Facts, factsByType } from "../domain/journal/record.ts";
import { ProblemError } from "../domain/problem-error.ts";
import type {
  DocumentInput,
  MemoryQuestion,
  SearchClient,
  SearchResult,
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
import { describedDocument, documentOf, type DocumentWords, wordsOf } from "./document-record.ts";
import type { Embedding } from "./embedding.ts";
import { FactIndex } from "./fact-index.ts";
import { mismatch } from "./idempotency.ts";
import { keyedDigest, newId } from "./identifiers.ts";
import { type Changes, type IndexedKind, type IndexedRow, MemoryIndex } from "./memory-index.ts";
import { OneByOne } from "./one-by-one.ts";
import { problemWords } from "./problem-words.ts";
import { provenanceOf } from "./provenance.ts";

export interface MemoryOptions {
  readonly journal: JournalPort;
  readonly records: RecordsPort;
  readonly state: StatePort;
  readonly search: SearchClient;
  readonly dedupeKey: Uint8Array;
  readonly now: () => number;
  /** Where vectors come from; without it words alone decide. */
  readonly embedding?: Pick<Embedding, "ofQuestion" | "wake">;
  readonly indexWaitMsMax?: number | undefined;
  readonly language: keyof Bilingual;
}

/** Rows read with one step; between two steps the event loop is free. */
const stepRows = 50;
/** Bytes of text read from the journal for a list before the event loop is free again. */
const stepBytesMax = 4 * 1024 * 1024;
/** Documents in one answer of the list; those that came first. */
const listMax = 10_000;

const DocumentFacts = factsByType["memory.document.added"];

type FirstAdded = NonNullable<Facts<"memory.document.added">["first"]>;

/** Where a document stands among the others, and what it says. */
interface Place {
  readonly sha256: string;
  readonly source: string;
  readonly sourceKey: string;
}

/** The documents, and the search over all that memory holds: the journal keeps it, the index finds it. */
export class Memory implements IndexedKind {
  readonly #options: MemoryOptions;
  readonly #additions = new OneByOne();
  readonly index: MemoryIndex;

  constructor(options: MemoryOptions) {
    const { records, state, search, embedding, indexWaitMsMax: waitMsMax, language, now } = options;
    this.#options = options;
    const kinds = [this, new FactIndex(records, state)];
    this.index = new MemoryIndex({ search, kinds, embedding, waitMsMax, language, now });
  }

  /** The documents of everybody. */
  get documentCount(): number {
    return this.#options.state.documentCount();
  }

  /**
   * Adds a document, or replaces the one of the same source. The same source with the same text changes nothing.
   * It is on disk when this resolves, and found. An index that fails just then catches up before the next search: the
   * journal has the document, so to refuse it would be untrue. Throws `ProblemError`: `payload_too_large`,
   * `idempotency_mismatch`, or the journal's.
   */
  async add(request: DocumentRequest, by: Principal, dedupe?: DedupeKey): Promise<Document> {
    const place = this.#placeOf(request, by);
    return this.#additions.run(place.sourceKey, async () => {
      const written = await this.#write(request, by, place, dedupe);
      if (written.kind === "written") await this.index.soon({ gone: written.gone });
      const added = this.#options.state.documentBySource(place.sourceKey);
      if (added === undefined) throw new Error("a document that was written is not there");
      return this.#describe(added);
    });
  }

  /**
   * Adds many documents with few commits. What has not changed costs a look. They are indexed by `prepare`, or before the
   * next search.
   */
  async addAll(requests: readonly DocumentRequest[], by: Principal): Promise<void> {
    const written = await Promise.all(
      requests.map((request) => {
        const place = this.#placeOf(request, by);
        return this.#additions.run(place.sourceKey, () =>
          this.#write(request, by, place, undefined),
        );
      }),
    );
    for (const each of written) if (each.kind === "written") this.index.later({ gone: each.gone });
  }

  /** Takes over a document from another memory, with who brought it there and when; false when it is here already. */
  async carryOver(request: DocumentRequest, first: FirstAdded, by: Principal): Promise<boolean> {
    const place = this.#placeOf(request, by);
    const written = await this.#additions.run(place.sourceKey, () =>
      this.#write({ ...request, first }, by, place, undefined),
    );
    if (written.kind === "written") this.index.later({ gone: written.gone });
    return written.kind === "written";
  }

  /** Where a document stands. Each person's sources are their own: what one shared, nobody else replaces. */
  #placeOf(request: DocumentRequest, by: Principal): Place {
    const sha256 = createHash("sha256").update(request.text).digest("hex");
    const source = request.source ?? `${by.id}/${sha256.slice(0, 16)}`;
    const reach = request.shared ? "shared" : "own";
    const { dedupeKey } = this.#options;
    const digest = keyedDigest(dedupeKey, "document", by.person, reach, source);
    return { sha256, source, sourceKey: digest.toString("base64url") };
  }

  /** Puts a document into the journal, unless it is there already. `gone` is what it replaces. */
  async #write(
    request: DocumentRequest & { readonly first?: FirstAdded },
    by: Principal,
    { sha256, source, sourceKey }: Place,
    dedupe: DedupeKey | undefined,
  ): Promise<
    { readonly kind: "unchanged" } | { readonly kind: "written"; readonly gone: string[] }
  > {
    const bytes = Buffer.byteLength(request.text);
    if (bytes > documentTextBytesMax) {
      throw new ProblemError(
        problem("payload_too_large", {
          detail: problemWords.documentTooLarge[this.#options.language],
        }),
      );
    }
    const former = this.#options.state.documentBySource(sourceKey);
    const expiresMs = this.#expiryOf(request);
    const isExternal = request.external === true;
    const isSame =
      former?.sha256 === sha256 &&
      former.expires === (expiresMs ?? null) &&
      (former.tier === "external") === isExternal;
    if (isSame) return { kind: "unchanged" };
    const { originalSha256, first } = request;
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
            document: newId("doc"),
            sourceKey,
            mediaType: request.mediaType,
            sha256,
            bytes,
            shared: request.shared,
            ...(expiresMs === undefined ? {} : { expiresMs }),
            ...(originalSha256 === undefined ? {} : { originalSha256 }),
            ...(isExternal ? { external: true } : {}),
            ...(first === undefined ? {} : { first }),
          },
          data: { title: request.title, source, text: request.text },
        },
      ],
      dedupe,
      resultOf: dedupe?.key,
    });
    if (outcome.kind === "duplicate" && !outcome.same) throw mismatch();
    return { kind: "written", gone: former === undefined ? [] : [former.id] };
  }

  #expiryOf({ expiresAt, ttlSeconds }: DocumentRequest): number | undefined {
    if (expiresAt !== undefined) return Date.parse(expiresAt);
    return ttlSeconds === undefined ? undefined : this.#options.now() + ttlSeconds * 1_000;
  }

  /** The document that a record brought, as it was answered then; it may have been replaced since. */
  addedBy(record: JournalRecord): Document {
    return documentOf(record);
  }

  count(): number {
    return this.documentCount;
  }

  after(seq: number, limit: number): readonly IndexedRow[] {
    return this.#options.state.documentsAfter(seq, limit);
  }

  inputs(id: string): readonly DocumentInput[] {
    const row = this.#options.state.document(id);
    return row === undefined ? [] : this.#input(row);
  }

  /** The documents that the journal has seen and memory has not any more. */
  async changes(): Promise<Changes> {
    const { records, state } = this.#options;
    const gone: string[] = [];
    for (let after = 0; ;) {
      const step = records.headersAfter(after, stepRows, "memory.document.added");
      for (const { seq, facts } of step) {
        const { document, sourceKey } = DocumentFacts.parse(facts);
        if (state.documentBySource(sourceKey)?.id !== document) gone.push(document);
        after = seq;
      }
      if (step.length < stepRows) return { gone };
      await breath();
    }
  }

  /** What the caller may find: everyone's documents and its own. */
  async list(by: Principal): Promise<DocumentList> {
    const nowMs = this.#options.now();
    const visible = this.#options.state
      .documentsAfter(0, listMax)
      .filter((row) => row.owner === null || row.owner === by.person)
      .filter(({ expires }) => expires === null || expires > nowMs);
    const documents: Document[] = [];
    let stepBytes = 0;
    for (const row of visible) {
      documents.push(this.#describe(row));
      stepBytes += row.bytes;
      if (documents.length % stepRows !== 0 && stepBytes < stepBytesMax) continue;
      stepBytes = 0;
      await breath();
    }
    return { documents, total: documents.length };
  }

  /** Searches what the caller may find. Throws `ProblemError` `busy`, also while the index starts again. */
  async search(
    query: string,
    by: Principal,
    limit: number = searchResultsDefault,
  ): Promise<SearchResults> {
    const result = await this.find({ query, owners: [by.person], limit });
    return {
      query,
      ...result,
      hits: result.hits.map((hit) => {
        const { tier: _tier, owner: _owner, ingestedBy: _by, cause: _cause, ...shown } = hit;
        return { ...shown, heading: [...hit.heading], provenance: provenanceOf(hit) };
      }),
    };
  }

  /** Searches the index once it has caught up with the journal. Throws `ProblemError` `busy` while that takes long. */
  find(question: MemoryQuestion): Promise<SearchResult> {
    return this.index.find(question);
  }

  /** Brings the index up to the journal. */
  prepare(): Promise<void> {
    return this.index.prepare();
  }

  #data(row: DocumentState): DocumentWords | undefined {
    return wordsOf(this.#options.records.record(row.seq));
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
        ingestedBy: row.ingested_by,
        cause: row.cause,
        expiresMs: row.expires,
        seq: row.seq,
        ...data,
      },
    ];
  }

  #describe(row: DocumentState): Document {
    return describedDocument(row, this.#data(row));
  }
}
