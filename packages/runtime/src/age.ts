import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
  randomBytes,
  timingSafeEqual,
} from "node:crypto";
import { bech32Bytes, bech32Text } from "./bech32.ts";
import { CodedError } from "./coded-error.ts";
import { Secret } from "./secret.ts";

/**
 * Files that one key opens: the format age (age-encryption.org/v1, github.com/C2SP/C2SP/blob/main/age.md) with X25519
 * recipients, over Node's own primitives. What is sealed here the program `age` opens, and the other way round. It says
 * nothing of who sealed a file: whoever knows the recipient can.
 */

export class AgeError extends CodedError<
  "bad_recipient" | "bad_identity" | "not_sealed" | "foreign" | "damaged"
> {}

export interface AgeKeys {
  /** `AGE-SECRET-KEY-1…`: opens. */
  readonly identity: Secret;
  /** `age1…`: seals. */
  readonly recipient: string;
}

const version = "age-encryption.org/v1";
const label = `${version}/X25519`;
const publicPrefix = "age";
const secretPrefix = "age-secret-key-";
const keyBytes = 32;
const fileKeyBytes = 16;
const tagBytes = 16;
const chunkBytes = 64 * 1024;
/** Headers of a few recipients have some hundred bytes; a longer one is no file of ours. */
export const ageHeaderBytesMax = 8 * 1024;

/** A new pair. The identity is as secret as all that will be sealed to the recipient. */
export function newAgeKeys(): AgeKeys {
  const { privateKey } = generateKeyPairSync("x25519");
  const secret = privateKey.export({ type: "pkcs8", format: "der" }).subarray(-keyBytes);
  const identity = new Secret(bech32Text(secretPrefix, secret).toUpperCase());
  return { identity, recipient: bech32Text(publicPrefix, publicBytes(privateKey)) };
}

/** The recipient of an identity. Throws `AgeError` with `bad_identity`. */
export function ageRecipientOf(identity: Secret): string {
  return bech32Text(publicPrefix, publicBytes(privateKey(secretBytes(identity))));
}

/** Seals bytes to a recipient, `age1…`. Throws `AgeError` with `bad_recipient`. */
export function ageSeal(recipient: string, plain: Uint8Array): Buffer {
  const to = keyOf(publicPrefix, recipient);
  if (to === undefined) throw new AgeError("bad_recipient", "a recipient is not an age1… key");
  const fileKey = randomBytes(fileKeyBytes);
  const { privateKey: ephemeral } = generateKeyPairSync("x25519");
  const share = publicBytes(ephemeral);
  const wrapping = wrapKey(shared(ephemeral, publicKey(to), "bad_recipient"), share, to);
  const body = sealed(wrapping, Buffer.alloc(12), fileKey);
  const header = `${version}\n-> X25519 ${base64(share)}\n${base64(body)}\n---`;
  const nonce = randomBytes(16);
  const payload = chunksOf(payloadKey(fileKey, nonce), plain);
  return Buffer.concat([
    Buffer.from(`${header} ${base64(mac(fileKey, header))}\n`),
    nonce,
    ...payload,
  ]);
}

/**
 * Opens what was sealed to an identity. Throws `AgeError`: `bad_identity`; `not_sealed` for what is no age file,
 * `foreign` for one sealed to other keys, `damaged` for one that was cut or changed.
 */
export function ageOpen(identity: Secret, file: Uint8Array): Buffer {
  const own = privateKey(secretBytes(identity));
  const { header, stanzas, check, payload } = parts(
    Buffer.from(file.buffer, file.byteOffset, file.length),
  );
  const fileKey = unwrapped(own, stanzas);
  if (!timingSafeEqual(mac(fileKey, header), check)) throw damaged("its header was changed");
  const nonce = payload.subarray(0, 16);
  if (nonce.length < 16) throw damaged("it ends early");
  return joined(payloadKey(fileKey, nonce), payload.subarray(16));
}

interface Stanza {
  readonly args: readonly string[];
  readonly body: Buffer;
}

const damaged = (reason: string): AgeError =>
  new AgeError("damaged", `a sealed file is damaged: ${reason}`);
const unread = (): AgeError => new AgeError("not_sealed", "a file is not in the format of age");

/** Header and payload of a file, by the grammar: no other spelling of the same header is taken. */
function parts(file: Buffer) {
  const end = /\n--- ([A-Za-z0-9+/]{43})\n/.exec(file.toString("latin1", 0, ageHeaderBytesMax));
  if (end === null) throw unread();
  const header = file.toString("latin1", 0, end.index + "\n---".length);
  const [first, ...lines] = header.slice(0, end.index).split("\n");
  if (first !== version || lines.length === 0) throw unread();
  const stanzas: Stanza[] = [];
  while (lines.length > 0) stanzas.push(nextStanza(lines));
  const payload = file.subarray(end.index + end[0].length);
  return { header, stanzas, check: bytesOf(end[1] ?? ""), payload };
}

/** Takes a stanza off the lines. Its body ends with the first line that is not full, also when that is empty. */
function nextStanza(lines: string[]): Stanza {
  const [arrow, ...args] = (lines.shift() ?? "").split(" ");
  const last = lines.findIndex((line) => line.length < 64);
  if (arrow !== "->" || args.length === 0 || args.includes("") || last === -1) throw unread();
  return { args, body: bytesOf(lines.splice(0, last + 1).join("")) };
}

/** The file's key out of the stanza that was made for us. */
function unwrapped(own: KeyObject, stanzas: readonly Stanza[]): Buffer {
  const self = publicBytes(own);
  for (const { args, body } of stanzas) {
    const [type, text = "", ...more] = args;
    if (type !== "X25519") continue;
    const share = bytesOf(text);
    if (more.length > 0 || share.length !== keyBytes || body.length !== fileKeyBytes + tagBytes)
      throw unread();
    const wrapping = wrapKey(shared(own, publicKey(share), "not_sealed"), share, self);
    const fileKey = opened(wrapping, Buffer.alloc(12), body);
    if (fileKey !== undefined) return fileKey;
  }
  throw new AgeError("foreign", "a sealed file is for other keys");
}

/** Chunks of 64 KiB, each with its number and whether it is the last, so that none can be moved or cut off. */
function chunksOf(key: Uint8Array, plain: Uint8Array): Buffer[] {
  const count = Math.max(1, Math.ceil(plain.length / chunkBytes));
  return Array.from({ length: count }, (_, index) => {
    const chunk = plain.subarray(index * chunkBytes, (index + 1) * chunkBytes);
    return sealed(key, chunkNonce(index, index === count - 1), chunk);
  });
}

function joined(key: Uint8Array, payload: Buffer): Buffer {
  const size = chunkBytes + tagBytes;
  const count = Math.max(1, Math.ceil(payload.length / size));
  const chunks: Buffer[] = [];
  for (let index = 0; index < count; index += 1) {
    const nonce = chunkNonce(index, index === count - 1);
    const chunk = opened(key, nonce, payload.subarray(index * size, (index + 1) * size));
    if (chunk === undefined) throw damaged("its content was changed or cut");
    if (chunk.length === 0 && index > 0) throw damaged("its last part is empty");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function chunkNonce(index: number, isLast: boolean): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeUIntBE(index, 5, 6);
  nonce[11] = isLast ? 1 : 0;
  return nonce;
}

const cipher = "chacha20-poly1305";

function sealed(key: Uint8Array, nonce: Uint8Array, plain: Uint8Array): Buffer {
  const sealing = createCipheriv(cipher, key, nonce, { authTagLength: tagBytes });
  return Buffer.concat([sealing.update(plain), sealing.final(), sealing.getAuthTag()]);
}

function opened(key: Uint8Array, nonce: Uint8Array, box: Buffer): Buffer | undefined {
  if (box.length < tagBytes) return undefined;
  const opening = createDecipheriv(cipher, key, nonce, { authTagLength: tagBytes });
  opening.setAuthTag(box.subarray(-tagBytes));
  const plain = opening.update(box.subarray(0, -tagBytes));
  try {
    opening.final();
    return plain;
  } catch {
    // The tag does not fit: nothing of the plain text is given out.
    return undefined;
  }
}

const derived = (secret: Uint8Array, salt: Uint8Array, info: string): Buffer =>
  Buffer.from(hkdfSync("sha256", secret, salt, info, keyBytes));
const wrapKey = (secret: Uint8Array, share: Uint8Array, recipient: Uint8Array): Buffer =>
  derived(secret, Buffer.concat([share, recipient]), label);
const payloadKey = (fileKey: Uint8Array, nonce: Uint8Array): Buffer =>
  derived(fileKey, nonce, "payload");
const mac = (fileKey: Uint8Array, header: string): Buffer =>
  createHmac("sha256", derived(fileKey, Buffer.alloc(0), "header"))
    .update(header, "latin1")
    .digest();

/** What two keys have in common. OpenSSL refuses the few points that have the same in common with every key. */
function shared(own: KeyObject, other: KeyObject, code: "bad_recipient" | "not_sealed"): Buffer {
  try {
    return diffieHellman({ privateKey: own, publicKey: other });
  } catch (cause) {
    throw new AgeError(code, "a public key is not a usable one", { cause });
  }
}

// RFC 8410: what stands before the 32 bytes of a key in its DER encoding.
const publicDer = Buffer.from("302a300506032b656e032100", "hex");
const privateDer = Buffer.from("302e020100300506032b656e04220420", "hex");

const publicKey = (bytes: Uint8Array): KeyObject =>
  createPublicKey({ key: Buffer.concat([publicDer, bytes]), format: "der", type: "spki" });
const privateKey = (bytes: Uint8Array): KeyObject =>
  createPrivateKey({ key: Buffer.concat([privateDer, bytes]), format: "der", type: "pkcs8" });
const publicBytes = (key: KeyObject): Buffer =>
  createPublicKey(key).export({ type: "spki", format: "der" }).subarray(-keyBytes);

function secretBytes(identity: Secret): Buffer {
  const bytes = keyOf(secretPrefix, identity.reveal());
  if (bytes === undefined) throw new AgeError("bad_identity", "an identity is not an age key");
  return bytes;
}

function keyOf(prefix: string, text: string): Buffer | undefined {
  const bytes = bech32Bytes(prefix, text);
  return bytes?.length === keyBytes ? bytes : undefined;
}

/** Base64 without padding, as age writes it. */
const base64 = (bytes: Uint8Array): string =>
  Buffer.from(bytes).toString("base64").replace(/=+$/, "");

function bytesOf(text: string): Buffer {
  const bytes = Buffer.from(text, "base64");
  if (base64(bytes) !== text) throw unread();
  return bytes;
}
