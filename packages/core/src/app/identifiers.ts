import { createHmac, createSecretKey, type KeyObject } from "node:crypto";
import { freshBytes } from "@adyton/runtime/fresh-bytes";

let lastMs = 0;

/**
 * A run's id: the time, so that ids sort by age and the run table grows at its end, then 80 random bits, so that
 * nobody guesses another's.
 */
export function newRunId(nowMs: number): string {
  lastMs = Math.max(lastMs, nowMs);
  return `run_${lastMs.toString(36).padStart(9, "0")}${freshBytes(10).toString("base64url")}`;
}

/** When a run's id was made. */
export function timeOfRun(id: string): number {
  return Number.parseInt(id.slice("run_".length, "run_".length + 9), 36);
}

/** A conversation's name when its caller gives none: 128 random bits, so that having it is being its caller. */
export function newConversationName(): string {
  return `c_${freshBytes(16).toString("base64url")}`;
}

/** An id with a prefix and 96 random bits. */
export function newId(prefix: "ovl" | "doc" | "fct" | "prp" | "blk" | "fgt"): string {
  return `${prefix}_${freshBytes(12).toString("base64url")}`;
}

/** A word that no text written before can contain: 48 random bits. */
export function newNonce(): string {
  return freshBytes(6).toString("hex");
}

/** Keys in the form OpenSSL uses. To bring one into it takes 9 µs, three times as long as the digest itself. */
const preparedKeys = new WeakMap<Uint8Array, KeyObject>();

/** A keyed digest over parts, unambiguous between them. */
export function keyedDigest(key: Uint8Array, ...parts: readonly string[]): Buffer {
  const prepared = preparedKeys.get(key) ?? createSecretKey(key);
  preparedKeys.set(key, prepared);
  return createHmac("sha256", prepared).update(JSON.stringify(parts)).digest();
}
