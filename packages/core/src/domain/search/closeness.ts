/**
 * Damerau-Levenshtein distance in its optimal string alignment form (insert, delete, replace, swap of neighbours),
 * given up as `limit + 1` as soon as no alignment can stay within `limit`.
 */
export function editDistance(left: string, right: string, limit: number): number {
  if (Math.abs(left.length - right.length) > limit) return limit + 1;
  let beforeLast: number[] = [];
  let last = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let row = 1; row <= left.length; row += 1) {
    const current = [row];
    let best = row;
    for (let column = 1; column <= right.length; column += 1) {
      const same = left[row - 1] === right[column - 1];
      let cost = Math.min(
        (last[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (same ? 0 : 1),
      );
      const swapped = row > 1 && column > 1 && left[row - 1] === right[column - 2];
      if (swapped && left[row - 2] === right[column - 1])
        cost = Math.min(cost, (beforeLast[column - 2] ?? 0) + 1);
      current.push(cost);
      best = Math.min(best, cost);
    }
    if (best > limit) return limit + 1;
    beforeLast = last;
    last = current;
  }
  return Math.min(last[right.length] ?? 0, limit + 1);
}

const sameSound = 0.95;
const inflected = 0.85;
const mistyped = 0.7;

const isCyrillic = (term: string) => /\p{Script=Cyrillic}/u.test(term);

/** Whether one is the other with an ending of at most two letters, which stemming left on or took too much of. */
function differsByEnding(left: string, right: string, sharedMin: number): boolean {
  const [shorter, longer] = left.length < right.length ? [left, right] : [right, left];
  return (
    shorter.length >= sharedMin && longer.length - shorter.length <= 2 && longer.startsWith(shorter)
  );
}

/**
 * How surely a vocabulary term is the same word as the query's: 1 the same, 0 another word. Mistypes are considered
 * only for a query term which the vocabulary does not know, because real words lie one letter apart. The first letter
 * must agree: it is rarely mistyped, and words that differ in it are usually different words.
 */
export function closeness(
  query: { readonly term: string; readonly sound: string; readonly isKnown: boolean },
  candidate: { readonly term: string; readonly sound: string },
): number {
  if (query.term === candidate.term) return 1;
  if (/\p{N}/u.test(query.term)) return 0;
  // Three letters sound alike too often («лет», "let") to say anything about a word that the vocabulary has itself.
  const soundCharsMin = query.isKnown ? 4 : 3;
  if (query.sound === candidate.sound && query.sound.length >= soundCharsMin) return sameSound;
  const crossesScript = isCyrillic(query.term) !== isCyrillic(candidate.term);
  const canInflect = isCyrillic(query.term) || isCyrillic(candidate.term);
  // A known word needs no other script's word that merely begins like it («порт», "portal").
  const sharedMin = query.isKnown && crossesScript ? 6 : 4;
  if (canInflect && differsByEnding(query.sound, candidate.sound, sharedMin)) return inflected;
  if (query.isKnown || query.sound[0] !== candidate.sound[0]) return 0;
  const length = Math.min(query.sound.length, candidate.sound.length);
  const limit = length >= 9 ? 2 : length >= 5 ? 1 : 0;
  if (limit === 0) return 0;
  return editDistance(query.sound, candidate.sound, limit) <= limit ? mistyped : 0;
}
