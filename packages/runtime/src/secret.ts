import { createHash, timingSafeEqual } from "node:crypto";
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { inspect } from "node:util";
import { CodedError } from "./coded-error.ts";

export const secretBytesMax = 4096;

const mask = "[secret]";

export class SecretError extends CodedError<
  "unreadable" | "not_a_file" | "empty" | "too_long" | "readable_by_others" | "not_text"
> {}

/**
 * A token, a password or a key. Its only exit is `reveal()`: printing, serializing and inspecting it give `[secret]`,
 * so a secret that strays into a log line or an error says nothing.
 */
export class Secret {
  readonly #text: string;

  /** Throws `SecretError` when the text is empty or over `secretBytesMax` bytes of UTF-8. */
  constructor(text: string) {
    if (text === "") throw new SecretError("empty", "a secret is empty");
    if (Buffer.byteLength(text) > secretBytesMax)
      throw new SecretError("too_long", `a secret is over ${secretBytesMax} bytes`);
    this.#text = text;
  }

  /**
   * Reads a secret from a file and trims one trailing newline. Throws `SecretError` when the file is missing, empty,
   * over `secretBytesMax`, not UTF-8, not a regular file, or readable by anybody but its owner.
   */
  static fromFile(path: string): Secret {
    const bytes = readPrivate(path);
    let text: string;
    try {
      text = new TextDecoder("utf-8", { fatal: true }).decode(bytes).replace(/\r?\n$/, "");
    } catch {
      throw new SecretError("not_text", `${path} is not UTF-8 text: a secret file holds one line`);
    }
    if (text === "") throw new SecretError("empty", `${path} is empty: put the secret into it`);
    return new Secret(text);
  }

  reveal(): string {
    return this.#text;
  }

  /** Compares in a time that depends on neither text, nor on their lengths: the digests are compared. */
  equals(other: Secret | string): boolean {
    return timingSafeEqual(
      digest(this.#text),
      digest(other instanceof Secret ? other.#text : other),
    );
  }

  toString(): string {
    return mask;
  }

  toJSON(): string {
    return mask;
  }

  [inspect.custom](): string {
    return mask;
  }
}

/** One descriptor for check and read, so that the file cannot be exchanged between the two. */
function readPrivate(path: string): Buffer {
  let descriptor: number;
  try {
    descriptor = openSync(path, "r");
  } catch (cause) {
    throw new SecretError("unreadable", `the secret file ${path} cannot be opened`, { cause });
  }
  try {
    const status = fstatSync(descriptor);
    if (!status.isFile()) throw new SecretError("not_a_file", `${path} is not a regular file`);
    // Windows reports no such bits; there the folder's own access list protects the file.
    if (process.platform !== "win32" && (status.mode & 0o077) !== 0)
      throw new SecretError(
        "readable_by_others",
        `${path} is open to other users of this machine: run chmod 600 ${path}`,
      );
    // One byte more than a secret with its newline may have, so that "over the limit" is seen without reading it all.
    const buffer = Buffer.alloc(secretBytesMax + 3);
    const length = readSync(descriptor, buffer, 0, buffer.length, 0);
    const trimmed = buffer.subarray(0, length);
    if (length === buffer.length)
      throw new SecretError(
        "too_long",
        `${path} is over ${secretBytesMax} bytes: is it the right file?`,
      );
    return trimmed;
  } finally {
    closeSync(descriptor);
  }
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
