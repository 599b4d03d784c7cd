/**
 * The parts of sherpa-onnx-node and ogg-opus-decoder that are used, written down by hand: the package is optional, so
 * neither the type checker nor the linter may need them. Names and meanings are those of the versions in package.json.
 */

export interface SherpaModule {
  readonly OfflineRecognizer: {
    createAsync(config: RecogniserConfig): Promise<OfflineRecogniser>;
  };
}

export interface RecogniserConfig {
  readonly featConfig: { readonly sampleRate: number; readonly featureDim: number };
  readonly modelConfig: ModelFiles & {
    readonly tokens: string;
    readonly numThreads: number;
    readonly provider: "cpu";
    readonly debug: 0;
  };
}

/** The files of a model under the name of its kind. */
export type ModelFiles = Readonly<
  Partial<
    Record<"nemoCtc" | "zipformerCtc" | "wenetCtc" | "transducer", Readonly<Record<string, string>>>
  >
>;

export interface OfflineRecogniser {
  createStream(): OfflineStream;
  decodeAsync(stream: OfflineStream): Promise<{ readonly text: string }>;
}

interface OfflineStream {
  acceptWaveform(wave: { readonly samples: Float32Array; readonly sampleRate: number }): void;
}

export interface OpusModule {
  readonly OggOpusDecoder: new (options: { readonly sampleRate: number }) => OpusDecoder;
}

export interface OpusDecoder {
  readonly ready: Promise<void>;
  decode(bytes: Uint8Array): Promise<Decoded>;
  flush(): Promise<Decoded>;
  free(): void;
}

export interface Decoded {
  /** One array for each channel. */
  readonly channelData: readonly Float32Array[];
  readonly samplesDecoded: number;
}

/** Computed, so that nothing looks for the packages where they are not installed. */
const packageNames: readonly string[] = ["sherpa-onnx-node", "ogg-opus-decoder"];

/** Loads the engine. Rejects where the optional packages are not installed, or are others. */
export async function loadEngine(): Promise<SherpaModule & OpusModule> {
  const [sherpa, opus] = await Promise.all(
    packageNames.map(async (name): Promise<unknown> => await import(name)),
  );
  // A CommonJS package may be its own default.
  const recognisers = isSherpa(sherpa) ? sherpa : defaultOf(sherpa);
  if (!isSherpa(recognisers) || !isOpus(opus))
    throw new Error("the packages are not the ones that are pinned");
  const { OfflineRecognizer } = recognisers;
  return { OfflineRecognizer, OggOpusDecoder: opus.OggOpusDecoder };
}

function defaultOf(module: unknown): unknown {
  return typeof module === "object" && module !== null && "default" in module
    ? module.default
    : undefined;
}

/** The shapes above are those of the pinned versions; only that it is these packages is looked at. */
function isSherpa(module: unknown): module is SherpaModule {
  return typeof module === "object" && module !== null && "OfflineRecognizer" in module;
}

function isOpus(module: unknown): module is OpusModule {
  return typeof module === "object" && module !== null && "OggOpusDecoder" in module;
}
