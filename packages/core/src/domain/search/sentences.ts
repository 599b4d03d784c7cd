/** Offsets in UTF-16 units, end exclusive. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

// A sentence ends at . ! ? … followed by white space and something that can begin another one. A line break alone ends
// nothing: prose is often wrapped by hand.
const sentenceEnd = /[.!?…]+["»”’)\]]*\s+(?=["«“‘([`*_]*[\p{Lu}\p{N}])/gu;
// «т. е.», "e.g.", "vs.": a dot after one letter or a known abbreviation is not an end.
const abbreviation =
  /(?:^|[\s(])(?:\p{L}|e\.g|i\.e|etc|vs|cf|approx|no|т\.\s?е|т\.\s?п|т\.\s?к|т\.\s?д|рис|стр|см|ср|г|гг|руб|тыс|млн)\.\s*$/iu;

/** The sentences of a text, as spans that start and end on visible characters. */
export function sentences(text: string): Span[] {
  const spans: Span[] = [];
  let start = 0;
  const push = (end: number) => {
    const slice = text.slice(start, end);
    const trimmed = slice.trim();
    if (trimmed !== "") {
      const from = start + slice.indexOf(trimmed);
      spans.push({ start: from, end: from + trimmed.length });
    }
    start = end;
  };
  for (const match of text.matchAll(sentenceEnd)) {
    const end = match.index + match[0].length;
    if (abbreviation.test(text.slice(Math.max(start, end - 24), end))) continue;
    push(end);
  }
  push(text.length);
  return spans;
}
