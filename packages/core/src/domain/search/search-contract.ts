import type { MediaType } from "./chunk.ts";
import type { Language } from "./terms.ts";

export const documentBytesMax = 4 * 1024 * 1024;
export const documentsPerAddMax = 10_000;
export const resultsMax = 20;
export const ownersMax = 64;
export const vectorsPerCallMax = 256;
/** Who adds the manual: it is nobody's words, and is no part of an exported memory. */
export const manualAuthor = "node";

/** A question as a vector, and the model that made it: vectors of two models say nothing to each other. */
export interface QueryVector {
  readonly model: string;
  readonly values: Float32Array;
}

/** A chunk that has no vector of a model yet. */
export interface UnembeddedChunk {
  readonly chunk: number;
  /** Tells the chunk from another that gets its number when it is replaced. */
  readonly key: string;
  /** What is embedded: title, heading and text. */
  readonly text: string;
}

export interface ChunkVector extends Pick<UnembeddedChunk, "chunk" | "key"> {
  readonly vector: Float32Array;
}

export interface DocumentInput {
  readonly documentId: string;
  /** Who may find it; null is everyone. */
  readonly owner: string | null;
  readonly title: string;
  /** Where it came from, e.g. "guide/ru/telegram.md". */
  readonly source: string;
  readonly mediaType: MediaType;
  /** Told from the text when left out. */
  readonly language?: Language;
  readonly tier: string;
  /** Who added it, and the journal sequence it follows from. */
  readonly ingestedBy: string;
  readonly cause: number;
  /** From then on it is not found; null is never. */
  readonly expiresMs: number | null;
  /** The journal sequence that carries it. */
  readonly seq: number;
  readonly text: string;
  /** Of a fact, whose subject is the title: what is told of it, and since when. It is one passage. */
  readonly fact?: FactPart;
}

export interface FactPart {
  readonly attribute: string;
  readonly value: string;
  readonly beginsMs: number;
}

export interface SearchHit {
  readonly documentId: string;
  readonly title: string;
  readonly heading: readonly string[];
  readonly source: string;
  readonly seq: number;
  readonly tier: string;
  readonly ingestedBy: string;
  readonly cause: number;
  readonly owner: string | null;
  /** A literal slice of the document. */
  readonly text: string;
  readonly startByte: number;
  readonly endByte: number;
  /** The share of the question found in the chunk, 0 to 1; comparable with `scoreFloor`. */
  readonly score: number;
}

export interface SearchQuery {
  readonly query: string;
  /** The owners whose documents may be found, besides those of everyone. */
  readonly owners: readonly string[];
  readonly limit: number;
  /** What has expired by then, or begins later, is not found. */
  readonly nowMs: number;
  /** Beginnings of the sources that may be found; none, or nothing named, leaves every one. */
  readonly sources?: readonly string[];
  readonly language?: Language;
  /** Present where texts are embedded: chunks near to it in meaning are found too. */
  readonly vector?: QueryVector;
}

/** A question to memory, which knows the time itself unless it is asked as of another. */
export type MemoryQuestion = Omit<SearchQuery, "nowMs"> & Partial<Pick<SearchQuery, "nowMs">>;

export interface SearchResult {
  readonly hits: readonly SearchHit[];
  /** `hybrid` when vectors had a say. */
  readonly retrieval: "lexical" | "hybrid";
  /** The best hit reaches the floor: it is worth quoting. */
  readonly found: boolean;
  readonly tookMs: number;
}

export interface SearchStats {
  readonly documents: number;
  readonly chunks: number;
  /** The highest journal sequence ever indexed; 0 asks for a rebuild. */
  readonly watermarkSeq: number;
  readonly bytes: number;
}

/** Rows of the index, which must agree: each chunk has its words, and where texts are embedded its vector. */
export interface IndexCensus {
  readonly chunks: number;
  readonly indexed: number;
  readonly vectors: number;
}

export interface SearchClient extends AsyncDisposable {
  add(documents: readonly DocumentInput[]): Promise<void>;
  remove(documentIds: readonly string[]): Promise<void>;
  search(query: SearchQuery): Promise<SearchResult>;
  /** Chunks without a vector of this model, at most `limit`, which is at most `vectorsPerCallMax`. */
  unembedded(model: string, limit: number): Promise<readonly UnembeddedChunk[]>;
  /** Keeps vectors; one whose chunk is gone meanwhile is dropped. */
  putVectors(model: string, vectors: readonly ChunkVector[]): Promise<void>;
  stats(): Promise<SearchStats>;
  /** Writes the index anew, so that its file holds nothing but what can be found; searches wait meanwhile. */
  compact(): Promise<void>;
  /** Counted, not remembered: a scan of the index. */
  census(): Promise<IndexCensus>;
}

export class SearchError extends Error {
  override readonly name = "SearchError";
  /** refused: over a limit · busy: too many requests wait · crashed: the worker ended · closed · storage: SQLite failed. */
  readonly code: "refused" | "busy" | "crashed" | "closed" | "storage";
  constructor(code: SearchError["code"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
