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
/** Of secrets that are learned: one more takes the place of the one that was read longest ago. */
export const learnedSecretsMax = 64;
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
  /** What stands in place of a secret. */
  readonly mark: string;
  readonly #given: ReadonlySet<string>;
  /** In the order in which they were read. */
  readonly #learned = new Set<string>();
  #own: readonly string[] = [];
  #spaced: readonly string[] = [];
  #shortest = 0;
  /** What the node's own secrets have beside the characters of tokens. */
  #more: ReadonlySet<number> = new Set();

  constructor(secrets: readonly string[], language: "en" | "ru") {
    this.mark = leakMarks.secret[language];
    this.#given = new Set(secrets.filter(isLongEnough));
    this.#takeIn();
  }

  /** The node's own secrets that are long enough to be looked for; another list once one more is known. */
  get own(): readonly string[] {
    return this.#own;
  }

  /** Those with a space in them, which are more than one word. */
  get spaced(): readonly string[] {
    return this.#spaced;
  }

  /** Takes this secret out as well from now on. One that it takes the place of stays known: texts may still hold it. */
  learn(secret: string): void {
    if (!isLongEnough(secret) || this.#given.has(secret)) return;
    const isKnown = this.#learned.delete(secret);
    this.#learned.add(secret);
    if (isKnown) return;
    const [first = ""] = this.#learned;
    if (this.#learned.size > learnedSecretsMax) this.#learned.delete(first);
    this.#takeIn();
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

  #takeIn(): void {
    const all = new Set([...this.#given, ...this.#learned].flatMap(withItsKey));
    // One may be the beginning of another, as a password with something added to it is.
    this.#own = [...all].toSorted((left, right) => right.length - left.length);
    this.#spaced = this.#own.filter((secret) => /\s/u.test(secret));
    this.#shortest = Math.min(...this.#own.map(({ length }) => length));
    const written = this.#own.join("").replaceAll(/[\w+/=:.\s-]/gu, "");
    this.#more = new Set(Array.from({ length: written.length }, (_, at) => written.charCodeAt(at)));
  }

  #find(text: string, before: string): readonly Leak[] {
    if (text.length < this.#shortest && text.length < runCharsMin) return [];
    const found: Leak[] = [];
    for (const secret of this.#own)
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

/**
 * A secret, and what stands behind a name in it: the password of a login, the key of a bot's token. A password that is a
 * word would be found in texts that know nothing of it.
 */
function withItsKey(secret: string): readonly string[] {
  const key = secret.slice(secret.indexOf(":") + 1);
  const isTelling = isLongEnough(key) && !key.startsWith("//") && !/^\p{L}*$/u.test(key);
  return isTelling ? [secret, key] : [secret];
}

const isLongEnough = ({ length }: string): boolean => length >= secretCharsMin;

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
