/** Where a text may be cut, best first: between paragraphs, lines, sentences, words. */
const cuts = ["\n\n", "\n", ". ", " "];
/** A cut before this share of the room leaves a stump; the next kind of cut is tried instead. */
const leastShare = 0.5;

/**
 * Splits a text into pieces of at most `unitsMax` UTF-16 units, at the best place in the second half of each; a word
 * that fills a piece is cut between characters. Blanks at the cuts are left out; no piece is empty.
 */
export function splitText(text: string, unitsMax: number): readonly string[] {
  const pieces: string[] = [];
  let rest = text.trim();
  while (rest.length > unitsMax) {
    const end = cutBefore(rest, unitsMax);
    const piece = rest.slice(0, end).trimEnd();
    if (piece !== "") pieces.push(piece);
    rest = rest.slice(end).trimStart();
  }
  if (rest !== "") pieces.push(rest);
  return pieces;
}

function cutBefore(text: string, unitsMax: number): number {
  for (const cut of cuts) {
    // A cut may stand just behind the room: what is cut off there is left out anyway.
    const at = text.lastIndexOf(cut, unitsMax);
    const end = at + cut.trimEnd().length;
    if (at >= unitsMax * leastShare && end <= unitsMax) return end;
  }
  const isPair = /[\uD800-\uDBFF]/u.test(text.charAt(unitsMax - 1));
  return isPair ? unitsMax - 1 : unitsMax;
}
