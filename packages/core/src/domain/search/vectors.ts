// Nearness of meaning by vectors, in two steps: their signs alone, a bit each, tell quickly which few are worth comparing
// exactly (binary quantisation with rescoring; Yamada, Asai and Hajishirzi, ACL 2021).

/** Numbers of a vector that is kept. A longer one is not of any model people run. */
export const dimensionsMax = 8_192;

/** The vector scaled to length 1, so that a product of two is their cosine; a vector of zeros stays one. */
export function scaled(vector: Float32Array): Float32Array {
  let squares = 0;
  for (const value of vector) squares += value * value;
  if (squares === 0) return vector;
  const length = Math.sqrt(squares);
  return vector.map((value) => value / length);
}

export const wordsFor = (dimensions: number): number => Math.ceil(dimensions / 32);

/** One bit for each number: whether it is positive. */
export function signBits(vector: Float32Array): Uint32Array {
  const bits = new Uint32Array(wordsFor(vector.length));
  for (const [index, value] of vector.entries())
    if (value > 0) bits[index >>> 5] = (bits[index >>> 5] ?? 0) | (1 << (index & 31));
  return bits;
}

/** In how many signs a vector differs from the one whose bits begin at `from`. */
export function differingSigns(bits: Uint32Array, all: Uint32Array, from: number): number {
  let differing = 0;
  for (let word = 0; word < bits.length; word += 1) {
    // Bits counted in parallel, by Warren, Hacker's Delight, section 5-1.
    let left = (bits[word] ?? 0) ^ (all[from + word] ?? 0);
    left -= (left >>> 1) & 0x55555555;
    left = (left & 0x33333333) + ((left >>> 2) & 0x33333333);
    differing += Math.imul((left + (left >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
  }
  return differing;
}

export function product(left: Float32Array, right: Float32Array): number {
  let sum = 0;
  for (let index = 0; index < left.length; index += 1)
    sum += (left[index] ?? 0) * (right[index] ?? 0);
  return sum;
}
