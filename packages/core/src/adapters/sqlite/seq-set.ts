/** Sequence numbers as bits: millions of erased records take a few megabytes, whatever their pattern. */
export class SeqSet {
  readonly #chunks = new Map<number, Uint8Array>();
  count = 0;

  add(seq: number): void {
    const index = Math.floor(seq / chunkBits);
    let chunk = this.#chunks.get(index);
    if (chunk === undefined) {
      chunk = new Uint8Array(chunkBits / 8);
      this.#chunks.set(index, chunk);
    }
    const bit = seq % chunkBits;
    const mask = 1 << (bit & 7);
    const before = chunk[bit >> 3] ?? 0;
    if ((before & mask) !== 0) return;
    chunk[bit >> 3] = before | mask;
    this.count += 1;
  }

  has(seq: number): boolean {
    const bit = seq % chunkBits;
    const chunk = this.#chunks.get(Math.floor(seq / chunkBits));
    return ((chunk?.[bit >> 3] ?? 0) & (1 << (bit & 7))) !== 0;
  }

  /** The members that `other` lacks, as ascending closed ranges. */
  *without(other: SeqSet): Generator<readonly [number, number]> {
    let range: [number, number] | undefined;
    for (const index of [...this.#chunks.keys()].toSorted((a, b) => a - b)) {
      for (let seq = index * chunkBits; seq < (index + 1) * chunkBits; seq += 1) {
        if (!this.has(seq) || other.has(seq)) continue;
        if (range !== undefined && range[1] === seq - 1) range[1] = seq;
        else {
          if (range !== undefined) yield range;
          range = [seq, seq];
        }
      }
    }
    if (range !== undefined) yield range;
  }
}

const chunkBits = 65_536;
