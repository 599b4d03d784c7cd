import { cutWithinSeconds, pieceSecondsMax, pieceSecondsMin, sampleRate } from "./limits.ts";

const quietSamples = sampleRate / 10;

/** Cuts what is said into pieces that a model takes, each at the quietest tenth of a second near its end. */
export class Pieces {
  readonly #held = new Float32Array(pieceSecondsMax * sampleRate);
  #count = 0;

  /** The pieces that are full with these samples. */
  *push(samples: Float32Array): Generator<Float32Array> {
    for (let at = 0; at < samples.length;) {
      const taken = samples.subarray(at, at + this.#held.length - this.#count);
      this.#held.set(taken, this.#count);
      this.#count += taken.length;
      at += taken.length;
      if (this.#count === this.#held.length) yield this.#cut();
    }
  }

  /** What is left at the end; nothing where nothing is. */
  rest(): Float32Array | undefined {
    if (this.#count === 0) return undefined;
    const piece = new Float32Array(Math.max(this.#count, pieceSecondsMin * sampleRate));
    piece.set(this.#held.subarray(0, this.#count));
    this.#count = 0;
    return piece;
  }

  #cut(): Float32Array {
    const end = quietest(this.#held, this.#held.length - cutWithinSeconds * sampleRate);
    const piece = this.#held.slice(0, end);
    this.#held.copyWithin(0, end);
    this.#count -= end;
    return piece;
  }
}

/** The middle of the quietest tenth of a second from a sample on, by its energy; the last of equals. */
function quietest(samples: Float32Array, from: number): number {
  let least = Infinity;
  let at = samples.length;
  for (let start = from; start + quietSamples <= samples.length; start += quietSamples / 2) {
    let energy = 0;
    for (const sample of samples.subarray(start, start + quietSamples)) energy += sample * sample;
    if (energy > least) continue;
    least = energy;
    at = start + quietSamples / 2;
  }
  return at;
}
