import { existsSync } from "node:fs";
import { ageRecipientOf, newAgeKeys } from "@adyton/runtime/age";
import { writeFileAtomic } from "@adyton/runtime/atomic-file";
import { CodedError } from "@adyton/runtime/coded-error";
import { epochOf } from "@adyton/runtime/link/spooled-update";
import { Secret } from "@adyton/runtime/secret";

// The keys to which the relay seals what waits for the node. A key is used for a week, and is gone once a newer one is in
// use and the spool is empty: what was sealed to it can then be opened by nobody, whoever kept a copy. The file is one of
// the program age's, which opens a record with it.

export class EpochKeyError extends CodedError<"not_keys"> {}

const epochMs = 7 * 86_400_000;
/** Older keys go: the relay keeps no record for so many weeks. */
export const epochKeysMax = 12;

interface EpochKey {
  readonly epoch: string;
  readonly recipient: string;
  readonly identity: Secret;
  readonly madeMs: number;
}

export class EpochKeys {
  readonly #file: string;
  readonly #now: () => number;
  /** The newest is the last, and the one in use. */
  #keys: readonly EpochKey[];

  /** Reads the keys, if there are any yet. Throws `SecretError`, and `EpochKeyError` for a file of something else. */
  constructor(file: string, now: () => number) {
    this.#file = file;
    this.#now = now;
    this.#keys = existsSync(file) ? readKeys(file) : [];
  }

  /** The key to seal to now: a new one after a week. It is on the disk before anybody seals to it. */
  async recipient(): Promise<string> {
    const newest = this.#keys.at(-1);
    const now = this.#now();
    // A clock that was put back must not keep an old key for ever.
    if (newest !== undefined && Math.abs(now - newest.madeMs) < epochMs) return newest.recipient;
    const { identity, recipient } = newAgeKeys();
    const made = { epoch: epochOf(recipient), recipient, identity, madeMs: now };
    await this.#write([...this.#keys, made].slice(-epochKeysMax));
    return recipient;
  }

  /** The key of an epoch; `undefined` for one that is gone, or was never. */
  of(epoch: string): Pick<EpochKey, "epoch" | "identity"> | undefined {
    return this.#keys.find((key) => key.epoch === epoch);
  }

  /** The relay seals to this key and keeps nothing older: all others are deleted. */
  async drainedTo(recipient: string): Promise<void> {
    const left = this.#keys.filter((key) => key.recipient === recipient);
    if (left.length > 0 && left.length < this.#keys.length) await this.#write(left);
  }

  async #write(keys: readonly EpochKey[]): Promise<void> {
    await writeFileAtomic(this.#file, keys.map(written).join(""));
    this.#keys = keys;
  }
}

const written = ({ madeMs, recipient, identity }: EpochKey): string =>
  `# created: ${new Date(madeMs).toISOString()}\n# public key: ${recipient}\n${identity.reveal()}\n`;

function readKeys(file: string): EpochKey[] {
  const refuse = (cause?: unknown): EpochKeyError =>
    new EpochKeyError("not_keys", `${file} does not hold keys of the spool`, { cause });
  const found = Secret.fromFile(file)
    .reveal()
    .matchAll(/# created: (\S+)\n# public key: age1\w+\n(AGE-SECRET-KEY-1\w+)(?:\n|$)/g);
  try {
    const keys = Array.from(found, ([, made = "", text = ""]) => {
      const identity = new Secret(text);
      const recipient = ageRecipientOf(identity);
      return { epoch: epochOf(recipient), recipient, identity, madeMs: Date.parse(made) };
    });
    if (keys.length > 0 && keys.every(({ madeMs }) => Number.isFinite(madeMs))) return keys;
  } catch (cause) {
    throw refuse(cause);
  }
  throw refuse();
}
