/**
 * Follows Markdown one character at a time and knows whether it is inside code: a fence of three or more backticks or
 * tildes at a line's beginning, closed by a run at least as long that stands alone, or an inline span of backticks
 * within one line. Source: CommonMark 0.31 §4.5 and §6.1, with two simplifications: indentation does not end a fence,
 * and an inline span ends with its line, because a lone backtick is commoner than a span over two lines.
 */
export class CodeTracker {
  #fence: { readonly char: string; readonly length: number } | undefined;
  #spanLength = 0;
  #runChar = "";
  #runLength = 0;
  /** Whether the run began its line. */
  #runIsFirst = false;
  #lineIsBlank = true;
  /** A fence's end was seen and only white space may follow on its line. */
  #isClosing = false;

  get isInside(): boolean {
    // An open run of backticks is not decided yet; whatever follows it now is inside or closes a span.
    return (
      this.#fence !== undefined || (this.#runLength > 0 ? this.#opensCode() : this.#spanLength > 0)
    );
  }

  reset(): void {
    this.#fence = undefined;
    this.#spanLength = 0;
    this.#runLength = 0;
    this.#lineIsBlank = true;
    this.#isClosing = false;
  }

  take(char: string): void {
    if (this.#runLength > 0 && char === this.#runChar) {
      this.#runLength += 1;
      return;
    }
    this.#endRun();
    if (char === "\n") {
      if (this.#isClosing) this.#fence = undefined;
      this.#isClosing = false;
      this.#spanLength = 0;
      this.#lineIsBlank = true;
      return;
    }
    if (char === "`" || char === "~") {
      this.#isClosing = false;
      this.#runChar = char;
      this.#runLength = 1;
      this.#runIsFirst = this.#lineIsBlank;
      this.#lineIsBlank = false;
      return;
    }
    if (char !== " " && char !== "\t" && char !== "\r") {
      this.#lineIsBlank = false;
      this.#isClosing = false;
    }
  }

  /** Whether the run that ends here leaves its reader inside code. */
  #opensCode(): boolean {
    if (this.#runIsFirst && this.#runLength >= 3) return true;
    if (this.#runChar !== "`") return this.#spanLength > 0;
    return this.#spanLength === 0 || this.#spanLength !== this.#runLength;
  }

  #endRun(): void {
    if (this.#runLength === 0) return;
    const length = this.#runLength;
    if (this.#fence !== undefined) {
      this.#isClosing =
        this.#runIsFirst && this.#runChar === this.#fence.char && length >= this.#fence.length;
    } else if (this.#runIsFirst && length >= 3) {
      this.#fence = { char: this.#runChar, length };
    } else if (this.#runChar === "`") {
      if (this.#spanLength === 0) this.#spanLength = length;
      else if (this.#spanLength === length) this.#spanLength = 0;
    }
    this.#runLength = 0;
  }
}
