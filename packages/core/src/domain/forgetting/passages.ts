/** Bytes of the pieces texts are cut into: one piece of a text that stands elsewhere gives the passage away. */
export const pieceBytes = 16;
/** Bytes in a row that two texts must share for one to count as quoting the other; a shorter text counts as a whole. */
export const passageBytesMin = 2 * pieceBytes;

/** Bits of the first look: whether a piece can have this hash at all. */
const sieveBits = 24;
const base = 0x01000193;
const roomMin = 4_096;

/**
 * The characters JSON writes otherwise (RFC 8259, section 7; lone surrogates: ECMA-262, `QuoteJSONString`). A text is
 * divided there, so that its parts stand in a payload, in the index and in a log as the same bytes.
 */
// oxlint-disable-next-line no-control-regex
const divider = /[\u0000-\u001f"\\\u007f\ud800-\udfff]+/u;

/** Texts as bytes, divided where JSON writes them otherwise, a zero byte behind each part. Parts too short are left out. */
export class Parts {
  readonly #encoder = new TextEncoder();
  #bytes = new Uint8Array(roomMin);
  #length = 0;

  /** Takes a text whole, or not at all where it would pass `bytesMax`. */
  add(text: string, bytesMax = Number.MAX_SAFE_INTEGER): void {
    // A unit of a string takes at most three bytes of UTF-8.
    if (this.#length + text.length > bytesMax) return;
    for (const part of text.split(divider)) {
      const room = this.#length + part.length * 3 + 1;
      if (room > this.#bytes.length) this.#grow(room);
      const { written } = this.#encoder.encodeInto(part, this.#bytes.subarray(this.#length));
      if (written < pieceBytes) this.#bytes.fill(0, this.#length, this.#length + written);
      else this.#length += written + 1;
    }
  }

  /** What `Passages` takes. */
  bytes(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  #grow(room: number): void {
    const grown = new Uint8Array(2 * room);
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}

/** The same for texts that are all there. */
export function partsOf(texts: Iterable<string>): Uint8Array {
  const parts = new Parts();
  for (const text of texts) parts.add(text);
  return parts.bytes();
}

/**
 * Finds passages of some texts in other bytes, in one walk over those (R. M. Karp, M. O. Rabin, "Efficient randomized
 * pattern-matching algorithms", 1987). The texts are cut into pieces of 16 bytes at every sixteenth byte, so every run of
 * 31 bytes that both share holds one whole piece; each hit is compared byte for byte.
 */
export class Passages {
  readonly #texts: Uint8Array;
  readonly #sieve = new Uint8Array(2 ** (sieveBits - 3));
  /** By hash, with open addressing: 1 + where the piece stands in the texts; 0 is a free place. */
  readonly #pieces: Uint32Array;
  /** Of each place, whether its piece does not count. */
  readonly #ignored: Uint8Array;
  readonly #shift: number;
  #count = 0;

  /** Takes what `Parts` gives. */
  constructor(texts: Uint8Array) {
    this.#texts = texts;
    const bits = Math.max(4, Math.ceil(Math.log2(texts.length / pieceBytes + 1)) + 1);
    this.#pieces = new Uint32Array(2 ** bits);
    this.#ignored = new Uint8Array(2 ** bits);
    this.#shift = 32 - bits;
    for (let from = 0; from < texts.length;) {
      const end = texts.indexOf(0, from);
      for (let at = from; at + pieceBytes <= end; at += pieceBytes) this.#put(at);
      from = end + 1;
    }
  }

  get isEmpty(): boolean {
    return this.#count === 0;
  }

  /** Whether the bytes quote a text: a passage of `passageBytesMin` bytes of it, or a shorter text as a whole. */
  occursIn(bytes: Uint8Array): boolean {
    return this.#walk(bytes, (slot, at) => this.#isPassage(bytes, this.#placeOf(slot), at));
  }

  /** From now on pieces that stand in these bytes do not count: they are left there rightly. */
  ignoreThoseIn(bytes: Uint8Array): void {
    this.#walk(bytes, (slot) => {
      this.#ignored[slot] = 1;
      return false;
    });
  }

  /** How many bytes of the texts stand in these bytes, counted in whole pieces. */
  bytesIn(bytes: Uint8Array): number {
    let pieces = 0;
    this.#walk(bytes, (slot) => {
      if (this.#ignored[slot] === 0) pieces += 1;
      return false;
    });
    return pieces * pieceBytes;
  }

  #put(at: number): void {
    let hash = 0;
    for (let index = 0; index < pieceBytes; index += 1)
      hash = (Math.imul(hash, base) + (this.#texts[at + index] ?? 0)) | 0;
    const bit = sieveBit(hash);
    this.#sieve[bit >>> 3] = (this.#sieve[bit >>> 3] ?? 0) | (1 << (bit & 7));
    const slot = this.#slotOf(hash, this.#texts, at);
    if (this.#pieces[slot] !== 0) return;
    this.#pieces[slot] = at + 1;
    this.#count += 1;
  }

  #placeOf(slot: number): number {
    return (this.#pieces[slot] ?? 0) - 1;
  }

  /** Where the piece that stands in the bytes is kept, or would be. */
  #slotOf(hash: number, bytes: Uint8Array, at: number): number {
    const last = this.#pieces.length - 1;
    let slot = mixed(hash) >>> this.#shift;
    while (this.#pieces[slot] !== 0 && !this.#same(bytes, this.#placeOf(slot), at))
      slot = (slot + 1) & last;
    return slot;
  }

  /** Calls `hit` with the slot of each piece that stands in the bytes, and where; ends when it answers true. */
  #walk(bytes: Uint8Array, hit: (slot: number, at: number) => boolean): boolean {
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
      const slot = this.#slotOf(hash, bytes, at);
      if (this.#pieces[slot] !== 0 && hit(slot, at)) return true;
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

const mixed = (hash: number): number => Math.imul(hash, 0x9e3779b1);
const sieveBit = (hash: number): number => mixed(hash) >>> (32 - sieveBits);
