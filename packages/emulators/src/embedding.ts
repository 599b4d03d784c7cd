import { hash32 } from "./seeded.ts";

export const embeddingDimensionsDefault = 256;
export const embeddingDimensionsMax = 4_096;
export const embeddingInputsMax = 2_048;

/**
 * Feature hashing (Weinberger et al., 2009): every word adds +1 or −1 at a place its hash chooses; the sum is scaled to
 * unit length. Texts that share words are near, nothing more: this is for plumbing and must not be reported as quality.
 * A text without words gets the vector of the empty word, so the length is always 1.
 */
export function embed(text: string, dimensions: number): Float32Array {
  const vector = new Float32Array(dimensions);
  const words = text
    .toLowerCase()
    .replaceAll("ё", "е")
    .match(/[\p{L}\p{M}\p{N}]+/gu) ?? [""];
  for (const word of words) {
    const hash = hash32(word);
    const place = (hash >>> 1) % dimensions;
    vector[place] = (vector[place] ?? 0) + ((hash & 1) === 1 ? 1 : -1);
  }
  let squares = 0;
  for (const value of vector) squares += value * value;
  // Two words of opposite sign in one place can cancel to nothing; the first word's place then stands for the text.
  if (squares === 0) {
    vector[(hash32(words[0] ?? "") >>> 1) % dimensions] = 1;
    return vector;
  }
  const length = Math.sqrt(squares);
  return vector.map((value) => value / length);
}

/** The vector as OpenAI's `encoding_format: "base64"`: little-endian 32-bit floats. */
export function base64Of(vector: Float32Array): string {
  const bytes = Buffer.alloc(vector.length * 4);
  for (const [index, value] of vector.entries()) bytes.writeFloatLE(value, index * 4);
  return bytes.toString("base64");
}
