import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Four tones of 0.3 s with pauses between them, 2.7 s in all, in Opus: made once with `opusenc --bitrate 20`. */
export const fourTones = readFileSync(join(import.meta.dirname, "four-words.ogg"));
export const fourTonesSeconds = 2.7;

const pageHeadBytes = 27;
const packetSamples = 960;
const segmentBytesMax = 255;

/** The same tones over and over as one recording (Ogg's pages are those of RFC 3533). */
export function repeatedTones(times: number): Buffer {
  const [head, tags, ...packets] = packetsOf(fourTones);
  if (head === undefined || tags === undefined) throw new Error("the recording has no head");
  const pages = [page([head], 0, 0, "first"), page([tags], 1, 0)];
  for (let round = 0; round < times; round += 1) {
    const granule = (round + 1) * packets.length * packetSamples;
    const isLast = round === times - 1;
    pages.push(page(packets, round + 2, granule, isLast ? "last" : undefined));
  }
  return Buffer.concat(pages);
}

function packetsOf(file: Buffer): readonly Buffer[] {
  const packets: Buffer[] = [];
  let packet: Buffer[] = [];
  for (let at = 0; at < file.length;) {
    const segments = file.subarray(at + pageHeadBytes, at + pageHeadBytes + (file[at + 26] ?? 0));
    at += pageHeadBytes + segments.length;
    for (const length of segments) {
      packet.push(file.subarray(at, at + length));
      at += length;
      if (length === segmentBytesMax) continue;
      packets.push(Buffer.concat(packet));
      packet = [];
    }
  }
  return packets;
}

function page(packets: Buffer[], sequence: number, granule: number, mark?: "first" | "last") {
  const segments = packets.flatMap(({ length }) => [
    ...Array.from({ length: Math.floor(length / segmentBytesMax) }, () => segmentBytesMax),
    length % segmentBytesMax,
  ]);
  const head = Buffer.alloc(pageHeadBytes);
  head.write("OggS");
  head[5] = mark === undefined ? 0 : { first: 2, last: 4 }[mark];
  head.writeBigUInt64LE(BigInt(granule), 6);
  head.writeUInt32LE(7, 14);
  head.writeUInt32LE(sequence, 18);
  head[26] = segments.length;
  const whole = Buffer.concat([head, Buffer.from(segments), ...packets]);
  whole.writeUInt32LE(checksum(whole), 22);
  return whole;
}

function checksum(bytes: Buffer): number {
  let sum = 0;
  for (const byte of bytes) {
    sum ^= byte << 24;
    for (let bit = 0; bit < 8; bit += 1) sum = sum < 0 ? (sum << 1) ^ 0x04c11db7 : sum << 1;
  }
  return sum >>> 0;
}
