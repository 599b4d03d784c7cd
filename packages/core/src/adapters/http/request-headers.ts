import type { IncomingMessage } from "node:http";
import { idempotencyKeyCharsMax, preferWaitSecondsMax } from "@adyton/protocol";

/** Headers whose repetition Node drops silently, although two of them contradict each other. */
const single = new Set(["host", "authorization", "content-type"]);

/** The name of a header that must not be repeated and is; `undefined` when the headers are sound. */
export function repeatedHeader(request: IncomingMessage): string | undefined {
  const raw = request.rawHeaders;
  let seen = 0;
  for (let index = 0; index < raw.length; index += 2) {
    const length = raw[index]?.length;
    // By length first: three of some ten headers per request are looked at closely.
    if (length !== 4 && length !== 12 && length !== 13) continue;
    const name = (raw[index] ?? "").toLowerCase();
    if (!single.has(name)) continue;
    const bit = 1 << name.length;
    if ((seen & bit) !== 0) return name;
    seen |= bit;
  }
  return undefined;
}

export interface MediaType {
  readonly type: string;
  readonly charset: string | undefined;
}

/** The media type of a `Content-Type`, in lower case; `undefined` when it is not one. */
export function mediaType(header: string): MediaType | undefined {
  if (header === "application/json") return { type: header, charset: undefined };
  const [type = "", ...parameters] = header.split(";");
  const name = type.trim().toLowerCase();
  if (!/^[a-z0-9!#$&^_.+-]{1,127}\/[a-z0-9!#$&^_.+-]{1,127}$/.test(name)) return undefined;
  let charset: string | undefined;
  for (const parameter of parameters) {
    const match = /^\s*charset\s*=\s*"?([^"\s]*)"?\s*$/i.exec(parameter);
    if (match !== null) charset = (match[1] ?? "").toLowerCase();
  }
  return { type: name, charset };
}

export function isJsonType(type: string): boolean {
  return type === "application/json" || type === "text/json" || type.endsWith("+json");
}

/** An `Idempotency-Key` is 1 to 255 visible ASCII characters. */
export function isIdempotencyKey(key: string): boolean {
  return key.length <= idempotencyKeyCharsMax && /^[\x21-\x7e]+$/.test(key);
}

/** The record a stream resumes after: a whole number from 0 on; `undefined` when the header is not one. */
export function eventId(header: string): number | undefined {
  if (!/^\d{1,16}$/.test(header)) return undefined;
  const value = Number(header);
  return Number.isSafeInteger(value) ? value : undefined;
}

/**
 * When `Prefer` (RFC 7240) wants an asynchronous answer: 0 for `respond-async`, the milliseconds of `wait=SECONDS`,
 * or `undefined`. What is unknown or malformed is ignored, as the RFC says.
 */
export function asyncAfterMs(prefer: string): number | undefined {
  let waitMs: number | undefined;
  let respondAsync = false;
  for (const preference of prefer.split(",")) {
    const text = (preference.split(";")[0] ?? "").trim().toLowerCase();
    if (text === "respond-async") respondAsync = true;
    const wait = /^wait\s*=\s*"?(\d{1,9})"?$/.exec(text);
    if (wait !== null) waitMs ??= Math.min(Number(wait[1]), preferWaitSecondsMax) * 1_000;
  }
  return waitMs ?? (respondAsync ? 0 : undefined);
}
