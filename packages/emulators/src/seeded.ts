/**
 * A 32-bit hash of text: FNV-1a over UTF-16 code units, then MurmurHash3's finaliser, which spreads the low bits that
 * FNV leaves correlated.
 */
export function hash32(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** A number in [0, 1) that depends on nothing but its arguments, so a run repeats from its seed. */
export function seededUnit(seed: number, ...salt: readonly (string | number)[]): number {
  return hash32(`${seed}\u0000${salt.join("\u0000")}`) / 0x1_0000_0000;
}
