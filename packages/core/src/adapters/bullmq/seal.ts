import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";

/**
 * What lies in Redis are people's words, so whoever looks into it sees noise, and whoever writes into it is not obeyed.
 *
 * AES-256-GCM. Each process seals with a key of its own, derived by HKDF-SHA256 (RFC 5869) from the shared key and a
 * random salt, and counts its nonces: two messages never share a key and a nonce, however many there are. `context`
 * says what a message is and which job it belongs to; a message that is put in another's place does not open. Text is
 * padded, so that its length says little: the lengths of single words would give an answer away.
 *
 *     salt (16) ‖ nonce (12) ‖ ciphertext ‖ tag (16), in base64
 */
export interface Seal {
  /** Whether what it makes can be read by those without the key. */
  readonly isOpen: boolean;
  seal(context: string, value: unknown): string;
  /** The value, still to be parsed; `undefined` when it was not sealed with this key, for this context. */
  open(context: string, sealed: string): unknown;
}

/** Text is filled up with blanks, which JSON allows behind a value, to a multiple of so many bytes. */
export const paddingBytes = 128;
/** Keys of other processes that are remembered; deriving one again costs microseconds. */
export const derivedKeysMax = 256;

const saltBytes = 16;
const nonceBytes = 12;
const tagBytes = 16;
const algorithm = "aes-256-gcm";

/** Seals with a key of 32 bytes that the node and its workers share. */
export function createSeal(key: Uint8Array): Seal {
  const salt = randomBytes(saltBytes);
  const ownKey = derive(key, salt);
  const known = new Map<string, Buffer>();
  let count = 0;
  const keyOf = (from: Buffer): Buffer => {
    const name = from.toString("latin1");
    const found = known.get(name);
    if (found !== undefined) return found;
    const [oldest] = known.keys();
    if (known.size >= derivedKeysMax && oldest !== undefined) known.delete(oldest);
    const made = derive(key, from);
    known.set(name, made);
    return made;
  };
  return {
    isOpen: false,
    seal(context, value) {
      const nonce = Buffer.alloc(nonceBytes);
      count += 1;
      nonce.writeUIntBE(count, nonceBytes - 6, 6);
      const cipher = createCipheriv(algorithm, ownKey, nonce, { authTagLength: tagBytes });
      cipher.setAAD(Buffer.from(context));
      const sealed = Buffer.concat([cipher.update(padded(value)), cipher.final()]);
      return Buffer.concat([salt, nonce, sealed, cipher.getAuthTag()]).toString("base64");
    },
    open(context, text) {
      const bytes = Buffer.from(text, "base64");
      if (bytes.length < saltBytes + nonceBytes + tagBytes) return undefined;
      const nonce = bytes.subarray(saltBytes, saltBytes + nonceBytes);
      const opening = keyOf(bytes.subarray(0, saltBytes));
      const cipher = createDecipheriv(algorithm, opening, nonce, { authTagLength: tagBytes });
      cipher.setAAD(Buffer.from(context));
      cipher.setAuthTag(bytes.subarray(-tagBytes));
      try {
        const sealed = bytes.subarray(saltBytes + nonceBytes, -tagBytes);
        return parse(Buffer.concat([cipher.update(sealed), cipher.final()]).toString());
      } catch {
        // Somebody else's key, or somebody's hand.
        return undefined;
      }
    },
  };
}

/** No seal: for a Redis on this machine's loopback alone. */
export const openSeal: Seal = {
  isOpen: true,
  seal: (context, value) => JSON.stringify({ context, value }),
  open(context, text) {
    const found = parse(text);
    const isMeant = typeof found === "object" && found !== null && "context" in found;
    return isMeant && found.context === context && "value" in found ? found.value : undefined;
  },
};

function derive(key: Uint8Array, salt: Uint8Array): Buffer {
  return Buffer.from(hkdfSync("sha256", key, salt, "adyton workers v1", 32));
}

function padded(value: unknown): Buffer {
  const text = Buffer.from(JSON.stringify(value));
  const padding = paddingBytes - (text.length % paddingBytes);
  return Buffer.concat([text, Buffer.alloc(padding, " ")]);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
