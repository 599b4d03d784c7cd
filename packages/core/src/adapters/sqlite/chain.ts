import { hash } from "node:crypto";
import type { KeyedHash } from "./keyed-hash.ts";

/** A record's header as the chain covers it. */
export interface ChainedHeader {
  readonly seq: number;
  readonly time: number;
  readonly origin: string;
  readonly type: string;
  readonly class: string;
  readonly owner: string;
  readonly actor: string;
  readonly tier: string;
  readonly conversation: string | null;
  readonly cause: number | null;
  readonly hop: number;
  /** 1 for a group's first record when a dedupe key stands for the group. */
  readonly keyed: number;
  readonly facts: string;
  readonly commitment: Uint8Array | null;
}

export const saltBytes = 16;

/**
 * What binds a payload to its header: SHA-256 over salt and data. Without the salt, which is erased with the data,
 * not even a correct guess of a short text can be confirmed.
 */
export function commit(salt: Uint8Array, data: string): Buffer {
  return hash("sha256", `${Buffer.from(salt).toString("hex")}:${data}`, "buffer");
}

/** The chain's value before the first record: bound to the node's id, so two nodes' journals never mix. */
export function genesis(keyed: KeyedHash, nodeId: string): Buffer {
  return keyed(`adyton-journal-1 ${nodeId}`);
}

/**
 * The chain's next value: a keyed hash over the former value and the header in a fixed order. Without the key nobody
 * can add a record, not even after the last one.
 */
export function chain(keyed: KeyedHash, previous: Uint8Array, header: ChainedHeader): Buffer {
  const fields = JSON.stringify([
    header.seq,
    header.time,
    header.origin,
    header.type,
    header.class,
    header.owner,
    header.actor,
    header.tier,
    header.conversation,
    header.cause,
    header.hop,
    header.keyed,
    header.facts,
    header.commitment === null ? null : Buffer.from(header.commitment).toString("hex"),
  ]);
  return keyed(`${Buffer.from(previous).toString("hex")}${fields}`);
}
