import type { Room, Speaker } from "../../ports/operations.ts";
import { PartialMessage } from "./partial-message.ts";
import type { SocketLimits } from "./socket-limits.ts";

export interface LineReaderOptions {
  readonly limits: SocketLimits;
  readonly room: Room;
  readonly speaker: () => Speaker;
  /** A whole line without its end; not called for an empty one. */
  readonly line: (bytes: Buffer) => void;
  /** The present line is refused; the rest of it is passed over. */
  readonly refuse: (code: "payload_too_large" | "busy") => void;
  /** More of a refused line came than is passed over. */
  readonly tooMuch: () => void;
}

const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const empty: Buffer = Buffer.alloc(0);

/** Cuts what arrives into lines of at most `envelopeBytesMax` bytes. */
export class LineReader {
  readonly #options: LineReaderOptions;
  readonly #partial: PartialMessage;
  #buffer = empty;
  #size = 0;
  /** Of a refused line: bytes passed over so far. */
  #skipped: number | undefined;

  constructor(options: LineReaderOptions) {
    this.#options = options;
    this.#partial = new PartialMessage(options.room, options.limits.uncountedBytesMax);
  }

  add(chunk: Buffer): void {
    let start = 0;
    for (let end = chunk.indexOf(lineFeed); end !== -1; end = chunk.indexOf(lineFeed, start)) {
      this.#lineEnds(chunk.subarray(start, end));
      start = end + 1;
    }
    if (start < chunk.length) this.#keep(chunk.subarray(start));
  }

  /** Nothing more comes: what there is, is the last line. */
  end(): void {
    this.#lineEnds(empty);
  }

  /** Whether a line is unfinished for too long. */
  isLate(): boolean {
    return this.#partial.isLate();
  }

  clear(): void {
    this.#partial.clear();
    this.#buffer = empty;
    this.#size = 0;
  }

  #lineEnds(last: Buffer): void {
    if (this.#skipped === undefined && this.#size > 0) this.#keep(last);
    else if (this.#skipped === undefined && last.length > this.#options.limits.envelopeBytesMax)
      this.#refuse("payload_too_large");
    if (this.#skipped !== undefined) {
      this.#skipped = undefined;
      return;
    }
    const whole = this.#size > 0 ? this.#buffer.subarray(0, this.#size) : last;
    this.clear();
    const line = whole.at(-1) === carriageReturn ? whole.subarray(0, -1) : whole;
    if (line.length > 0) this.#options.line(line);
  }

  #keep(bytes: Buffer): void {
    const { limits, speaker } = this.#options;
    if (this.#skipped !== undefined) {
      this.#skipped += bytes.length;
      if (this.#skipped > limits.skippedBytesMax) this.#options.tooMuch();
      return;
    }
    const size = this.#size + bytes.length;
    if (size > limits.envelopeBytesMax) return this.#refuse("payload_too_large");
    if (!this.#partial.keeps(size, speaker())) return this.#refuse("busy");
    // Joined as they come: kept apart, a line of one-byte chunks would take two hundred times its size.
    if (size > this.#buffer.length) {
      const larger = Buffer.allocUnsafe(Math.min(2 * size, limits.envelopeBytesMax));
      this.#buffer.copy(larger, 0, 0, this.#size);
      this.#buffer = larger;
    }
    bytes.copy(this.#buffer, this.#size);
    this.#size = size;
  }

  #refuse(code: "payload_too_large" | "busy"): void {
    this.clear();
    this.#skipped = 0;
    this.#options.refuse(code);
  }
}
