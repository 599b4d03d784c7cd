import { createHmac, timingSafeEqual } from "node:crypto";
import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from "node:fs";

/** The journal's newest record, kept outside the database and signed, so that a cut tail is seen. */
export interface Head {
  readonly seq: number;
  readonly hash: Buffer;
}

export type HeadOutcome =
  | { readonly kind: "read"; readonly head: Head }
  | { readonly kind: "absent" }
  | { readonly kind: "invalid" };

const magic = "adyton-head-1";
/** One disk sector: a write of it is whole or not at all. */
const headBytes = 512;

function sign(key: Uint8Array, body: string): string {
  return createHmac("sha256", key).update(body).digest("hex");
}

/** Reads and checks the head. Anything that does not carry the key's signature is `invalid`. */
export function readHead(file: string, key: Uint8Array): HeadOutcome {
  let text: string;
  try {
    text = readFileSync(file, "latin1");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT")
      return { kind: "absent" };
    throw error;
  }
  const [name, seq, hash, signature] = text.trimEnd().split(" ");
  if (name !== magic || !/^\d{1,15}$/.test(seq ?? "") || !/^[0-9a-f]{64}$/.test(hash ?? "")) {
    return { kind: "invalid" };
  }
  const expected = Buffer.from(sign(key, `${name} ${seq} ${hash}`), "latin1");
  const given = Buffer.from(signature ?? "", "latin1");
  if (expected.length !== given.length || !timingSafeEqual(expected, given))
    return { kind: "invalid" };
  return { kind: "read", head: { seq: Number(seq), hash: Buffer.from(hash ?? "", "hex") } };
}

/**
 * Writes the head after each commit, in place. It is not fsynced: it may lag behind the database after a power cut,
 * which verification accepts, and never leads it, which verification reports as a cut tail.
 */
export class HeadFile implements Disposable {
  readonly #descriptor: number;
  readonly #key: Uint8Array;

  constructor(file: string, key: Uint8Array) {
    this.#descriptor = openSync(file, "as+", 0o600);
    closeSync(this.#descriptor);
    this.#descriptor = openSync(file, "r+");
    this.#key = key;
  }

  write(head: Head): void {
    const body = `${magic} ${head.seq} ${head.hash.toString("hex")}`;
    writeSync(
      this.#descriptor,
      `${body} ${sign(this.#key, body)}`.padEnd(headBytes - 1) + "\n",
      0,
      "latin1",
    );
  }

  [Symbol.dispose](): void {
    fsyncSync(this.#descriptor);
    closeSync(this.#descriptor);
  }
}
