const fusionConstant = 60;
export const chunksPerDocumentMax = 3;

/**
 * Reciprocal rank fusion (Cormack, Clarke, Büttcher, SIGIR 2009): each ranking, best first, gives 1 / (60 + rank) to its
 * members. It needs no common scale between rankings.
 */
export function fuseRankings(rankings: ReadonlyArray<readonly number[]>): Map<number, number> {
  const fused = new Map<number, number>();
  for (const ids of rankings)
    for (const [index, id] of ids.entries())
      fused.set(id, (fused.get(id) ?? 0) + 1 / (fusionConstant + index + 1));
  return fused;
}

/** Keeps the order and drops what exceeds `chunksPerDocumentMax` of one document or `limit` in all. */
export function limitPerDocument<T>(
  ranked: readonly T[],
  documentOf: (item: T) => number | string,
  limit: number,
): T[] {
  const taken = new Map<number | string, number>();
  const kept: T[] = [];
  for (const item of ranked) {
    if (kept.length >= limit) break;
    const document = documentOf(item);
    const count = taken.get(document) ?? 0;
    if (count >= chunksPerDocumentMax) continue;
    taken.set(document, count + 1);
    kept.push(item);
  }
  return kept;
}

/** Best first, second best last, and so on inwards: models lose what stands in the middle. */
export function bestAtTheEnds<T>(ranked: readonly T[]): T[] {
  const first = ranked.filter((_, index) => index % 2 === 0);
  const last = ranked.filter((_, index) => index % 2 === 1);
  return [...first, ...last.toReversed()];
}

/** How alike two sets of words are: 0 nothing shared, 1 the same (Dice's coefficient). */
export function similarity(left: ReadonlySet<string>, right: ReadonlySet<string>): number {
  const size = left.size + right.size;
  return size === 0 ? 0 : (2 * left.intersection(right).size) / size;
}
