/** The GGUF container, version 3 (github.com/ggml-org/ggml, docs/gguf.md): metadata, then tensors at multiples of 32. */

export type GgufScalar = "u32" | "i32" | "f32" | "bool" | "text";
type Plain = string | number | boolean;
export type GgufValue =
  | { readonly type: GgufScalar; readonly value: Plain }
  | { readonly type: GgufScalar; readonly values: readonly Plain[] };

export interface GgufTensor {
  readonly name: string;
  /** The innermost first. */
  readonly shape: readonly number[];
  readonly kind: "f32" | "q8_0";
  readonly values: Float32Array;
}

const alignment = 32;
const typeCodes: Readonly<Record<GgufScalar, number>> = {
  u32: 4,
  i32: 5,
  f32: 6,
  bool: 7,
  text: 8,
};
const arrayCode = 9;
const tensorCodes = { f32: 0, q8_0: 8 } as const;

/** The bytes of a file with this metadata and these tensors. */
export function ggufBytes(
  metadata: Readonly<Record<string, GgufValue>>,
  tensors: readonly GgufTensor[],
): Buffer {
  const entries = Object.entries(metadata);
  const parts = [Buffer.from("GGUF"), u32(3), u64(tensors.length), u64(entries.length)];
  for (const [key, value] of entries) parts.push(text(key), encodeValue(value));
  const contents = tensors.map(encodeTensor);
  let offset = 0;
  for (const [index, { name, shape, kind }] of tensors.entries()) {
    parts.push(
      text(name),
      u32(shape.length),
      ...shape.map(u64),
      u32(tensorCodes[kind]),
      u64(offset),
    );
    offset += contents[index]?.length ?? 0;
  }
  return Buffer.concat([padded(Buffer.concat(parts)), ...contents]);
}

function encodeValue(value: GgufValue): Buffer {
  const code = u32(typeCodes[value.type]);
  if ("value" in value) return Buffer.concat([code, scalar(value.type, value.value)]);
  const items = value.values.map((each) => scalar(value.type, each));
  return Buffer.concat([u32(arrayCode), code, u64(items.length), Buffer.concat(items)]);
}

function scalar(type: GgufScalar, value: Plain): Buffer {
  if (type === "text") return text(String(value));
  if (type === "bool") return Buffer.from([value === true ? 1 : 0]);
  const bytes = Buffer.alloc(4);
  if (type === "u32") bytes.writeUInt32LE(Number(value));
  else if (type === "i32") bytes.writeInt32LE(Number(value));
  else bytes.writeFloatLE(Number(value));
  return bytes;
}

function encodeTensor({ kind, values, shape, name }: GgufTensor): Buffer {
  if (kind === "f32")
    return padded(Buffer.from(values.buffer, values.byteOffset, values.byteLength));
  if ((shape[0] ?? 0) % 32 !== 0) throw new RangeError(`${name}: a row of q8_0 has blocks of 32`);
  const blocks = values.length / 32;
  const bytes = Buffer.alloc(blocks * 34);
  for (let block = 0; block < blocks; block += 1) {
    const piece = values.subarray(block * 32, block * 32 + 32);
    const scale = Math.max(...piece.map(Math.abs)) / 127;
    bytes.writeUInt16LE(halfBits(scale), block * 34);
    for (const [index, value] of piece.entries())
      bytes.writeInt8(scale === 0 ? 0 : Math.round(value / scale), block * 34 + 2 + index);
  }
  return padded(bytes);
}

/** The bits of a number in IEEE 754's 16-bit format; numbers too small for it become 0. */
function halfBits(value: number): number {
  const [bits = 0] = new Uint32Array(new Float32Array([value]).buffer);
  const exponent = ((bits >>> 23) & 255) - 112;
  const mantissa = bits & 0x7f_ff_ff;
  if (exponent <= 0) return 0;
  return ((exponent << 10) | (mantissa >> 13)) + ((mantissa >> 12) & 1);
}

function padded(bytes: Buffer): Buffer {
  const rest = bytes.length % alignment;
  return rest === 0 ? bytes : Buffer.concat([bytes, Buffer.alloc(alignment - rest)]);
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value, "utf8");
  return Buffer.concat([u64(bytes.length), bytes]);
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function u64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}
