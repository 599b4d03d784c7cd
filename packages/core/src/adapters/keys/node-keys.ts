import { createHash, hkdfSync, randomBytes } from "node:crypto";
import {
  closeSync,
  existsSync,
  fchmodSync,
  fsyncSync,
  linkSync,
  openSync,
  rmSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { CodedError } from "@adyton/runtime/coded-error";
import { Secret } from "@adyton/runtime/secret";

/** What the node's one secret is for. Each purpose has a key of its own, so none can stand in for another. */
export interface NodeKeys {
  /** Names the node in its records: 16 hex characters, public. */
  readonly nodeId: string;
  /** Signs the journal's head and its backups. */
  readonly headKey: Uint8Array;
  /** Turns a conversation's outside name into its internal key. */
  readonly conversationKey: Uint8Array;
  /** Turns an outside event's source and id into a dedupe key. */
  readonly dedupeKey: Uint8Array;
  /** Names logs and their clusters in records. */
  readonly foldKey: Uint8Array;
  /** Names models in records: a server's name for one may be a path. */
  readonly modelKey: Uint8Array;
  /** Names one-time codes and messengers' servers in records. */
  readonly pairingKey: Uint8Array;
  /** Makes tombstones of what was forgotten, and signs the receipts. */
  readonly forgetKey: Uint8Array;
}

export class NodeKeyError extends CodedError<"not_a_key" | "key_missing"> {}

export const nodeKeyName = "node.key";
const keyBytes = 32;

/**
 * Reads the node's key from `HOME/node.key`, making it at the first start. Throws `SecretError` when others may read
 * the file (its message names the cure), and `NodeKeyError` when it holds something else or is missing beside a
 * journal, which could then no longer be told from a foreign one. Call it with the folder's lock held.
 */
export function loadNodeKeys(home: string): NodeKeys {
  const file = join(home, nodeKeyName);
  if (!existsSync(file)) {
    if (existsSync(join(home, "journal.db"))) {
      throw new NodeKeyError(
        "key_missing",
        `${file} is missing beside a journal: put it back from a backup (backups/…/node.key), or move journal.db away to begin anew`,
      );
    }
    createKey(file);
  }
  return readNodeKeys(file);
}

/** The keys from a key file wherever it lies, such as in a backup. Throws as `loadNodeKeys` does; creates nothing. */
export function readNodeKeys(file: string): NodeKeys {
  const text = Secret.fromFile(file).reveal();
  if (!/^[0-9a-f]{64}$/.test(text))
    throw new NodeKeyError("not_a_key", `${file} is not a node's key: 64 hex characters`);
  return deriveNodeKeys(Buffer.from(text, "hex"));
}

/** HKDF-SHA256 (RFC 5869) with an empty salt and the purpose as its info. */
export function deriveNodeKeys(secret: Uint8Array): NodeKeys {
  const derive = (label: string): Buffer =>
    Buffer.from(hkdfSync("sha256", secret, "", label, keyBytes));
  return {
    nodeId: createHash("sha256").update(derive("node-id")).digest("hex").slice(0, 16),
    headKey: derive("journal-head"),
    conversationKey: derive("conversation"),
    dedupeKey: derive("dedupe"),
    foldKey: derive("fold"),
    modelKey: derive("model"),
    pairingKey: derive("pairing"),
    forgetKey: derive("forget"),
  };
}

/** A reader sees no key or a whole one, also after a power cut; a key that exists is never replaced. */
function createKey(file: string): void {
  const temporary = `${file}.${randomBytes(6).toString("hex")}.tmp`;
  try {
    const descriptor = openSync(temporary, "wx", 0o600);
    try {
      fchmodSync(descriptor, 0o600);
      writeSync(descriptor, `${randomBytes(keyBytes).toString("hex")}\n`);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    linkSync(temporary, file);
  } finally {
    rmSync(temporary, { force: true });
  }
  syncFolder(join(file, ".."));
}

/** Makes a new name durable. Windows cannot sync a folder and does not need to. */
function syncFolder(folder: string): void {
  if (process.platform === "win32") return;
  const descriptor = openSync(folder, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
