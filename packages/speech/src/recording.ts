import type { Decoded, OpusModule } from "./engine.ts";
import { decodedBytesMax, sampleRate } from "./limits.ts";

/** The recording cannot be listened to. */
export class RecordingError extends Error {
  readonly code: "not_opus" | "too_long";
  constructor(code: RecordingError["code"]) {
    super(code);
    this.name = "RecordingError";
    this.code = code;
  }
}

/**
 * The sound of an Ogg Opus file on one channel, bit by bit, so that a long one is never in memory as a whole. Throws
 * `RecordingError` for another kind of file, and past `secondsMax`, which counts what is decoded and not what the file
 * says of itself.
 */
export async function* samplesOf(
  { OggOpusDecoder }: OpusModule,
  bytes: Uint8Array,
  secondsMax: number,
): AsyncGenerator<Float32Array> {
  // Each page begins so (RFC 3533), and the first one with this head (RFC 7845).
  const head = Buffer.from(bytes.subarray(0, 64)).toString("latin1");
  if (!head.startsWith("OggS") || !head.includes("OpusHead")) throw new RecordingError("not_opus");
  const decoder = new OggOpusDecoder({ sampleRate });
  let left = secondsMax * sampleRate;
  const taken = (decoded: Decoded): Float32Array => {
    left -= decoded.samplesDecoded;
    if (left < 0) throw new RecordingError("too_long");
    return mixed(decoded);
  };
  try {
    await decoder.ready;
    for (let at = 0; at < bytes.length; at += decodedBytesMax)
      yield taken(await decoder.decode(bytes.subarray(at, at + decodedBytesMax)));
    yield taken(await decoder.flush());
  } catch (error) {
    if (error instanceof RecordingError) throw error;
    // The decoder throws what it happens to meet in a damaged file.
    throw new RecordingError("not_opus");
  } finally {
    decoder.free();
  }
  if (left === secondsMax * sampleRate) throw new RecordingError("not_opus");
}

function mixed({ channelData, samplesDecoded }: Decoded): Float32Array {
  const [first, ...others] = channelData;
  if (first === undefined) return new Float32Array();
  if (others.length === 0) return first;
  const sum = new Float32Array(samplesDecoded);
  for (const channel of channelData)
    for (const [at, sample] of channel.entries())
      sum[at] = (sum[at] ?? 0) + sample / channelData.length;
  return sum;
}
