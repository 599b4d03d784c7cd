import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Models for speech that know four tones and a word for each: an ONNX file (a protobuf message, see onnx-metadata.ts)
 * whose only layer looks at one band of the spectrum for each word.
 */

export const wordsOfTones = ["да", "no", "нет", "yes"] as const;

/** Of 80 bands on Slaney's mel scale up to 8 kHz, as such a model is given them: 782, 1421, 2528 and 4497 Hz. */
const bands = [20, 35, 50, 65] as const;
const bandCount = 80;
const outputs = wordsOfTones.length + 1;
/** The logarithm of the energy from which a band is taken for a word. */
const threshold = -2;

export interface TinyModelOptions {
  /** In place of the metadata of a NeMo CTC model. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** Writes `model.onnx` and `tokens.txt`; gives the folder. */
export function writeSpeechModel(folder: string, options: TinyModelOptions = {}): string {
  mkdirSync(folder, { recursive: true });
  const tokens = [...wordsOfTones.map((word) => `▁${word}`), "<blk>"];
  writeFileSync(
    join(folder, "tokens.txt"),
    tokens.map((token, index) => `${token} ${index}\n`).join(""),
  );
  writeFileSync(join(folder, "model.onnx"), ctcModel(options));
  return folder;
}

/** A model in the form of NeMo's CTC models: features of each band in, one score for each token and moment out. */
export function ctcModel({ metadata }: TinyModelOptions = {}): Buffer {
  const weights = new Float32Array(bandCount * outputs);
  for (const [word, band] of bands.entries()) weights[band * outputs + word] = 1;
  const bias = new Float32Array(outputs);
  // What is no word is louder than silence and softer than a tone.
  bias[outputs - 1] = threshold;
  const graph = message(
    field(1, node("Transpose", ["features"], "turned", [ints("perm", [0, 2, 1])])),
    field(1, node("MatMul", ["turned", "weights"], "scores")),
    field(1, node("Add", ["scores", "bias"], "logits")),
    field(2, "tones"),
    field(5, tensor("weights", [bandCount, outputs], weights)),
    field(5, tensor("bias", [outputs], bias)),
    field(11, valueInfo("features", float32, ["batch", bandCount, "time"])),
    field(11, valueInfo("lengths", int64, ["batch"])),
    field(12, valueInfo("logits", float32, ["batch", "time", outputs])),
  );
  const said = metadata ?? {
    model_type: "EncDecCTCModel",
    vocab_size: String(outputs),
    subsampling_factor: "1",
    normalize_type: "",
  };
  return onnxFile(graph, said);
}

/** A file of the format with this graph and metadata. */
export function onnxFile(graph: Buffer, metadata: Readonly<Record<string, string>>): Buffer {
  return message(
    number(1, 8),
    field(7, graph),
    field(8, message(field(1, ""), number(2, 13))),
    ...Object.entries(metadata).map(([key, value]) =>
      field(14, message(field(1, key), field(2, value))),
    ),
  );
}

const float32 = 1;
const int64 = 7;

const message = (...parts: Buffer[]): Buffer => Buffer.concat(parts);

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let left = value;
  for (; left >= 0x80; left = Math.floor(left / 0x80)) bytes.push((left % 0x80) + 0x80);
  return Buffer.from([...bytes, left]);
}

const number = (name: number, value: number): Buffer => message(varint(name * 8), varint(value));

function field(name: number, content: Buffer | string): Buffer {
  const bytes = Buffer.from(content);
  return message(varint(name * 8 + 2), varint(bytes.length), bytes);
}

const node = (kind: string, from: string[], to: string, attributes: Buffer[] = []): Buffer =>
  message(
    ...from.map((name) => field(1, name)),
    field(2, to),
    field(4, kind),
    ...attributes.map((each) => field(5, each)),
  );

const ints = (name: string, values: number[]): Buffer =>
  message(field(1, name), ...values.map((value) => number(8, value)), number(20, 7));

const tensor = (name: string, shape: number[], values: Float32Array): Buffer =>
  message(
    ...shape.map((size) => number(1, size)),
    number(2, float32),
    field(8, name),
    field(9, Buffer.from(values.buffer)),
  );

const valueInfo = (name: string, type: number, shape: readonly (string | number)[]): Buffer => {
  const sizes = shape.map((size) =>
    field(1, typeof size === "number" ? number(1, size) : field(2, size)),
  );
  const tensorType = message(number(1, type), field(2, message(...sizes)));
  return message(field(1, name), field(2, field(1, tensorType)));
};
