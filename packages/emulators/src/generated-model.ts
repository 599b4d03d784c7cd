import { ggufBytes, type GgufTensor, type GgufValue } from "./gguf-bytes.ts";

export interface GeneratedModelOptions {
  /**
   * `random`: weights drawn from the seed; says gibberish in every script. `rambling`: says after each letter one that
   * follows it in `text`, and ends its turn; a text of one line in which no letter comes twice is said word for word.
   */
  readonly kind?: "random" | "rambling";
  readonly text?: string;
  readonly contextTokens?: number;
  readonly layers?: number;
  /** Numbers per token inside the model; a multiple of 32. */
  readonly width?: number;
  readonly weights?: "f32" | "q8_0";
  readonly seed?: number;
  readonly architecture?: string;
  readonly name?: string;
}

/**
 * The bytes of a small but whole model file of the llama architecture: half a megabyte that llama.cpp loads and that
 * answers within milliseconds. It knows nothing; it shows that loading, streaming, grammars and limits work.
 */
export function generateModel(options: GeneratedModelOptions = {}): Buffer {
  const { kind = "random", weights = "f32" } = options;
  const vocabulary = makeVocabulary();
  const least = kind === "rambling" ? Math.ceil(vocabulary.length / 32) * 32 : 0;
  const width = Math.max(options.width ?? 64, least);
  const whole = { ...options, kind, weights, width };
  return ggufBytes(describe(whole, vocabulary), makeTensors(whole, vocabulary));
}

type Whole = GeneratedModelOptions &
  Required<Pick<GeneratedModelOptions, "kind" | "weights" | "width">>;

const heads = 4;
const layersDefault = 2;

const word = (value: string): GgufValue => ({ type: "text", value });
const count = (value: number): GgufValue => ({ type: "u32", value });

function describe(whole: Whole, vocabulary: readonly VocabularyToken[]): Record<string, GgufValue> {
  const { kind, width, weights, contextTokens = 2_048, layers = layersDefault } = whole;
  const { architecture = "llama", name = `tiny-${kind}` } = whole;
  return {
    "general.architecture": word(architecture),
    "general.name": word(name),
    "general.license": word("CC0-1.0"),
    "general.file_type": count(weights === "f32" ? 0 : 7),
    [`${architecture}.vocab_size`]: count(vocabulary.length),
    [`${architecture}.context_length`]: count(contextTokens),
    [`${architecture}.embedding_length`]: count(width),
    [`${architecture}.block_count`]: count(layers),
    [`${architecture}.feed_forward_length`]: count(width * 2),
    [`${architecture}.attention.head_count`]: count(heads),
    [`${architecture}.attention.head_count_kv`]: count(heads / 2),
    [`${architecture}.attention.layer_norm_rms_epsilon`]: { type: "f32", value: 1e-5 },
    [`${architecture}.rope.dimension_count`]: count(width / heads),
    "tokenizer.ggml.model": word("llama"),
    "tokenizer.ggml.pre": word("default"),
    "tokenizer.ggml.tokens": { type: "text", values: vocabulary.map((token) => token.text) },
    "tokenizer.ggml.scores": { type: "f32", values: vocabulary.map((token) => token.score) },
    "tokenizer.ggml.token_type": { type: "i32", values: vocabulary.map((token) => token.type) },
    "tokenizer.ggml.bos_token_id": count(1),
    "tokenizer.ggml.eos_token_id": count(vocabulary.length - 1),
    "tokenizer.ggml.unknown_token_id": count(0),
    "tokenizer.ggml.add_bos_token": { type: "bool", value: true },
    "tokenizer.ggml.add_space_prefix": { type: "bool", value: false },
    "tokenizer.chat_template": word(chatTemplate),
  };
}

function makeTensors(whole: Whole, vocabulary: readonly VocabularyToken[]): GgufTensor[] {
  const { kind, width, weights, layers = layersDefault, seed = 1 } = whole;
  const size = vocabulary.length;
  const random = gaussian(seed);
  const table = kind === "rambling" ? followers(vocabulary, whole.text ?? rambling) : undefined;
  const drawn = (length: number, deviation: number): Float32Array =>
    table === undefined
      ? Float32Array.from({ length }, () => random() * deviation)
      : new Float32Array(length);
  const tensors: GgufTensor[] = [];
  const matrix = (label: string, shape: readonly [number, number], given?: Float32Array): void => {
    const values = given ?? drawn(shape[0] * shape[1], 1 / Math.sqrt(shape[0]));
    tensors.push({ name: `${label}.weight`, shape, kind: weights, values });
  };
  const norm = (label: string): void => {
    const values = new Float32Array(width).fill(1);
    tensors.push({ name: `${label}.weight`, shape: [width], kind: "f32", values });
  };
  matrix(
    "token_embd",
    [width, size],
    table === undefined ? drawn(width * size, 1) : oneHot(width, size),
  );
  for (let layer = 0; layer < layers; layer += 1) {
    const block = `blk.${layer}.`;
    norm(`${block}attn_norm`);
    matrix(`${block}attn_q`, [width, width]);
    matrix(`${block}attn_k`, [width, width / 2]);
    matrix(`${block}attn_v`, [width, width / 2]);
    matrix(`${block}attn_output`, [width, width]);
    norm(`${block}ffn_norm`);
    matrix(`${block}ffn_gate`, [width, width * 2]);
    matrix(`${block}ffn_up`, [width, width * 2]);
    matrix(`${block}ffn_down`, [width * 2, width]);
  }
  norm("output_norm");
  matrix("output", [width, size], table === undefined ? undefined : asOutput(table, width));
  return tensors;
}

const chatTemplate =
  "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + " +
  "'\\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";

const rambling =
  "hello there. i am a tiny model that knows nothing.\nask me anything and i will ramble.\n" +
  "привет. я маленькая модель и ничего не знаю.\n";

interface VocabularyToken {
  readonly text: string;
  readonly score: number;
  /** llama.cpp's: 1 a piece of text, 2 unknown, 3 control, 6 a byte. */
  readonly type: number;
}

const control = (piece: string): VocabularyToken => ({ text: piece, score: 0, type: 3 });

/** SentencePiece with a token for every byte, so that any text can be said. */
function makeVocabulary(): VocabularyToken[] {
  const bytes = Array.from({ length: 256 }, (_, byte) => ({
    text: `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`,
    score: 0,
    type: 6,
  }));
  const letters = Array.from({ length: 94 }, (_, index) => String.fromCharCode(33 + index));
  const cyrillic = Array.from("абвгдеёжзийклмнопрстуфхцчшщъыьэюя");
  const pieces = [
    "▁",
    ...letters,
    ...cyrillic,
    ...cyrillic.map((letter) => letter.toUpperCase()),
  ].map((piece, rank) => ({ text: piece, score: -rank - 1, type: 1 }));
  return [
    { text: "<unk>", score: 0, type: 2 },
    control("<s>"),
    control("</s>"),
    ...bytes,
    ...pieces,
    control("<|im_start|>"),
    control("<|im_end|>"),
  ];
}

/** The logarithm of how often each token follows each other one in a text. */
function followers(vocabulary: readonly VocabularyToken[], text: string): Float32Array[] {
  const size = vocabulary.length;
  const ids = new Map(vocabulary.map((token, index) => [token.text, index]));
  const tokensOf = (letter: string): number[] => {
    const piece = ids.get(letter === " " ? "▁" : letter);
    return piece === undefined ? [...Buffer.from(letter)].map((byte) => 3 + byte) : [piece];
  };
  const counts = Array.from({ length: size }, () => new Float32Array(size));
  const add = (before: number, after: number): void => {
    const row = counts[before];
    if (row !== undefined) row[after] = (row[after] ?? 0) + 1;
  };
  const newline = 3 + 10;
  for (const line of text.split("\n").filter((each) => each !== "")) {
    let before = newline;
    for (const after of Array.from(line).flatMap(tokensOf)) {
      add(before, after);
      before = after;
    }
    add(before, size - 1);
  }
  for (const row of counts) {
    const sum = row.reduce((total, each) => total + each, 0);
    for (const [index, each] of row.entries())
      row[index] = Math.log((each + 1e-4) / (sum + size * 1e-4));
    // After what the text does not have, the turn ends.
    if (sum === 0) row[size - 1] = 0;
  }
  return counts;
}

function oneHot(width: number, size: number): Float32Array {
  const values = new Float32Array(width * size);
  for (let token = 0; token < size; token += 1) values[token * width + token] = 1;
  return values;
}

/** The norm before the output turns a single 1 into the root of the width, which is taken back here. */
function asOutput(table: readonly Float32Array[], width: number): Float32Array {
  const values = new Float32Array(width * table.length);
  for (const [before, row] of table.entries())
    for (const [after, weight] of row.entries())
      values[after * width + before] = weight / Math.sqrt(width);
  return values;
}

/** Box and Muller's method over mulberry32, which is quick enough for millions of weights. */
function gaussian(seed: number): () => number {
  let state = seed;
  const random = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
  return () => Math.sqrt(-2 * Math.log(random() || 1e-9)) * Math.cos(2 * Math.PI * random());
}
