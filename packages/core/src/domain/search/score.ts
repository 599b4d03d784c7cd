// How far a chunk answers a question, on one scale for every collection: the share of the question's information that
// the chunk contains, and how many words support it. bm25 cannot serve as a floor, its values grow with the collection.

import { manualAuthor, type SearchHit } from "./search-contract.ts";

type Scored = Pick<SearchHit, "score" | "ingestedBy">;

/**
 * Below this score the honest answer is "not found". Calibrated on test/manual-questions.json, where the best hits of
 * questions the manual cannot answer stay at or below 0.40.
 */
export const scoreFloor = 0.42;

/** The same for the manual, which is long: it mentions much in passing, and nobody put it there for an answer. */
const manualScoreFloor = 0.5;
/** Scores this near say nothing of which of two passages answers better. */
const nearlyEqual = 0.1;

/** Whether a passage answers a question well enough to be quoted. */
export function isWorthQuoting({ score, ingestedBy }: Scored): boolean {
  return score >= (ingestedBy === manualAuthor ? manualScoreFloor : scoreFloor);
}

/** Tells the manual's passages that a person's own answers about as well: the own go before them. */
export function outdoneByOwn(hits: readonly Scored[]): (hit: Scored) => boolean {
  const own = hits.filter(({ ingestedBy }) => ingestedBy !== manualAuthor);
  const best = Math.max(...own.map(({ score }) => score));
  return ({ score, ingestedBy }) => ingestedBy === manualAuthor && best >= score - nearlyEqual;
}

/** What one word of the question is worth and in which forms the collection has it. */
export interface WeighedTerm {
  readonly identifier: boolean;
  readonly weight: number;
  /** Vocabulary term → how surely it is the same word, 0 to 1. */
  readonly variants: ReadonlyMap<string, number>;
}

/** The information of a term found in `count` of `total` chunks (the bm25 form, never negative). Unknown: the most. */
export function inverseFrequency(count: number, total: number): number {
  return Math.log(1 + (Math.max(0, total - count) + 0.5) / (count + 0.5));
}

function sureness(term: WeighedTerm, present: ReadonlySet<string>): number {
  let best = 0;
  for (const [variant, sure] of term.variants) if (sure > best && present.has(variant)) best = sure;
  return best;
}

const headingShare = 0.3;
/** One shared word of several is weak evidence («настроить роутер» shares «настроить»); two support each other. */
const loneWordFactor = 0.8;
const corroboratedFactor = 1.3;

/**
 * How far a chunk covers a question. `share` is the part of the question's weight found in it, 0 to 1; some of it is for
 * words in the chunk's own heading, because a section about a word answers better than one that mentions it. `score` is
 * the share weighed by how many words support it, 0 to 1: this is what the floor is for.
 */
export function scoreChunk(
  terms: readonly WeighedTerm[],
  chunk: { readonly headingTerms: ReadonlySet<string>; readonly otherTerms: ReadonlySet<string> },
): { readonly share: number; readonly score: number } {
  const everywhere = chunk.headingTerms.union(chunk.otherTerms);
  let total = 0;
  let found = 0;
  let words = 0;
  for (const term of terms) {
    const anywhere = sureness(term, everywhere);
    const inHeading = sureness(term, chunk.headingTerms);
    total += term.weight;
    found += term.weight * ((1 - headingShare) * anywhere + headingShare * inHeading);
    if (anywhere > 0) words += 1;
  }
  if (total === 0) return { share: 0, score: 0 };
  const share = found / total;
  if (terms.length === 1) return { share, score: share };
  const factor = words === 1 ? loneWordFactor : corroboratedFactor;
  return { share, score: Math.min(1, share * factor) };
}
