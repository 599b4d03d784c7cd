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
import * as z from "zod";
import type { DedupeKey } from "../domain/journal/record.ts";
import { ProblemError } from "../domain/problem-error.ts";
import {
  type DocumentInput,
  type SearchClient,
  SearchError,
} from "../domain/search/search-contract.ts";
import type { Principal } from "../ports/http.ts";
import type { DocumentState, JournalPort, RecordsPort, StatePort } from "../ports/journal.ts";
import { keyedDigest, newId } from "./identifiers.ts";
import { OneByOne } from "./one-by-one.ts";

export interface MemoryOptions {
  readonly journal: JournalPort;
  readonly records: RecordsPort;
  readonly state: StatePort;
  readonly search: SearchClient;
  readonly dedupeKey: Uint8Array;
}

/** Documents read from the journal with one step while the index catches up. */
const catchUpDocuments = 50;
/** Documents in one answer of the list. */
const listMax = 10_000;

const DocumentData = z.object({ title: z.string(), source: z.string(), text: z.string() });

/** Where a document stands among the others, and what it says. */
interface Place {
  readonly sha256: string;
  readonly source: string;
  readonly sourceKey: string;
}

/** The documents: the journal keeps them, the index finds them. */
export class Memory {
  readonly #options: MemoryOptions;
  readonly #additions = new OneByOne();
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
   * Throws `ProblemError` `payload_too_large`.
   */
  async add(request: DocumentRequest, by: Principal, dedupe?: DedupeKey): Promise<Document> {
    const sha256 = createHash("sha256").update(request.text).digest("hex");
    const source = request.source ?? `${by.id}/${sha256.slice(0, 16)}`;
    const owner = request.shared ? "everyone" : by.person;
    const sourceKey = keyedDigest(this.#options.dedupeKey, "document", owner, source).toString(
      "base64url",
    );
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
    await this.#options.journal.append({
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
    if (former !== undefined) await this.#options.search.remove([former.id]);
    await this.catchUp();
    const added = this.#options.state.documentBySource(sourceKey);
    if (added === undefined) throw new Error("a document that was written is not there");
    return this.#describe(added);
  }

  /** Indexes what the journal has and the index has not; after an index was lost, everything. */
  async catchUp(): Promise<void> {
    const { search, state } = this.#options;
    let { watermarkSeq } = await search.stats();
    for (;;) {
      const rows = state.documentsAfter(watermarkSeq, catchUpDocuments);
      const inputs = rows.flatMap((row) => this.#input(row));
      if (inputs.length > 0) await search.add(inputs);
      const last = rows.at(-1);
      if (last === undefined) break;
      watermarkSeq = last.seq;
    }
    this.#chunks = (await search.stats()).chunks;
  }

  list(by: Principal): DocumentList {
    const visible = this.#options.state
      .documentsAfter(0, listMax)
      .filter((row) => row.owner === null || row.owner === by.person);
    return { documents: visible.map((row) => this.#describe(row)), total: visible.length };
  }

  /** Searches what the caller may find. Throws `ProblemError` `busy`. */
  async search(
    query: string,
    by: Principal,
    limit: number = searchResultsDefault,
  ): Promise<SearchResults> {
    try {
      const result = await this.#options.search.search({ query, owners: [by.person], limit });
      return {
        query,
        ...result,
        hits: result.hits.map(({ tier: _tier, owner: _owner, ...hit }) => ({
          ...hit,
          heading: [...hit.heading],
        })),
      };
    } catch (error) {
      if (error instanceof SearchError && error.code === "busy") {
        throw new ProblemError(problem("busy", { retryAfterSeconds: 1 }), { cause: error });
      }
      throw error;
    }
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
