/** A piece of text where it stands on a page, as PDF has it: no words, no lines, no paragraphs. */
export interface PdfItem {
  readonly str: string;
  readonly hasEOL: boolean;
  readonly height: number;
  /** The last number is how far above the page's foot it stands. */
  readonly transform: readonly unknown[];
}

/** Lines farther apart than this, in heights of their letters, belong to two paragraphs. */
const paragraphGap = 1.7;

/** The text of a page: words that a line break divided are joined, paragraphs have a blank line between them. */
export function pageText(items: readonly PdfItem[]): string {
  let text = "";
  let lineY: number | undefined;
  for (const { str, hasEOL, height, transform } of items) {
    const y = Number(transform[5]);
    const isNewLine = text.endsWith("\n");
    if (
      isNewLine &&
      lineY !== undefined &&
      height > 0 &&
      Math.abs(lineY - y) > paragraphGap * height
    )
      text += "\n";
    if (str.trim() !== "") lineY = y;
    text += hasEOL ? `${str}\n` : str;
  }
  return text
    .replaceAll("\f", "\n")
    .replaceAll(/[ \t\u00a0]+$/gmu, "")
    .replaceAll(/(\p{Ll})[-\u00ad]\n(?=\p{Ll})/gu, "$1")
    .replaceAll(/\n{3,}/gu, "\n\n")
    .trim();
}
