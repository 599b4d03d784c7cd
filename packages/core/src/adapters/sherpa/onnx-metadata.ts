import { open, type FileHandle } from "node:fs/promises";

// ONNX files are one protobuf message, `ModelProto` of https://github.com/onnx/onnx/blob/main/onnx/onnx.proto. Its
// weights are one large field, so the fields are stepped over from head to head and only the metadata is read.

export type OnnxOutcome =
  | { readonly kind: "ok"; readonly metadata: ReadonlyMap<string, string> }
  | { readonly kind: "not_onnx" | "truncated" };

/** Fields of the whole message. A model has one graph, a few facts, and its metadata. */
export const fieldsMax = 1_024;
/** Bytes of an entry of the metadata; a longer one is stepped over. */
export const entryBytesMax = 64 * 1024;
/** A field's number and its length, as varints of ten bytes at most. */
const headBytes = 20;
const graphField = 7;
const metadataField = 14;

/** What a model's file says of itself. Rejects where it cannot be read. */
export async function readOnnxMetadata(path: string): Promise<OnnxOutcome> {
  await using file = await open(path);
  const { size } = await file.stat();
  const metadata = new Map<string, string>();
  let hasGraph = false;
  let at = 0;
  for (let fields = 0; at < size; fields += 1) {
    if (fields === fieldsMax) return { kind: "not_onnx" };
    const head = readHead(await bytesAt(file, at, Math.min(headBytes, size - at)));
    if (head === undefined) return { kind: "not_onnx" };
    const start = at + head.bytes;
    at = start + head.length;
    hasGraph ||= head.field === graphField;
    // A number as large as that is no length of a file.
    if (at > size) return { kind: hasGraph && Number.isSafeInteger(at) ? "truncated" : "not_onnx" };
    if (head.field === metadataField && head.length <= entryBytesMax)
      addEntry(metadata, await bytesAt(file, start, head.length));
  }
  return hasGraph ? { kind: "ok", metadata } : { kind: "not_onnx" };
}

async function bytesAt(file: FileHandle, at: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, at);
  return buffer.subarray(0, bytesRead);
}

interface Head {
  readonly field: number;
  /** Of the head itself. */
  readonly bytes: number;
  /** Of what follows it. */
  readonly length: number;
}

/** The head of a field of the two kinds that a `ModelProto` has. */
function readHead(bytes: Buffer): Head | undefined {
  const tag = readVarint(bytes, 0);
  if (tag === undefined) return undefined;
  const field = Math.floor(tag.value / 8);
  const value = readVarint(bytes, tag.end);
  if (value === undefined || field === 0) return undefined;
  if (tag.value % 8 === 0) return { field, bytes: value.end, length: 0 };
  return tag.value % 8 === 2 ? { field, bytes: value.end, length: value.value } : undefined;
}

/** Ten bytes hold 64 bits; a length beyond 2^53 only has to come out as too large. */
function readVarint(bytes: Buffer, from: number) {
  let value = 0;
  for (let at = from; at < Math.min(bytes.length, from + 10); at += 1) {
    const byte = bytes[at] ?? 0;
    value += (byte & 0x7f) * 2 ** (7 * (at - from));
    if (byte < 0x80) return { value, end: at + 1 };
  }
  return undefined;
}

/** An entry is a message of two texts: the key is field 1, the value field 2. */
function addEntry(metadata: Map<string, string>, bytes: Buffer): void {
  const texts = new Map<number, string>();
  for (let at = 0; at < bytes.length;) {
    const head = readHead(bytes.subarray(at, at + headBytes));
    if (head === undefined) return;
    const start = at + head.bytes;
    at = start + head.length;
    texts.set(head.field, bytes.subarray(start, at).toString("utf8"));
  }
  const key = texts.get(1);
  if (key !== undefined) metadata.set(key, texts.get(2) ?? "");
}
