/**
 * Text of others (a model's answer, a record of the journal, a file's name) may hold control sequences that clear the
 * screen, rename the window, or type into the terminal. They are taken out before anything is printed, whole, so that
 * no rest of them is left as text. A sequence may be cut anywhere between two pieces of a stream, so the filter is a
 * state machine over characters (after ECMA-48 and Paul Williams' parser of DEC terminals):
 *
 *   ground ── ESC ──► escape ── [ ──► csi ── final byte ──► ground
 *                          └── ] P X ^ _ ──► string ── BEL, ST, line break ──► ground
 *
 * Characters that turn the direction of text round (the “Trojan Source” ones, UAX #9 §2) and the two separators that some
 * programs take for line breaks are taken out as well: what is shown then stands in the order in which it is read.
 *
 * C1 controls (U+0080 to U+009F) are the same openings in one character. Line breaks and tabs pass. A string that is
 * never closed ends at its line, or after `stringCharsMax`: a terminal would swallow the rest of the answer.
 */
export const stringCharsMax = 4_096;

/** Marks, embeddings, overrides and isolates of bidirectional text; line and paragraph separator. */
const reorders = /[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/;

type State = "ground" | "escape" | "intermediate" | "csi" | "string" | "string-escape";

export class TerminalText {
  #state: State = "ground";
  #stringChars = 0;

  /** The piece without control characters and sequences; an unfinished sequence is remembered for the next piece. */
  plain(piece: string): string {
    let plain = "";
    for (const character of piece)
      if (this.#passes(character) && !reorders.test(character)) plain += character;
    return plain;
  }

  #passes(character: string): boolean {
    const code = character.codePointAt(0) ?? 0;
    const lineBreak = code === 0x0a;
    switch (this.#state) {
      case "ground":
        return this.#inGround(code);
      case "escape":
        return this.#inEscape(code);
      case "intermediate":
        if (code < 0x20 || code >= 0x30) this.#state = "ground";
        return lineBreak;
      case "csi":
        // Parameters and intermediates are 0x20 to 0x3f; anything else is the final byte or ends a broken sequence.
        if (code < 0x20 || code > 0x3f) this.#state = code === 0x1b ? "escape" : "ground";
        return lineBreak || code > 0x9f;
      case "string":
        return this.#inString(code, "string-escape");
      case "string-escape":
        if (code === 0x5c) this.#state = "ground";
        else return this.#inEscape(code);
        return false;
    }
  }

  #inGround(code: number): boolean {
    if (code === 0x1b) this.#state = "escape";
    else if (code === 0x9b) this.#state = "csi";
    else if (opensString(code)) this.#openString();
    return code === 0x0a || code === 0x09 || (code >= 0x20 && !(code >= 0x7f && code <= 0x9f));
  }

  #inEscape(code: number): boolean {
    this.#state = "ground";
    if (code === 0x1b) this.#state = "escape";
    else if (code === 0x5b) this.#state = "csi";
    else if (code <= 0x5f && opensString(code + 0x40)) this.#openString();
    else if (code >= 0x20 && code < 0x30) this.#state = "intermediate";
    // ESC with a letter is a whole sequence; a character that cannot belong to one is the text's own.
    return code === 0x0a || code > 0x9f;
  }

  #openString(): void {
    this.#state = "string";
    this.#stringChars = 0;
  }

  #inString(code: number, escape: State): boolean {
    this.#stringChars += 1;
    if (code === 0x1b) this.#state = escape;
    else if (code === 0x07 || code === 0x9c || code === 0x0a || this.#stringChars > stringCharsMax)
      this.#state = "ground";
    return code === 0x0a;
  }
}

/** DCS, SOS, OSC, PM, APC. */
function opensString(code: number): boolean {
  return code === 0x90 || code === 0x98 || code === 0x9d || code === 0x9e || code === 0x9f;
}

/** A whole text without control characters and sequences. */
export function plainText(text: string): string {
  return new TerminalText().plain(text);
}

/** The same on one line. */
export function plainLine(text: string): string {
  return plainText(text).replaceAll(/\s+/g, " ").trim();
}
