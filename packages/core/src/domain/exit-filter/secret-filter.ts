import { leakMarks } from "./leak-marks.ts";
import { joined, type Leak, tokenLeaks } from "./leak-patterns.ts";
import { keyBeginning } from "./token-formats.ts";

/** A text without secrets, and how many there were. */
export interface Redacted {
  readonly text: string;
  readonly removed: number;
}

/** Shorter than this, a secret would be found in any text. */
const secretCharsMin = 8;
/** Every format has so many of a word's characters in a row, or one of the beginnings looked for beside it. */
const runCharsMin = 20;
const beginnings = ["eyJ", "whsec_", keyBeginning];
const asciiSet = (members: RegExp): Uint8Array =>
  Uint8Array.from({ length: 128 }, (_, code) => (members.test(String.fromCodePoint(code)) ? 1 : 0));
const wordUnits = asciiSet(/[\w-]/u);
const tokenUnits = asciiSet(/[\w+/=:.-]/u);

/**
 * Takes the node's own secrets, and tokens and private keys by their form, out of a text; everything else stays as it is.
 * Most texts hold nothing that could be one, which takes a look at each character.
 */
export class SecretFilter {
  /** The node's own secrets that are long enough to be looked for. */
  readonly own: readonly string[];
  /** Those with a space in them, which are more than one word. */
  readonly spaced: readonly string[];
  /** What stands in place of a secret. */
  readonly mark: string;
  readonly #shortest: number;
  /** What the node's own secrets have beside the characters of tokens. */
  readonly #more: ReadonlySet<number>;

  constructor(secrets: readonly string[], language: "en" | "ru") {
    this.own = [...new Set(secrets)].filter((secret) => secret.length >= secretCharsMin);
    this.spaced = this.own.filter((secret) => /\s/u.test(secret));
    this.mark = leakMarks.secret[language];
    this.#shortest = Math.min(...this.own.map(({ length }) => length));
    const written = this.own.join("").replaceAll(/[\w+/=:.\s-]/gu, "");
    this.#more = new Set(Array.from({ length: written.length }, (_, at) => written.charCodeAt(at)));
  }

  /** Whether a UTF-16 unit can be part of a secret that is one word. */
  isOfWord(unit: number): boolean {
    return unit < 128 && tokenUnits[unit] === 1
      ? true
      : this.#more.size > 0 && this.#more.has(unit);
  }

  /** The text with a mark in place of each secret. `before` is what stood before it, and is not given back. */
  redact(text: string, before = ""): Redacted {
    const leaks = this.#find(text, before);
    if (leaks.length === 0) return { text, removed: 0 };
    let shown = "";
    let from = 0;
    for (const { start, end } of leaks) {
      shown += text.slice(from, start) + this.mark;
      from = end;
    }
    return { text: shown + text.slice(from), removed: leaks.length };
  }

  #find(text: string, before: string): readonly Leak[] {
    if (text.length < this.#shortest && text.length < runCharsMin) return [];
    const found: Leak[] = [];
    for (const secret of this.own)
      for (let start = text.indexOf(secret); start !== -1;) {
        const end = start + secret.length;
        found.push({ kind: "secret", start, end });
        start = text.indexOf(secret, end);
      }
    if (mayHoldToken(text))
      for (const { kind, start, end } of tokenLeaks(before + text))
        if (end > before.length)
          found.push({
            kind,
            start: Math.max(0, start - before.length),
            end: end - before.length,
          });
    return found.length === 0 ? found : joined(found);
  }
}

/** Whether any format can match: so a text of words costs less than a look by one pattern. */
function mayHoldToken(text: string): boolean {
  if (text.length < runCharsMin) return false;
  let run = 0;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    run = unit < 128 && wordUnits[unit] === 1 ? run + 1 : 0;
    if (run === runCharsMin) return true;
  }
  return beginnings.some((beginning) => text.includes(beginning));
}
