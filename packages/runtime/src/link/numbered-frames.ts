import { linkWindowBytesMax, linkWindowFramesMax } from "@adyton/protocol/link-limits";
import { type NumberedFrame, type UnnumberedFrame, writeFrame } from "./link-frame.ts";

// One direction counts what it sends and keeps it until the other side has acknowledged it; the other takes each number
// once. A connection may be cut at any byte: the next one begins with the number that arrived last, and everything behind
// it is sent again. So a frame is delivered exactly once for as long as both sides remember the session; when one of them
// does not, the session is over, and nobody knows of the frames under way whether they arrived.

/** The session ended before a frame could be sent. */
export class SessionOver extends Error {
  override readonly name = "SessionOver";
}

/** One side's numbered frames of a session, over any number of connections. */
export class NumberedFrames {
  #sent = 0;
  #received = 0;
  #unacknowledged: { readonly seq: number; readonly bytes: Buffer }[] = [];
  #bytes = 0;
  #write: ((bytes: Buffer) => void) | undefined;
  #waiting: (() => void)[] = [];
  #isOver = false;

  /** The last number that arrived. */
  get received(): number {
    return this.#received;
  }

  /** Bytes that are kept to be sent again. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Sends a frame now, or with the next connection. Waits while the window is full. Rejects with `SessionOver`; throws
   * `RangeError` for a frame that is too long.
   */
  async post(frame: UnnumberedFrame, body?: Uint8Array): Promise<void> {
    while (!this.#isOver && this.#isFull) await new Promise<void>((go) => this.#waiting.push(go));
    if (this.#isOver) throw new SessionOver("the session is over");
    const seq = this.#sent + 1;
    const bytes = writeFrame({ ...frame, seq }, body);
    this.#sent = seq;
    this.#unacknowledged.push({ seq, bytes });
    this.#bytes += bytes.length;
    this.#write?.(bytes);
  }

  /** Takes note of a frame that arrived: `new` is to be acted on, `known` not, `gap` is a fault of the other side. */
  take({ seq }: NumberedFrame): "new" | "known" | "gap" {
    if (seq <= this.#received) return "known";
    if (seq > this.#received + 1) return "gap";
    this.#received = seq;
    return "new";
  }

  /** Forgets what has arrived. `false`: the other side claims what was never sent. */
  confirm(received: number): boolean {
    if (received > this.#sent) return false;
    const first = this.#unacknowledged.findIndex(({ seq }) => seq > received);
    const gone = this.#unacknowledged.splice(0, first === -1 ? Infinity : first);
    for (const { bytes } of gone) this.#bytes -= bytes.length;
    if (gone.length > 0) this.#wake();
    return true;
  }

  /** Whether a side that has received so much can go on here: what it lacks is still kept. */
  canResume(received: number): boolean {
    const kept = this.#unacknowledged[0]?.seq ?? this.#sent + 1;
    return received >= kept - 1 && received <= this.#sent;
  }

  /** Goes on over a connection, beginning with what the other side lacks. */
  attach(write: (bytes: Buffer) => void, received: number): void {
    this.confirm(received);
    this.#write = write;
    for (const { bytes } of this.#unacknowledged) write(bytes);
  }

  detach(): void {
    this.#write = undefined;
  }

  /** Ends the session: whoever waits to send is told. */
  end(): void {
    this.#isOver = true;
    this.#write = undefined;
    this.#unacknowledged = [];
    this.#bytes = 0;
    this.#wake();
  }

  get #isFull(): boolean {
    return this.#unacknowledged.length >= linkWindowFramesMax || this.#bytes >= linkWindowBytesMax;
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const go of waiting) go();
  }
}
