import type { DatabaseSync } from "node:sqlite";
import { fuseRankings, limitPerDocument, similarity } from "../../domain/search/fuse.ts";
import { type FactTerms, scoreFacts } from "../../domain/search/fact-score.ts";
import {
  inverseFrequency,
  isWorthQuoting,
  outdoneByOwn,
  scoreChunk,
} from "../../domain/search/score.ts";
import { resultsMax } from "../../domain/search/search-contract.ts";
import type { SearchHit, SearchQuery, SearchResult } from "../../domain/search/search-contract.ts";
import { indexTerms, languageOf } from "../../domain/search/terms.ts";
import { text, textOrNull, texts, whole } from "./row.ts";
import type { VectorStore } from "./vector-store.ts";
import { Vocabulary } from "./vocabulary.ts";
import type { KnownTerm } from "./vocabulary.ts";

const candidatesPerRankingMax = 50;
/** How many index entries one ranking may read: rare words decide, frequent ones only re-order what those found. */
const postingsMax = 6_000;

/** The twin in the question's language wins over an equal one, not over a page that covers more of the question. */
const languageBoost = 1.25;
/** The fused ranks lie below 0.04: with this weight bm25 decides between chunks of nearly the same coverage. */
const fusedWeight = 3;
/** Decides between sections that cover a question equally: too small to outweigh a word of it. */
const headingLikenessWeight = 0.1;

/**
 * Whose it is, whether it holds, and whether its source is one that may be read: part of every statement that
 * reads chunks. Takes what `readable` answers.
 */
const mayBeFound = `(documents.owner IS NULL OR documents.owner IN (SELECT value FROM json_each(?)))
           AND (documents.expires IS NULL OR documents.expires > ?)
           AND (documents.begins IS NULL OR documents.begins <= ?)
           AND (? = '[]' OR EXISTS (SELECT 1 FROM json_each(?) WHERE instr(documents.source, value) = 1))`;

const readable = ({ ownersJson, nowMs, sourcesJson }: Question) =>
  [ownersJson, nowMs, nowMs, sourcesJson, sourcesJson] as const;

interface Candidate {
  readonly id: number;
  readonly language: string | null;
  readonly hit: SearchHit;
  readonly share: number;
  readonly hasIdentifier: boolean;
  readonly headingLikeness: number;
  /** The words of a fact's parts. */
  readonly fact: FactTerms | undefined;
}

/** What is asked, by whom it may be answered, in the forms the statements take. */
interface Question {
  readonly terms: readonly KnownTerm[];
  readonly words: ReadonlySet<string>;
  readonly language: string;
  readonly ownersJson: string;
  readonly nowMs: number;
  readonly sourcesJson: string;
}

/** Answers questions from an open index. Nothing it runs sees a document whose owner is not among the query's. */
export class IndexReader {
  readonly #database: DatabaseSync;
  readonly #vectors: VectorStore;
  readonly #vocabulary: Vocabulary;

  constructor(database: DatabaseSync, vectors: VectorStore) {
    this.#database = database;
    this.#vectors = vectors;
    this.#vocabulary = new Vocabulary(database);
  }

  search(query: SearchQuery): Pick<SearchResult, "hits" | "found" | "retrieval"> {
    const question: Question = {
      terms: this.#vocabulary.recognise(query.query, this.count("chunks")),
      words: new Set(indexTerms(query.query)),
      language: query.language ?? languageOf(query.query),
      ownersJson: JSON.stringify(query.owners),
      nowMs: query.nowMs,
      sourcesJson: JSON.stringify(query.sources ?? []),
    };
    const exact = this.#rank(question, (sureness) => sureness === 1);
    const close = this.#rank(question, () => true);
    const near = this.#near(query);
    const candidates = this.#load([...new Set([...exact, ...close, ...(near ?? [])])], question);
    const lexical = rank(candidates, { exact, close, language: question.language });
    const ranked = near === undefined ? lexical : fuseWithNearness(lexical, near);
    const limit = Math.min(query.limit, resultsMax);
    const kept = limitPerDocument(ranked, (candidate) => candidate.hit.documentId, limit);
    return {
      hits: kept.map((candidate) => candidate.hit),
      found: kept[0] !== undefined && isWorthQuoting(kept[0].hit),
      retrieval: near === undefined ? "lexical" : "hybrid",
    };
  }

  /** Chunk ids by the nearness of their vectors; `undefined` without a vector to compare with. */
  #near({ vector, owners }: SearchQuery): number[] | undefined {
    if (vector === undefined) return undefined;
    return this.#vectors.nearest(vector, new Set(owners), candidatesPerRankingMax);
  }

  count(key: "documents" | "chunks" | "watermark_seq"): number {
    const found = this.#database.prepare("SELECT value FROM meta WHERE key = ?").get(key);
    return Number(found?.["value"] ?? 0);
  }

  /** Rows of a table. What the full-text index holds is told by the sizes it keeps of each of its entries. */
  rows(table: "chunks" | "chunks_stem_docsize" | "vectors"): number {
    return whole(this.#database.prepare(`SELECT count(*) AS n FROM ${table}`).get() ?? {}, "n");
  }

  /** Chunk ids by bm25 over the term forms that `accept` lets in, rarest first until `postingsMax` entries are read. */
  #rank(question: Question, accept: (sureness: number) => boolean): number[] {
    const forms = new Map<string, number>();
    for (const { variants, chunks } of question.terms)
      for (const [form, sureness] of variants)
        if (accept(sureness)) forms.set(form, chunks.get(form) ?? 0);
    const byRarity = [...forms].toSorted((left, right) => left[1] - right[1]);
    const rarest = byRarity[0];
    if (rarest === undefined) return [];
    const chosen: string[] = [];
    let postings = 0;
    for (const [form, count] of byRarity) {
      postings += count;
      if (postings > postingsMax) break;
      chosen.push(form);
    }
    // A question of nothing but very frequent words: any chunks with the rarest of them, which coverage then orders.
    const order = chosen.length > 0 ? "ORDER BY rank" : "";
    const match = (chosen.length > 0 ? chosen : [rarest[0]])
      .map((form) => `"${form}"`)
      .join(" OR ");
    return this.#database
      .prepare(
        `SELECT chunks_stem.rowid AS id FROM chunks_stem
           JOIN chunks ON chunks.id = chunks_stem.rowid JOIN documents ON documents.id = chunks.document
         WHERE chunks_stem MATCH ? AND ${mayBeFound}
         ${order} LIMIT ${candidatesPerRankingMax}`,
      )
      .all(match, ...readable(question))
      .map((found) => Number(found["id"]));
  }

  /** The chunks with these ids, in the order of the ids. */
  #load(ids: readonly number[], question: Question): Candidate[] {
    const rows = this.#database
      .prepare(
        `SELECT chunks.id, heading, text, start_byte, end_byte, heading_terms, context_terms, body_terms,
                document_id, owner, title, source, language, tier, ingested_by, cause, seq, begins
         FROM chunks JOIN documents ON documents.id = chunks.document
         WHERE chunks.id IN (SELECT value FROM json_each(?))
           AND ${mayBeFound}`,
      )
      .all(JSON.stringify(ids), ...readable(question));
    const candidates = new Map<number, Candidate>();
    for (const row of rows) {
      const candidate = weigh(row, question);
      candidates.set(candidate.id, candidate);
    }
    return this.#withFactScores(
      ids.flatMap((id) => candidates.get(id) ?? []),
      question,
    );
  }

  /** Facts are scored by their parts, each beside the others. */
  #withFactScores(candidates: readonly Candidate[], question: Question): Candidate[] {
    const facts = candidates.flatMap(({ fact }) => fact ?? []);
    const total = this.count("chunks");
    const frequency = this.#database.prepare("SELECT chunks FROM terms WHERE term = ?");
    const weights = new Map<string, number>();
    const weightOf = (term: string): number => {
      const known = weights.get(term);
      if (known !== undefined) return known;
      const weight = inverseFrequency(Number(frequency.get(term)?.["chunks"] ?? 0), total);
      weights.set(term, weight);
      return weight;
    };
    const scores = scoreFacts({ asked: question.terms, said: question.words }, facts, weightOf);
    const scoreOf = new Map(facts.map((fact, index) => [fact, scores[index] ?? 0]));
    return candidates.map((candidate) => {
      if (candidate.fact === undefined) return candidate;
      const score = scoreOf.get(candidate.fact) ?? 0;
      return { ...candidate, hit: { ...candidate.hit, score } };
    });
  }
}

function weigh(row: Readonly<Record<string, unknown>>, question: Question): Candidate {
  const headingTerms = new Set(text(row, "heading_terms").split(" "));
  const otherTerms = new Set(`${text(row, "context_terms")} ${text(row, "body_terms")}`.split(" "));
  const isPresent = (form: string) => otherTerms.has(form) || headingTerms.has(form);
  const { share, score } = scoreChunk(question.terms, { headingTerms, otherTerms });
  return {
    id: whole(row, "id"),
    language: textOrNull(row, "language"),
    hit: toHit(row, score),
    share,
    hasIdentifier: question.terms.some(
      (term) => term.identifier && [...term.variants.keys()].some(isPresent),
    ),
    headingLikeness: similarity(question.words, headingTerms),
    fact: row["begins"] === null ? undefined : factTerms(row),
  };
}

function factTerms(row: Readonly<Record<string, unknown>>): FactTerms {
  const terms = (column: string): ReadonlySet<string> => new Set(text(row, column).split(" "));
  return {
    subject: terms("context_terms"),
    attribute: terms("heading_terms"),
    value: terms("body_terms"),
  };
}

/**
 * What comes before any fine weighing: an identifier found as written goes to the top, what reaches the floor goes before
 * what does not, otherwise the best hit could be one not worth quoting; and a person's own words go before the manual's,
 * whose examples may hold the very question. Each step is more than all the weights below it.
 */
function tiersOf(candidates: readonly Candidate[]): (candidate: Candidate) => number {
  const isOutdone = outdoneByOwn(candidates.map(({ hit }) => hit));
  return ({ hasIdentifier, hit }) =>
    (hasIdentifier ? 16 : 0) + (isWorthQuoting(hit) ? 8 : 0) + (isOutdone(hit) ? 0 : 4);
}

/** Fuses the two bm25 rankings and re-ranks by coverage, within the tiers. */
function rank(
  candidates: readonly Candidate[],
  by: {
    readonly exact: readonly number[];
    readonly close: readonly number[];
    readonly language: string;
  },
): Candidate[] {
  const fused = fuseRankings([by.exact, by.close]);
  const tier = tiersOf(candidates);
  const value = (candidate: Candidate) => {
    const likeness = headingLikenessWeight * candidate.headingLikeness;
    const agreement = fusedWeight * (fused.get(candidate.id) ?? 0);
    const boost = candidate.language === by.language ? languageBoost : 1;
    return tier(candidate) + (candidate.share + likeness + agreement) * boost;
  };
  return candidates.toSorted((left, right) => value(right) - value(left));
}

/**
 * Fuses the ranking by words with the one by meaning. What words find for sure stays in front, and nearness alone is
 * never worth quoting: how near is near enough differs from model to model, and nothing tells it.
 */
function fuseWithNearness(lexical: readonly Candidate[], near: readonly number[]): Candidate[] {
  const byWords = lexical.filter(({ share }) => share > 0).map(({ id }) => id);
  const fused = fuseRankings([byWords, near]);
  const tier = tiersOf(lexical);
  const value = (candidate: Candidate): number => tier(candidate) + (fused.get(candidate.id) ?? 0);
  return lexical.toSorted((left, right) => value(right) - value(left));
}

function toHit(row: Readonly<Record<string, unknown>>, score: number): SearchHit {
  return {
    documentId: text(row, "document_id"),
    title: text(row, "title"),
    heading: texts(row, "heading"),
    source: text(row, "source"),
    seq: whole(row, "seq"),
    tier: text(row, "tier"),
    ingestedBy: text(row, "ingested_by"),
    cause: whole(row, "cause"),
    owner: textOrNull(row, "owner"),
    text: text(row, "text"),
    startByte: whole(row, "start_byte"),
    endByte: whole(row, "end_byte"),
    score,
  };
}
