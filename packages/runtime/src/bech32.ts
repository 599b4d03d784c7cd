/** Bech32 as BIP 173 defines it, for whole bytes and without its limit of 90 characters, as age writes its keys. */

const alphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
const generators = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3] as const;
const checksumWords = 6;

/** The text of bytes under a prefix, in lower case. */
export function bech32Text(prefix: string, bytes: Uint8Array): string {
  const words = regroup(bytes, { from: 8, to: 5 });
  const rest = checksum([...expanded(prefix), ...words, ...zeros]) ^ 1;
  const sum = zeros.map((_, index) => (rest >> (5 * (checksumWords - 1 - index))) & 31);
  return `${prefix}1${[...words, ...sum].map((word) => alphabet[word]).join("")}`;
}

/** The bytes of a text under this prefix, written all in one case; `undefined` for any other text. */
export function bech32Bytes(prefix: string, text: string): Buffer | undefined {
  const lower = text.toLowerCase();
  if (text !== lower && text !== text.toUpperCase()) return undefined;
  if (!lower.startsWith(`${prefix}1`)) return undefined;
  const words = Array.from(lower.slice(prefix.length + 1), (letter) => alphabet.indexOf(letter));
  if (words.length < checksumWords || words.includes(-1)) return undefined;
  if (checksum([...expanded(prefix), ...words]) !== 1) return undefined;
  const data = words.slice(0, -checksumWords);
  const bytes = Buffer.from(regroup(data, { from: 5, to: 8 }).slice(0, (data.length * 5) >> 3));
  // Bits left over are zero and fewer than a letter's, or one key would have several spellings.
  return bech32Text(prefix, bytes) === lower ? bytes : undefined;
}

const zeros: readonly number[] = Array.from({ length: checksumWords }, () => 0);

function expanded(prefix: string): readonly number[] {
  const codes = Array.from(prefix, (letter) => letter.charCodeAt(0));
  return [...codes.map((code) => code >> 5), 0, ...codes.map((code) => code & 31)];
}

function checksum(words: readonly number[]): number {
  return words.reduce((sum, word) => {
    const shifted = ((sum & 0x1ffffff) << 5) ^ word;
    return generators.reduce(
      (value, generator, bit) => ((sum >> 25) & (1 << bit) ? value ^ generator : value),
      shifted,
    );
  }, 1);
}

/** The same bits in groups of another size; the last group is filled with zeros. */
function regroup(
  groups: Iterable<number>,
  { from, to }: { readonly from: number; readonly to: number },
): number[] {
  const regrouped: number[] = [];
  let value = 0;
  let bits = 0;
  for (const group of groups) {
    value = ((value << from) | group) & 0xfff;
    bits += from;
    for (; bits >= to; bits -= to) regrouped.push((value >> (bits - to)) & ((1 << to) - 1));
  }
  if (bits > 0) regrouped.push((value << (to - bits)) & ((1 << to) - 1));
  return regrouped;
}
