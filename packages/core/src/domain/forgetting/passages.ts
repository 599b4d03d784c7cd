/** Bytes of the pieces texts are cut into: one piece of a text that stands elsewhere gives the passage away. */
export const pieceBytes = 16;
/** Bytes in a row that two texts must share for one to count as quoting the other; a shorter text counts as a whole. */
export const passageBytesMin = 2 * pieceBytes;

/** Bits of the first look: whether a piece can have this hash at all. */
const sieveBits = 24;
const base = 0x01000193;

/**
 * The characters JSON writes otherwise (RFC 8259, section 7; lone surrogates: ECMA-262, `QuoteJSONString`). A text is
 * divided there, so that its parts stand in a payload, in the index and in a log as the same bytes.
 */
// oxlint-disable-next-line no-control-regex
const divider = /[\u0000-\u001f"\\\u007f\ud800-\udfff]+/u;

/** Texts as bytes, divided where JSON writes them otherwise, a zero byte behind each part. Parts too short are left out. */
export function partsOf(texts: Iterable<string>): Uint8Array {
  const encoder = new TextEncoder();
  const parts: Uint8Array[] = [];
  const known = new Set<string>();
  let bytes = 0;
  for (const text of texts)
    for (const part of text.split(divider)) {
      const encoded = encoder.encode(part);
      if (encoded.length < pieceBytes || known.has(part)) continue;
      known.add(part);
      parts.push(encoded);
      bytes += encoded.length + 1;
    }
  const joined = new Uint8Array(bytes);
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length + 1;
  }
  return joined;
}

/**
 * Finds passages of some texts in other bytes, in one walk over those (R. M. Karp, M. O. Rabin, "Efficient randomized
 * pattern-matching algorithms", 1987). The texts are cut into pieces of 16 bytes at every sixteenth byte, so every run of
 * 31 bytes that both share holds one whole piece; each hit is compared byte for byte.
 */
export class Passages {
  readonly #texts: Uint8Array;
  readonly #sieve = new Uint8Array(2 ** (sieveBits - 3));
  /** A piece's hash, and the places of the pieces that have it. */
  readonly #places = new Map<number, number[]>();
  readonly #ignored = new Set<number>();

  /** Takes what `partsOf` gives. */
  constructor(texts: Uint8Array) {
    this.#texts = texts;
    for (let from = 0; from < texts.length;) {
      const end = texts.indexOf(0, from);
      for (let at = from; at + pieceBytes <= end; at += pieceBytes) this.#place(at);
      from = end + 1;
    }
  }

  get isEmpty(): boolean {
    return this.#places.size === 0;
  }

  /** Whether the bytes quote a text: a passage of `passageBytesMin` bytes of it, or a shorter text as a whole. */
  occursIn(bytes: Uint8Array): boolean {
    return this.#walk(bytes, (place, at) => this.#isPassage(bytes, place, at));
  }

  /** From now on pieces that stand in these bytes do not count: they are left there rightly. */
  ignoreThoseIn(bytes: Uint8Array): void {
    this.#walk(bytes, (place) => {
      this.#ignored.add(place);
      return false;
    });
  }

  /** How many bytes of the texts stand in these bytes, counted in whole pieces. */
  bytesIn(bytes: Uint8Array): number {
    let pieces = 0;
    this.#walk(bytes, (place) => {
      if (!this.#ignored.has(place)) pieces += 1;
      return false;
    });
    return pieces * pieceBytes;
  }

  #place(at: number): void {
    let hash = 0;
    for (let index = 0; index < pieceBytes; index += 1)
      hash = (Math.imul(hash, base) + (this.#texts[at + index] ?? 0)) | 0;
    const bit = sieveBit(hash);
    this.#sieve[bit >>> 3] = (this.#sieve[bit >>> 3] ?? 0) | (1 << (bit & 7));
    const places = this.#places.get(hash);
    if (places === undefined) this.#places.set(hash, [at]);
    else if (!places.some((place) => this.#same(this.#texts, place, at))) places.push(at);
  }

  /** Calls `hit` with the place of each piece that stands in the bytes, and where; ends when it answers true. */
  #walk(bytes: Uint8Array, hit: (place: number, at: number) => boolean): boolean {
    if (this.isEmpty) return false;
    const sieve = this.#sieve;
    let hash = 0;
    for (let end = 0; end < bytes.length; end += 1) {
      const gone = end < pieceBytes ? 0 : Math.imul(bytes[end - pieceBytes] ?? 0, lastPower);
      hash = (Math.imul((hash - gone) | 0, base) + (bytes[end] ?? 0)) | 0;
      const bit = sieveBit(hash);
      if (((sieve[bit >>> 3] ?? 0) & (1 << (bit & 7))) === 0) continue;
      const at = end - pieceBytes + 1;
      if (at < 0) continue;
      for (const place of this.#places.get(hash) ?? [])
        if (this.#same(bytes, place, at) && hit(place, at)) return true;
    }
    return false;
  }

  #same(bytes: Uint8Array, place: number, at: number): boolean {
    for (let index = 0; index < pieceBytes; index += 1)
      if (bytes[at + index] !== this.#texts[place + index]) return false;
    return true;
  }

  /** Goes on from a piece in both directions, as far as the two agree and the text goes. */
  #isPassage(bytes: Uint8Array, place: number, at: number): boolean {
    const texts = this.#texts;
    let before = 0;
    for (
      let byte = texts[place - 1];
      byte !== undefined && byte !== 0;
      byte = texts[place - before - 1]
    ) {
      if (byte !== bytes[at - before - 1]) break;
      before += 1;
    }
    let length = before + pieceBytes;
    for (let byte = texts[place + pieceBytes]; byte !== 0; byte = texts[place - before + length]) {
      if (byte === undefined || byte !== bytes[at - before + length]) break;
      length += 1;
    }
    const starts = place - before === 0 || texts[place - before - 1] === 0;
    const isWhole = starts && texts[place - before + length] === 0;
    return length >= passageBytesMin || isWhole;
  }
}

/** The power by which the byte that leaves was multiplied when it came: `base` to the 15th. */
const lastPower = Array.from({ length: pieceBytes - 1 }).reduce<number>(
  (power) => Math.imul(power, base),
  1,
);

const sieveBit = (hash: number): number => Math.imul(hash, 0x9e3779b1) >>> (32 - sieveBits);
