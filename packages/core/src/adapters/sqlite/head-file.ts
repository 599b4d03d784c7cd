import { timingSafeEqual } from "node:crypto";
import {
  closeSync,
  constants,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import { type KeyedHash, keyedHash } from "./keyed-hash.ts";
import { syncFolder } from "./sync-folder.ts";

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

/**
 * Reads and checks the head. Anything that does not carry the key's signature is `invalid`; an empty file is `absent`,
 * because a first start that ends between creating and writing it leaves one.
 */
export function readHead(file: string, key: Uint8Array): HeadOutcome {
  let text: string;
  try {
    text = readFileSync(file, "latin1");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT")
      return { kind: "absent" };
    throw error;
  }
  if (text === "") return { kind: "absent" };
  const [name, seq, hash, signature] = text.trimEnd().split(" ");
  if (name !== magic || !/^\d{1,15}$/.test(seq ?? "") || !/^[0-9a-f]{64}$/.test(hash ?? "")) {
    return { kind: "invalid" };
  }
  const expected = Buffer.from(keyedHash(key)(`${name} ${seq} ${hash}`).toString("hex"), "latin1");
  const given = Buffer.from(signature ?? "", "latin1");
  if (expected.length !== given.length || !timingSafeEqual(expected, given))
    return { kind: "invalid" };
  return { kind: "read", head: { seq: Number(seq), hash: Buffer.from(hash ?? "", "hex") } };
}

/**
 * Writes the head after each commit, in place. Only the first write is fsynced: after a power cut the file may lag
 * behind the database, which verification accepts, and never leads it, which verification reports as a cut tail.
 */
export class HeadFile implements Disposable {
  readonly #descriptor: number;
  readonly #keyed: KeyedHash;

  /** Opens the file, creating it when absent, and writes and fsyncs `head`. Throws the system's error. */
  constructor(file: string, key: Uint8Array, head: Head) {
    this.#keyed = keyedHash(key);
    this.#descriptor = openSync(file, constants.O_RDWR | constants.O_CREAT, 0o600);
    try {
      this.write(head);
      // A longer file stood here: what follows the head is not ours.
      ftruncateSync(this.#descriptor, headBytes);
      fsyncSync(this.#descriptor);
      syncFolder(dirname(file));
    } catch (error) {
      closeSync(this.#descriptor);
      throw error;
    }
  }

  write(head: Head): void {
    const body = `${magic} ${head.seq} ${head.hash.toString("hex")}`;
    const text = `${body} ${this.#keyed(body).toString("hex")}`.padEnd(headBytes - 1);
    writeSync(this.#descriptor, `${text}\n`, 0, "latin1");
  }

  [Symbol.dispose](): void {
    try {
      fsyncSync(this.#descriptor);
    } finally {
      closeSync(this.#descriptor);
    }
  }
}
