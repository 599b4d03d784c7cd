import type { LinkFrame } from "@adyton/protocol/link";
import {
  linkCallBytesMax,
  linkFilePathPattern,
  linkHeaderBytesMax,
  linkVersion,
} from "@adyton/protocol/link-limits";

/** A frame that is delivered once and in order, and the same before it has its number. */
export type NumberedFrame = Extract<LinkFrame, { seq: number }>;
export type UnnumberedFrame = Unnumbered<NumberedFrame>;
type Unnumbered<T> = T extends unknown ? Omit<T, "seq"> : never;

export interface ReadFrame {
  readonly frame: LinkFrame;
  readonly body: Buffer;
}

/** Bytes of the longest frame. */
export const frameBytesMax = 2 + linkHeaderBytesMax + linkCallBytesMax;

const empty = Buffer.alloc(0);

/** Throws `RangeError` for a header or a body over its limit. */
export function writeFrame(frame: LinkFrame, body: Uint8Array = empty): Buffer {
  const header = Buffer.from(JSON.stringify(frame));
  if (header.length > linkHeaderBytesMax || body.length > linkCallBytesMax)
    throw new RangeError(`a frame of ${header.length} and ${body.length} bytes is too long`);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(header.length);
  return Buffer.concat([length, header, body]);
}

/** Reads a whole frame; `undefined` for anything that is none. */
export function readFrame(bytes: Buffer): ReadFrame | undefined {
  if (bytes.length < 2 || bytes.length > frameBytesMax) return undefined;
  const end = 2 + bytes.readUInt16BE(0);
  if (end > bytes.length || end > 2 + linkHeaderBytesMax) return undefined;
  const body = bytes.subarray(end);
  try {
    const header: unknown = JSON.parse(bytes.toString("utf8", 2, end));
    return isFrame(header) && body.length <= linkCallBytesMax ? { frame: header, body } : undefined;
  } catch {
    // No JSON, so no frame.
    return undefined;
  }
}

type Check = (value: unknown) => boolean;
type Fields = { readonly [T in LinkFrame["type"]]: Readonly<Record<string, Check>> };

const text =
  (pattern: RegExp): Check =>
  (value) =>
    typeof value === "string" && pattern.test(value);
const whole =
  (min: number, max: number): Check =>
  (value) =>
    Number.isSafeInteger(value) && Number(value) >= min && Number(value) <= max;
const yesOrNo: Check = (value) => typeof value === "boolean";
const version: Check = (value) => value === linkVersion;
const digest = text(/^[0-9a-f]{64}$/);
const session = text(/^[0-9a-f]{32}$/);
const number = whole(0, Number.MAX_SAFE_INTEGER);
const seq = whole(1, Number.MAX_SAFE_INTEGER);

/**
 * The contract's schema once more, by hand: zod would cost the relay a fifth of its memory. A test holds the two
 * together.
 */
const fields: Fields = {
  challenge: { version, nonce: digest },
  hello: {
    version,
    nonce: digest,
    session: (value) => value === null || session(value),
    received: number,
    proof: digest,
  },
  welcome: { session, isResumed: yesOrNo, received: number, proof: digest },
  replaced: {},
  ack: { received: number },
  call: { seq, call: number, method: text(/^[A-Za-z]{1,64}$/), contentType: text(/^[^]{0,256}$/) },
  file: { seq, call: number, path: text(linkFilePathPattern) },
  cancel: { seq, call: number },
  result: { seq, call: number, status: whole(100, 599), isLast: yesOrNo },
  more: { seq, call: number, isLast: yesOrNo },
  failed: { seq, call: number, code: text(/^[A-Z][A-Z0-9_]{0,63}$/) },
};

const checks: ReadonlyMap<unknown, Readonly<Record<string, Check>>> = new Map(
  Object.entries(fields),
);

function isFrame(header: unknown): header is LinkFrame {
  if (typeof header !== "object" || header === null) return false;
  const { type, ...rest } = Object.fromEntries<unknown>(Object.entries(header));
  const wanted = Object.entries(checks.get(type) ?? { type: () => false });
  return (
    Object.keys(rest).length === wanted.length && wanted.every(([key, check]) => check(rest[key]))
  );
}
