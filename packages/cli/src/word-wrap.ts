import { clipToColumns } from "@adyton/runtime/terminal";

/**
 * Breaks prose between words so that it fits a terminal, as it comes: a word is held back until it ends. Code stays as
 * it is, because a break would change it: fenced blocks, lines indented by four columns, and rows of tables. A word that
 * is longer than a line is left to the terminal.
 */
export class WordWrap {
  readonly #columns: number;
  /** The line as it stands on the screen, without the word that is still coming. */
  #line = "";
  #gap = "";
  #word = "";
  #isFenced = false;
  #isVerbatim = false;

  /** `columns` is the terminal's width; an infinite one breaks nothing. */
  constructor(columns: number) {
    this.#columns = columns;
  }

  /** The next piece with its breaks, without its last word. */
  feed(piece: string): string {
    if (this.#columns === Number.POSITIVE_INFINITY) return piece;
    let out = "";
    for (const character of piece) {
      if (character === "\n") out += this.#endLine();
      else if (character === " " || character === "\t") {
        out += this.#takeWord();
        this.#gap += character;
      } else this.#word += character;
    }
    // Nothing in code is moved, so only the first word of a line has to wait: it may close the block.
    return this.#isVerbatim && this.#line !== "" ? out + this.#takeWord() : out;
  }

  /** The word that was held back. */
  end(): string {
    const rest = this.#takeWord() + this.#gap;
    this.#gap = "";
    return rest;
  }

  #endLine(): string {
    const rest = this.end();
    this.#line = "";
    this.#isVerbatim = this.#isFenced;
    return `${rest}\n`;
  }

  #takeWord(): string {
    const [gap, word] = [this.#gap, this.#word];
    if (word === "") return "";
    this.#gap = "";
    this.#word = "";
    if (this.#line === "") this.#openLine(gap, word);
    const longer = `${this.#line}${gap}${word}`;
    if (this.#isVerbatim || this.#line === "" || fits(longer, this.#columns)) {
      this.#line = longer;
      return gap + word;
    }
    this.#line = word;
    return `\n${word}`;
  }

  /** A line is prose or not by how it begins. */
  #openLine(gap: string, word: string): void {
    const isFence = /^(?:```|~~~)/.test(word);
    this.#isVerbatim =
      this.#isFenced || isFence || gap.length >= 4 || gap.includes("\t") || word.startsWith("|");
    if (isFence) this.#isFenced = !this.#isFenced;
  }
}

function fits(text: string, columns: number): boolean {
  return clipToColumns(text, columns) === text;
}
