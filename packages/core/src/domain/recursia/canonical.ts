/** Texts are compared without case, ё, punctuation and the spelling of numbers: what is left is what was said. */
export function canonical(text: string): string {
  return plainNumbers(text.normalize("NFKC").toLowerCase().replaceAll("ё", "е"))
    .replaceAll(/(?<!\d)[^\p{L}\p{N}\s]+|[^\p{L}\p{N}\s]+(?!\d)/gu, " ")
    .replaceAll(/\s+/gu, " ")
    .trim();
}

/** A number as a program writes it: `1 000`, `1,000.0` and `1000` are the same. */
export function canonicalNumber(written: string): number | undefined {
  const value = Number(plainNumbers(written).replaceAll("−", "-").trim());
  return Number.isFinite(value) && written.trim() !== "" ? value : undefined;
}

const thousands = /\d{1,3}(?:[ \u00a0\u202f,']\d{3})+(?!\d)/gu;

function plainNumbers(text: string): string {
  return (
    text
      .replaceAll(thousands, (digits) => digits.replaceAll(/[ \u00a0\u202f,']/gu, ""))
      // A comma between digits that groups no thousands is a decimal one.
      .replaceAll(/(\d),(\d)/gu, "$1.$2")
      .replaceAll(/(\d)\.(\d{1,15})(?!\d)/gu, (_, whole: string, part: string) => {
        const kept = part.replace(/0+$/u, "");
        return kept === "" ? whole : `${whole}.${kept}`;
      })
  );
}

/** A number in a text: grouped by thousands or plain, with decimals. Bounded, so that no text takes long. */
export const numberPattern =
  /(?<![\p{L}\p{N}.])[-−]?(?:\d{1,3}(?:[ \u00a0\u202f,']\d{3}){1,5}(?!\d)|\d{1,18})(?:[.,]\d{1,9})?/gu;

/** The numbers of a text in their order. A dash between digits joins dates and ranges, and is no sign. */
export function numbersIn(text: string): number[] {
  return [...text.matchAll(numberPattern)].flatMap(([written]) => canonicalNumber(written) ?? []);
}

/** From 0, nothing in common, to 1, the same: twice the shared pairs of neighbouring words over all pairs (Dice). */
export function similarity(a: string, b: string): number {
  const [left, right] = [pairs(canonical(a)), pairs(canonical(b))];
  if (left.size + right.size === 0) return canonical(a) === canonical(b) ? 1 : 0;
  return (2 * left.intersection(right).size) / (left.size + right.size);
}

function pairs(text: string): Set<string> {
  const words = text === "" ? [] : text.split(" ");
  return new Set(words.map((word, index) => `${words[index - 1] ?? ""} ${word}`));
}
