import type { FileHandle } from "node:fs/promises";

/** The head ends where it must not, is larger than what is read, or holds what cannot be. */
export class HeaderEnd extends Error {
  readonly reason: "end_of_file" | "limit" | "broken";
  /** Bytes that the file is short of, at least. */
  readonly missing: number;

  constructor(reason: HeaderEnd["reason"], missing = 0) {
    super(reason);
    this.reason = reason;
    this.missing = missing;
  }
}

const bufferBytes = 1024 * 1024;
/** A text of the metadata that is longer is passed over: only short ones are used. */
const keptTextBytesMax = 256;
const textBytesMax = 16 * 1024 * 1024;

/** Bytes of a scalar of each of GGUF's types: 0 to 7 and 10 to 12. */
const scalarBytes = [1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8];
const textType = 8;
const arrayType = 9;

/** Reads little-endian values one after another, whatever the file's own counts claim. Everything throws `HeaderEnd`. */
export class ByteReader {
  readonly #file: FileHandle;
  readonly #end: number;
  readonly #isLimited: boolean;
  #buffer: Buffer = Buffer.alloc(0);
  /** Where the buffer begins in the file, and what of it is read. */
  #start = 0;
  #read = 0;

  constructor(file: FileHandle, end: number, isLimited: boolean) {
    this.#file = file;
    this.#end = end;
    this.#isLimited = isLimited;
  }

  get position(): number {
    return this.#start + this.#read;
  }

  async u32(): Promise<number> {
    return (await this.bytes(4)).readUInt32LE();
  }

  /** A 64-bit count up to `max`. */
  async count(max: number): Promise<number> {
    const value = (await this.bytes(8)).readBigUInt64LE();
    if (value > BigInt(max)) throw new HeaderEnd("broken");
    return Number(value);
  }

  /** A text without control characters; the rest of a long one is left out. */
  async text(): Promise<string> {
    const length = await this.count(textBytesMax);
    const bytes = await this.bytes(Math.min(length, keptTextBytesMax));
    const text = bytes
      .toString("utf8")
      .replaceAll(/[\p{Cc}\p{Cf}\uFFFD]+/gu, " ")
      .trim();
    this.#skip(length - bytes.length);
    return text;
  }

  /** A short text or a whole number; anything else is passed over. */
  async value(type: number): Promise<string | number | undefined> {
    if (type === textType) return await this.text();
    if (type === arrayType) {
      await this.#skipArray();
      return undefined;
    }
    const length = scalarBytes[type] ?? 0;
    if (length === 0) throw new HeaderEnd("broken");
    const bytes = await this.bytes(length);
    if (type === 4) return bytes.readUInt32LE();
    if (type === 5) return bytes.readInt32LE();
    if (type === 2) return bytes.readUInt16LE();
    if (type === 10) return Number(bytes.readBigUInt64LE());
    return undefined;
  }

  async #skipArray(): Promise<void> {
    const type = await this.u32();
    const length = await this.count(2 ** 32);
    if (type !== textType) {
      // An array of arrays is allowed on paper and written by nobody.
      const each = scalarBytes[type] ?? 0;
      if (each === 0) throw new HeaderEnd("broken");
      this.#skip(each * length);
      return;
    }
    await this.#skipTexts(length);
  }

  /** A vocabulary has hundreds of thousands: waiting for each, although its bytes are there, would take half a second. */
  async #skipTexts(count: number): Promise<void> {
    for (let index = 0; index < count; index += 1) {
      if (this.#buffer.length - this.#read < 8) {
        this.#check(8);
        await this.#fill(8);
      }
      // Two halves, because a number of 64 bits would have to be made as an object.
      const length = this.#buffer.readUInt32LE(this.#read);
      const high = this.#buffer.readUInt32LE(this.#read + 4);
      if (high !== 0 || length > textBytesMax) throw new HeaderEnd("broken");
      this.#skip(8 + length);
    }
  }

  /** The next bytes; they are valid until the next call. */
  async bytes(length: number): Promise<Buffer> {
    this.#check(length);
    if (this.#buffer.length - this.#read < length) await this.#fill(length);
    const bytes = this.#buffer.subarray(this.#read, this.#read + length);
    this.#read += length;
    return bytes;
  }

  #skip(length: number): void {
    this.#check(length);
    this.#read += length;
  }

  #check(length: number): void {
    const missing = this.position + length - this.#end;
    if (missing > 0) throw new HeaderEnd(this.#isLimited ? "limit" : "end_of_file", missing);
  }

  async #fill(least: number): Promise<void> {
    this.#start = this.position;
    this.#read = 0;
    const length = Math.min(Math.max(bufferBytes, least), this.#end - this.#start);
    const buffer = Buffer.allocUnsafe(length);
    for (let filled = 0; filled < length;) {
      const { bytesRead } = await this.#file.read(
        buffer,
        filled,
        length - filled,
        this.#start + filled,
      );
      if (bytesRead === 0) throw new HeaderEnd("end_of_file", length - filled);
      filled += bytesRead;
    }
    this.#buffer = buffer;
  }
}
