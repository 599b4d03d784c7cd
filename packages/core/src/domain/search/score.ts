// How far a chunk answers a question, on one scale for every collection: the share of the question's information that
// the chunk contains. bm25 cannot serve as a floor, its values grow with the collection.

/**
 * Below this share of the question the honest answer is "not found". Calibrated on test/manual-questions.json: halfway
 * between the best hit of a question the manual cannot answer (0.35) and the worst right one (0.48).
 */
export const scoreFloor = 0.42;

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

function covered(terms: readonly WeighedTerm[], present: ReadonlySet<string>): number {
  let sum = 0;
  for (const { weight, variants } of terms) {
    let best = 0;
    for (const [variant, sureness] of variants)
      if (sureness > best && present.has(variant)) best = sureness;
    sum += weight * best;
  }
  return sum;
}

const headingShare = 0.3;

/**
 * The share of the question's weight found in a chunk, 0 to 1. A part of it is for words in the chunk's own heading,
 * because a section about a word answers better than one that mentions it.
 */
export function scoreChunk(
  terms: readonly WeighedTerm[],
  chunk: { readonly headingTerms: ReadonlySet<string>; readonly otherTerms: ReadonlySet<string> },
): number {
  const total = terms.reduce((sum, term) => sum + term.weight, 0);
  if (total === 0) return 0;
  const inHeading = covered(terms, chunk.headingTerms);
  const anywhere = covered(terms, chunk.headingTerms.union(chunk.otherTerms));
  return ((1 - headingShare) * anywhere + headingShare * inHeading) / total;
}
