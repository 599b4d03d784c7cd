import type { IncomingMessage } from "node:http";
import { bodyRetryAfterSeconds } from "./edge-limits.ts";
import { type Refusal, refused } from "./refusal.ts";

export type BytesOutcome =
  | Refusal
  | { readonly kind: "read"; readonly bytes: Buffer }
  /** The client broke off; nobody waits for an answer. */
  | { readonly kind: "gone" };

const emptyBuffer: Buffer = Buffer.alloc(0);
const nothing: BytesOutcome = { kind: "read", bytes: emptyBuffer };

/** Whether the headers announce a body of at least one byte, or of unknown length. */
export function announcesBody(request: IncomingMessage): boolean {
  const length = request.headers["content-length"];
  return (
    request.headers["transfer-encoding"] !== undefined ||
    (length !== undefined && Number(length) > 0)
  );
}

/** Counts bytes of a body before they are kept. False when there is no room for them. */
export type TakeBytes = (bytes: number) => boolean;

/**
 * Refused before a byte is read: an encoding of the transfer other than chunks, a length over the bound, and one for
 * which there is no room now.
 */
export function checkAnnouncedBody(
  request: IncomingMessage,
  bytesMax: number,
  take: TakeBytes,
): Refusal | undefined {
  const encoding = request.headers["transfer-encoding"];
  if (encoding !== undefined && encoding.toLowerCase() !== "chunked")
    return refused("invalid_request", { detail: "The only transfer-encoding taken is chunked." });
  const bytes = announcedBytes(request) ?? 0;
  if (bytes > bytesMax) return tooLarge(bytesMax);
  return bytes === 0 || take(bytes) ? undefined : noRoom();
}

/**
 * Reads a body of at most `bytesMax` bytes. At one byte more, or when there is no room for a chunk of a length nobody
 * announced, it stops reading and refuses.
 */
export function readBody(
  request: IncomingMessage,
  bytesMax: number,
  take: TakeBytes,
): Promise<BytesOutcome> {
  if (!announcesBody(request)) return Promise.resolve(nothing);
  return new Promise((resolve) => {
    const announced = announcedBytes(request);
    const gathered = new GatheredBytes(announced ?? 0, bytesMax);
    const settle = (outcome: BytesOutcome) => {
      request.off("data", gather).off("end", end).off("close", gone).off("error", gone);
      // An error that comes later is the connection's, which has its own listener.
      request.on("error", ignore);
      resolve(outcome);
    };
    const refuse = (refusal: Refusal) => {
      request.pause();
      settle(refusal);
    };
    const gather = (chunk: Buffer) => {
      if (gathered.size + chunk.length > bytesMax) refuse(tooLarge(bytesMax));
      else if (announced === undefined && !take(chunk.length)) refuse(noRoom());
      else gathered.add(chunk);
    };
    const end = () => settle({ kind: "read", bytes: gathered.bytes });
    const gone = () => settle({ kind: "gone" });
    request.on("data", gather).on("end", end).on("close", gone).on("error", gone);
  });
}

/**
 * Chunks joined as they come. Kept apart until the end, a body of one-byte chunks would take two hundred times its size.
 * One chunk alone, which most bodies are, is not copied.
 */
class GatheredBytes {
  readonly #expected: number;
  readonly #max: number;
  #buffer = emptyBuffer;
  size = 0;

  constructor(expected: number, max: number) {
    this.#expected = expected;
    this.#max = max;
  }

  get bytes(): Buffer {
    return this.size === this.#buffer.length ? this.#buffer : this.#buffer.subarray(0, this.size);
  }

  /** The sum of the chunks is at most the maximum. */
  add(chunk: Buffer): void {
    const size = this.size + chunk.length;
    if (this.size === 0) this.#buffer = chunk;
    else {
      if (size > this.#buffer.length) this.#grow(size);
      chunk.copy(this.#buffer, this.size);
    }
    this.size = size;
  }

  #grow(size: number): void {
    const doubled = Math.min(2 * size, this.#max);
    const larger = Buffer.allocUnsafe(this.#expected >= size ? this.#expected : doubled);
    this.bytes.copy(larger);
    this.#buffer = larger;
  }
}

function ignore(): void {}

function announcedBytes(request: IncomingMessage): number | undefined {
  const length = request.headers["content-length"];
  return length === undefined ? undefined : Number(length);
}

export function tooLarge(bytesMax: number): Refusal {
  return refused("payload_too_large", { detail: `The body may have ${bytesMax} bytes here.` });
}

function noRoom(): Refusal {
  return refused("busy", {
    detail: "Too many bodies are under way.",
    retryAfterSeconds: bodyRetryAfterSeconds,
  });
}
