import { statSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import type {
  DocumentInput,
  IndexCensus,
  SearchQuery,
  SearchResult,
  SearchStats,
  UnembeddedChunk,
} from "../../domain/search/search-contract.ts";
import { isCorrupt, openIndexFile, removeIndexFiles } from "./index-file.ts";
import { IndexReader } from "./index-reader.ts";
import { IndexWriter, transaction } from "./index-writer.ts";
import type { SearchCalls } from "./search-requests.ts";
import { VectorStore } from "./vector-store.ts";

/** The index in one thread: every call is synchronous. `openSearch` puts it behind a worker. */
export class SearchIndex {
  readonly #file: string;
  #database: DatabaseSync;
  #vectors: VectorStore;
  #reader: IndexReader;
  #writer: IndexWriter;

  constructor(file: string) {
    this.#file = file;
    this.#database = openIndexFile(file);
    this.#vectors = new VectorStore(this.#database);
    this.#reader = new IndexReader(this.#database, this.#vectors);
    this.#writer = new IndexWriter(this.#database, this.#vectors);
  }

  add(documents: readonly DocumentInput[]): void {
    this.#write(() => {
      for (const document of documents) this.#writer.add(document);
    });
  }

  /** Removes the documents and empties the log. A copy of a row that SQLite moved once may be left until `compact`. */
  remove(documentIds: readonly string[]): void {
    this.#write(() => {
      for (const documentId of documentIds) this.#writer.remove(documentId);
    });
    this.#guarded(() => this.#database.exec("PRAGMA wal_checkpoint(TRUNCATE)"));
  }

  search(query: SearchQuery): SearchResult {
    const startedMs = performance.now();
    const result = this.#guarded(() => this.#reader.search(query));
    return { ...result, tookMs: performance.now() - startedMs };
  }

  unembedded({ model, limit }: SearchCalls["unembedded"]["input"]): UnembeddedChunk[] {
    return this.#guarded(() => this.#vectors.missing(model, limit));
  }

  putVectors({ model, vectors }: SearchCalls["putVectors"]["input"]): void {
    this.#write(() => this.#vectors.put(model, vectors));
  }

  stats(): SearchStats {
    return this.#guarded(() => ({
      documents: this.#reader.count("documents"),
      chunks: this.#reader.count("chunks"),
      watermarkSeq: this.#reader.count("watermark_seq"),
      bytes: sizeOf(this.#file) + sizeOf(`${this.#file}-wal`),
    }));
  }

  /**
   * Writes everything anew. Removing rows moves their neighbours between pages, and what a move leaves behind nothing
   * overwrites; and FTS5 keeps removed words as the borders between its pages (`%_idx`), also with `secure-delete`.
   */
  compact(): void {
    this.#guarded(() =>
      this.#database.exec(
        `INSERT INTO chunks_stem (chunks_stem) VALUES ('rebuild');
         INSERT INTO terms_trigram (terms_trigram) VALUES ('rebuild');
         VACUUM; PRAGMA wal_checkpoint(TRUNCATE)`,
      ),
    );
  }

  census(): IndexCensus {
    return this.#guarded(() => ({
      chunks: this.#reader.rows("chunks"),
      indexed: this.#reader.rows("chunks_stem_docsize"),
      vectors: this.#reader.rows("vectors"),
    }));
  }

  close(): void {
    this.#database.close();
  }

  #write(work: () => void): void {
    this.#guarded(() => {
      try {
        transaction(this.#database, () => {
          work();
          this.#writer.flushTerms();
        });
      } finally {
        this.#writer.discardTerms();
      }
    });
  }

  /** Damage found on the way empties the index and runs the call once more: watermark 0 then asks for the rebuild. */
  #guarded<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      if (!isCorrupt(error)) throw error;
      this.#database.close();
      removeIndexFiles(this.#file);
      this.#database = openIndexFile(this.#file);
      this.#vectors = new VectorStore(this.#database);
      this.#reader = new IndexReader(this.#database, this.#vectors);
      this.#writer = new IndexWriter(this.#database, this.#vectors);
      return work();
    }
  }
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}
