import { createHash } from "node:crypto";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { chunkDocument } from "../../domain/search/chunk.ts";
import type { Chunk } from "../../domain/search/chunk.ts";
import { SearchError } from "../../domain/search/search-contract.ts";
import type { DocumentInput } from "../../domain/search/search-contract.ts";
import { soundKey } from "../../domain/search/sound-key.ts";
import { documentLanguage, indexTerms } from "../../domain/search/terms.ts";
import { text, whole } from "./row.ts";
import type { VectorStore } from "./vector-store.ts";

export const chunksPerDocumentIndexedMax = 16_384;

const termColumns = ["heading_terms", "context_terms", "body_terms"];

/** Runs `work` in one transaction; it takes effect whole or not at all. */
export function transaction<T>(database: DatabaseSync, work: () => T): T {
  database.exec("BEGIN IMMEDIATE");
  try {
    const result = work();
    database.exec("COMMIT");
    return result;
  } catch (error) {
    if (database.isTransaction) database.exec("ROLLBACK");
    throw error;
  }
}

/** Adds and removes documents; the vocabulary counts in how many chunks each term stands and forgets it at none. */
export class IndexWriter {
  readonly #database: DatabaseSync;
  readonly #vectors: VectorStore;
  readonly #statements = new Map<string, StatementSync>();
  // Counts change once per term and transaction, not once per chunk: most terms repeat.
  readonly #pendingCounts = new Map<string, number>();

  constructor(database: DatabaseSync, vectors: VectorStore) {
    this.#database = database;
    this.#vectors = vectors;
  }

  /** Adds one document, replacing the one with its id. Throws `SearchError` "refused" for too many chunks. */
  add(document: DocumentInput): void {
    const documentHash = createHash("sha256").update(document.text).digest("hex");
    const chunks = chunksOf(document, documentHash);
    if (chunks.length > chunksPerDocumentIndexedMax)
      throw new SearchError(
        "refused",
        `a document may have ${chunksPerDocumentIndexedMax} sections, this one has ${chunks.length}`,
      );
    this.remove(document.documentId);
    const { lastInsertRowid } = this.#run(
      "INSERT INTO documents (document_id, owner, title, source, language, tier, ingested_by, cause, expires, seq, hash, begins) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      [
        document.documentId,
        document.owner,
        document.title,
        document.source,
        document.language ?? documentLanguage(document.text),
        document.tier,
        document.ingestedBy,
        document.cause,
        document.expiresMs,
        document.seq,
        documentHash,
        document.fact?.beginsMs ?? null,
      ],
    );
    for (const chunk of chunks)
      this.#addChunk(Number(lastInsertRowid), chunk, document.fact?.value ?? chunk.text);
    this.#count("documents", 1);
    this.#count("chunks", chunks.length);
    this.#run("UPDATE meta SET value = max(value, ?) WHERE key = 'watermark_seq'", [document.seq]);
  }

  /** Removes one document with every trace of its words; an unknown id changes nothing. */
  remove(documentId: string): void {
    const found = this.#prepare("SELECT id FROM documents WHERE document_id = ?").get(documentId);
    if (found === undefined) return;
    const id = whole(found, "id");
    const rows = this.#prepare(
      "SELECT id, heading_terms, context_terms, body_terms FROM chunks WHERE document = ?",
    );
    let removed = 0;
    for (const row of rows.all(id)) {
      const terms = termColumns.map((column) => text(row, column));
      this.#run(
        "INSERT INTO chunks_stem (chunks_stem, rowid, heading_terms, context_terms, body_terms) VALUES ('delete', ?, ?, ?, ?)",
        [whole(row, "id"), ...terms],
      );
      this.#countTerms(terms.join(" "), -1);
      removed += 1;
    }
    this.#vectors.removeOf(id);
    this.#run("DELETE FROM chunks WHERE document = ?", [id]);
    this.#run("DELETE FROM documents WHERE id = ?", [id]);
    this.#count("documents", -1);
    this.#count("chunks", -removed);
  }

  /** Writes the vocabulary's changes; called last in the transaction that made them. */
  flushTerms(): void {
    for (const [term, change] of this.#pendingCounts) {
      if (change === 0) continue;
      const found = this.#prepare("SELECT id, sound, chunks FROM terms WHERE term = ?").get(term);
      if (found === undefined) {
        const sound = soundKey(term);
        const { lastInsertRowid } = this.#run(
          "INSERT INTO terms (term, sound, chunks) VALUES (?, ?, ?)",
          [term, sound, change],
        );
        this.#run("INSERT INTO terms_trigram (rowid, sound) VALUES (?, ?)", [
          lastInsertRowid,
          sound,
        ]);
        continue;
      }
      const { id, sound, chunks } = {
        id: whole(found, "id"),
        sound: text(found, "sound"),
        chunks: whole(found, "chunks"),
      };
      if (chunks + change > 0) {
        this.#run("UPDATE terms SET chunks = ? WHERE id = ?", [chunks + change, id]);
        continue;
      }
      this.#run("INSERT INTO terms_trigram (terms_trigram, rowid, sound) VALUES ('delete', ?, ?)", [
        id,
        sound,
      ]);
      this.#run("DELETE FROM terms WHERE id = ?", [id]);
    }
    this.#pendingCounts.clear();
  }

  /** Forgets changes that were not flushed, after a transaction that was rolled back. */
  discardTerms(): void {
    this.#pendingCounts.clear();
  }

  #addChunk(document: number, chunk: Chunk, body: string): void {
    const columns = [chunk.heading.at(-1) ?? "", chunk.context, body].map((part) =>
      indexTerms(part).join(" "),
    );
    const { lastInsertRowid } = this.#run(
      "INSERT INTO chunks (document, heading, text, start_byte, end_byte, heading_terms, context_terms, body_terms) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
      [
        document,
        JSON.stringify(chunk.heading),
        chunk.text,
        chunk.startByte,
        chunk.endByte,
        ...columns,
      ],
    );
    this.#run(
      "INSERT INTO chunks_stem (rowid, heading_terms, context_terms, body_terms) VALUES (?, ?, ?, ?)",
      [lastInsertRowid, ...columns],
    );
    this.#countTerms(columns.join(" "), 1);
  }

  #countTerms(terms: string, change: 1 | -1): void {
    for (const term of new Set(terms.split(" ")))
      if (term !== "") this.#pendingCounts.set(term, (this.#pendingCounts.get(term) ?? 0) + change);
  }

  #count(key: "documents" | "chunks", change: number): void {
    this.#run("UPDATE meta SET value = value + ? WHERE key = ?", [change, key]);
  }

  #run(sql: string, values: ReadonlyArray<string | number | bigint | null>) {
    return this.#prepare(sql).run(...values);
  }

  #prepare(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}

/** A fact is one passage: its subject above, what is told of it as the heading, and the value. */
function chunksOf(document: DocumentInput, documentHash: string): Chunk[] {
  const { title, text: statement, fact } = document;
  if (fact === undefined) return chunkDocument({ ...document, documentHash });
  return [
    {
      ordinal: 0,
      heading: [fact.attribute],
      text: statement,
      startByte: 0,
      endByte: Buffer.byteLength(statement),
      context: title,
      documentHash,
    },
  ];
}
