import { isUtf8 } from "node:buffer";
import { jsonDepthMax } from "@adyton/protocol";

export type JsonOutcome =
  | { readonly kind: "parsed"; readonly value: unknown }
  /** Not JSON at all: `detail` says what was wrong. */
  | { readonly kind: "malformed"; readonly detail: string }
  /** JSON that no part of the node could keep or compare faithfully, at this JSON pointer. */
  | { readonly kind: "unfit"; readonly path: string; readonly message: string };

const quote = 0x22;
const backslash = 0x5c;

/**
 * Parses a JSON body strictly: UTF-8 without a byte order mark, at most `jsonDepthMax` levels, counted before
 * anything recursive sees the text. Text with NUL or half a surrogate pair is refused because UTF-8 and SQL would
 * give back another text than was said; the key `__proto__` because it means something else to every program.
 */
export function parseJsonBody(bytes: Buffer): JsonOutcome {
  if (bytes.length === 0) return { kind: "malformed", detail: "The body is empty." };
  if (!isUtf8(bytes)) return { kind: "malformed", detail: "The body is not UTF-8." };
  if (depthExceeds(bytes, jsonDepthMax))
    return { kind: "malformed", detail: `The body is nested deeper than ${jsonDepthMax} levels.` };
  const text = bytes.toString("utf8");
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The parser's own message quotes the body, which may hold a secret.
    return { kind: "malformed", detail: "The body is not JSON text." };
  }
  // Only these escapes and this word can bring what is refused, so almost every body ends here.
  return /\\u(?:0000|d[89a-f]|005f)|__proto__/i.test(text)
    ? findUnfit(value)
    : { kind: "parsed", value };
}

/** Whether brackets outside strings are nested deeper than `levelsMax`; needs no valid JSON and no recursion. */
export function depthExceeds(bytes: Uint8Array, levelsMax: number): boolean {
  let depth = 0;
  for (let index = 0; index < bytes.length; index++) {
    const byte = bytes[index];
    if (byte === quote) {
      for (index++; index < bytes.length && bytes[index] !== quote; index++)
        if (bytes[index] === backslash) index++;
    } else if (byte === 0x5b || byte === 0x7b) {
      if (++depth > levelsMax) return true;
    } else if (byte === 0x5d || byte === 0x7d) depth--;
  }
  return false;
}

/** One step of a JSON pointer (RFC 6901). */
export function pointerStep(key: string): string {
  return `/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`;
}

// Recursion is safe here: the depth has been checked.
function findUnfit(value: unknown): JsonOutcome {
  const fault = unfit(value, "");
  return fault === undefined ? { kind: "parsed", value } : { kind: "unfit", ...fault };
}

function unfit(value: unknown, path: string): { path: string; message: string } | undefined {
  if (typeof value === "string") {
    const message = unfitText(value);
    return message === undefined ? undefined : { path, message };
  }
  if (typeof value !== "object" || value === null) return undefined;
  for (const [key, item] of Object.entries(value)) {
    if (key === "__proto__") return { path, message: "the key __proto__ is not taken" };
    const message = unfitText(key);
    if (message !== undefined) return { path, message: `a key: ${message}` };
    const fault = unfit(item, path + pointerStep(key));
    if (fault !== undefined) return fault;
  }
  return undefined;
}

/** What is wrong with a text that cannot be kept as it is; `undefined` when nothing is. */
export function unfitText(text: string): string | undefined {
  if (text.includes("\0")) return "text must not contain NUL";
  return text.isWellFormed() ? undefined : "text must not contain half a surrogate pair";
}
