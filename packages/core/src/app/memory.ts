import { createHash } from "node:crypto";
import {
  type Document,
  type DocumentList,
  type DocumentRequest,
  documentTextBytesMax,
  problem,
  type SearchResults,
  searchResultsDefault,
} from "@adyton/protocol";
import { type DedupeKey, factsByType } from "../domain/journal/record.ts";
import { ProblemError } from "../domain/problem-error.ts";
import {
  type DocumentInput,
  documentsPerAddMax,
  type MemoryQuestion,
  type SearchClient,
  SearchError,
  type SearchResult,
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
import { mismatch } from "./idempotency.ts";
import { keyedDigest, newId } from "./identifiers.ts";
import { OneByOne } from "./one-by-one.ts";
import { provenanceOf } from "./provenance.ts";
import { telling } from "./search-problem.ts";

export interface MemoryOptions {
  readonly journal: JournalPort;
  readonly records: RecordsPort;
  readonly state: StatePort;
  readonly search: SearchClient;
  readonly dedupeKey: Uint8Array;
  readonly now: () => number;
  /** Where vectors come from; without it words alone decide. */
  readonly embedding?: Pick<Embedding, "ofQuestion" | "wake">;
}

/** Rows read with one step; between two steps the event loop is free. */
const stepRows = 50;
/** Bytes of text read from the journal for a list before the event loop is free again. */
const stepBytesMax = 4 * 1024 * 1024;
/** Bytes of text handed to the index at once. A longer document goes alone. */
const indexBytesMax = 1024 * 1024;
/** Documents in one answer of the list; those that came first. */
const listMax = 10_000;

/** Milliseconds a search waits for an index that is behind, and seconds after which it is worth another try. */
const prepareWaitMsMax = 5_000;
const retryIndexSeconds = 5;

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
  /** Documents that were replaced and that the index may still have. */
  readonly #leaving = new Set<string>();
  #prepared: Promise<void> | undefined;

  constructor(options: MemoryOptions) {
    this.#options = options;
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
      if (written.kind === "written") await this.#indexSoon(written.gone);
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
    for (const each of written) {
      if (each.kind === "unchanged") continue;
      this.#prepared = undefined;
      for (const id of each.gone) this.#leaving.add(id);
    }
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
    request: DocumentRequest,
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
          detail: `A document has at most ${documentTextBytesMax} bytes; split this one.`,
        }),
      );
    }
    const former = this.#options.state.documentBySource(sourceKey);
    const expiresMs = this.#expiryOf(request);
    if (former?.sha256 === sha256 && former.expires === (expiresMs ?? null))
      return { kind: "unchanged" };
    const { originalSha256 } = request;
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

  /**
   * Brings the index up to the journal, once: after it was lost, from the beginning; after a crash between the two,
   * without what was replaced meanwhile. A failure is thrown, and the next call tries again.
   */
  prepare(): Promise<void> {
    this.#prepared ??= this.#catchUp().catch((error: unknown) => {
      this.#prepared = undefined;
      throw error;
    });
    return this.#prepared;
  }

  async #catchUp(): Promise<void> {
    await this.#index([]);
    const { documents } = await this.#options.search.stats();
    if (documents !== this.documentCount) await this.#index(await this.#replaced());
  }

  /** Indexes now, or before the next search when it cannot be done now: that one is told what is wrong. */
  async #indexSoon(gone: readonly string[]): Promise<void> {
    try {
      await this.#index(gone);
    } catch {
      // The next search prepares the index again, and is told when that fails.
    }
  }

  /** Takes documents out of the index, and adds what the journal has and the index has not. */
  async #index(gone: readonly string[]): Promise<void> {
    for (const id of gone) this.#leaving.add(id);
    try {
      await this.#indexing.run("index", () => telling(() => this.#bringUp()));
      this.#options.embedding?.wake();
    } catch (error) {
      this.#prepared = undefined;
      throw error;
    }
  }

  async #bringUp(): Promise<void> {
    const { search, state } = this.#options;
    const leaving = [...this.#leaving];
    for (let at = 0; at < leaving.length; at += documentsPerAddMax) {
      const ids = leaving.slice(at, at + documentsPerAddMax);
      await search.remove(ids);
      for (const id of ids) this.#leaving.delete(id);
    }
    let { watermarkSeq } = await search.stats();
    for (;;) {
      const rows = state.documentsAfter(watermarkSeq, stepRows);
      for (const batch of batches(rows)) await this.#indexBatch(batch);
      const last = rows.at(-1);
      if (last === undefined) return;
      watermarkSeq = last.seq;
    }
  }

  /** A document that the index refuses, for having too many passages, is kept and not found; the others go on. */
  async #indexBatch(rows: readonly DocumentState[]): Promise<void> {
    try {
      await this.#options.search.add(rows.flatMap((row) => this.#input(row)));
    } catch (error) {
      if (!(error instanceof SearchError) || error.code !== "refused") throw error;
      if (rows.length > 1) for (const row of rows) await this.#indexBatch([row]);
    }
  }

  /** The documents that the journal has seen and memory has not any more. */
  async #replaced(): Promise<string[]> {
    const { records, state } = this.#options;
    const gone: string[] = [];
    for (let after = 0; ;) {
      const step = records.headersAfter(after, stepRows, "memory.document.added");
      for (const { seq, facts } of step) {
        const { document, sourceKey } = DocumentFacts.parse(facts);
        if (state.documentBySource(sourceKey)?.id !== document) gone.push(document);
        after = seq;
      }
      if (step.length < stepRows) return gone;
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
  async find(asked: MemoryQuestion): Promise<SearchResult> {
    const query = { ...asked, nowMs: this.#options.now() };
    const [vector] = await Promise.all([
      this.#options.embedding?.ofQuestion(query.query),
      this.#readySoon(),
    ]);
    const whole = vector === undefined ? query : { ...query, vector };
    return telling(() => this.#options.search.search(whole));
  }

  async #readySoon(): Promise<void> {
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      const detail = "Memory is being indexed; try again in a while.";
      reject(new ProblemError(problem("busy", { detail, retryAfterSeconds: retryIndexSeconds })));
    }, prepareWaitMsMax);
    try {
      await Promise.race([this.prepare(), late]);
    } finally {
      clearTimeout(timer);
    }
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
