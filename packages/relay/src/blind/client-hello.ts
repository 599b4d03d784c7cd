/** Bytes of the longest beginning of a connection that is read before it names its server. */
export const helloBytesMax = 16 * 1024;

export type HelloRead =
  | { readonly kind: "more" }
  | { readonly kind: "named"; readonly server: string }
  /** Not TLS, or a greeting without a name. */
  | { readonly kind: "refused"; readonly reason: "not_tls" | "no_name" | "too_long" };

const recordHeaderBytes = 5;
const handshakeRecord = 22;
const clientHello = 1;
const serverNameExtension = 0;
const hostNameType = 0;

const more: HelloRead = { kind: "more" };
const notTls: HelloRead = { kind: "refused", reason: "not_tls" };

/**
 * Reads the server's name from the beginning of a TLS connection (RFC 8446 §4.1.2, RFC 6066 §3). The greeting may be
 * spread over several records and come byte by byte.
 */
export function readClientHello(bytes: Buffer): HelloRead {
  if (bytes.length > 0 && bytes[0] !== handshakeRecord) return notTls;
  const records: Buffer[] = [];
  for (let at = 0; at + recordHeaderBytes <= bytes.length;) {
    if (bytes[at] !== handshakeRecord || bytes[at + 1] !== 3) return notTls;
    const end = at + recordHeaderBytes + bytes.readUInt16BE(at + 3);
    records.push(bytes.subarray(at + recordHeaderBytes, Math.min(end, bytes.length)));
    at = end;
  }
  const message = Buffer.concat(records);
  if (message.length > 0 && message[0] !== clientHello) return notTls;
  const isWhole = message.length >= 4 && message.length >= 4 + message.readUIntBE(1, 3);
  if (!isWhole)
    return bytes.length < helloBytesMax ? more : { kind: "refused", reason: "too_long" };
  try {
    const server = nameIn(message.subarray(4, 4 + message.readUIntBE(1, 3)));
    return server === undefined
      ? { kind: "refused", reason: "no_name" }
      : { kind: "named", server: server.toLowerCase() };
  } catch (error) {
    // A length that points beyond the end.
    if (error instanceof RangeError) return notTls;
    throw error;
  }
}

/** The name in a greeting's body. Throws `RangeError` where its lengths contradict each other. */
function nameIn(body: Buffer): string | undefined {
  let at = 2 + 32;
  at += 1 + body.readUInt8(at); // session id
  at += 2 + body.readUInt16BE(at); // ciphers
  at += 1 + body.readUInt8(at); // compressions
  if (at === body.length) return undefined;
  const end = at + 2 + body.readUInt16BE(at);
  at += 2;
  while (at < end) {
    const type = body.readUInt16BE(at);
    const length = body.readUInt16BE(at + 2);
    if (type === serverNameExtension) return hostName(body.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return undefined;
}

function hostName(list: Buffer): string | undefined {
  if (list.readUInt8(2) !== hostNameType) return undefined;
  const length = list.readUInt16BE(3);
  if (list.length < 5 + length) throw new RangeError("the name reaches out of its list");
  return list.toString("latin1", 5, 5 + length);
}
