/**
 * Whether a quotation stands in a text, literally but for runs of white space, which models do not keep. Where it does,
 * the words as they stand there are given back.
 */
export function literalQuote(quote: string, text: string): string | undefined {
  const words = quote
    .trim()
    .split(/\s+/u)
    .filter((word) => word !== "");
  const first = words[0];
  if (first === undefined || quote.trim().length < quoteCharsMin) return undefined;
  const direct = text.indexOf(quote.trim());
  if (direct !== -1) return quote.trim();
  for (let from = text.indexOf(first); from !== -1; from = text.indexOf(first, from + 1)) {
    const end = endOf(words, text, from);
    if (end !== undefined) return text.slice(from, end);
  }
  return undefined;
}

/** Shorter than this, a quotation is found anywhere and proves nothing. */
const quoteCharsMin = 3;

function endOf(words: readonly string[], text: string, from: number): number | undefined {
  let at = from;
  for (const [index, word] of words.entries()) {
    if (index > 0) {
      const before = at;
      while (/\s/u.test(text.charAt(at))) at += 1;
      if (at === before) return undefined;
    }
    if (!text.startsWith(word, at)) return undefined;
    at += word.length;
  }
  return at;
}
