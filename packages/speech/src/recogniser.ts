import type { OfflineRecogniser, OpusModule, SherpaModule } from "./engine.ts";
import { sampleRate } from "./limits.ts";
import { Pieces } from "./pieces.ts";
import { samplesOf } from "./recording.ts";
import type { Settings } from "./settings.ts";

/** A model for speech, loaded. */
export class Recogniser {
  readonly #model: OfflineRecogniser;
  readonly #opus: OpusModule;
  readonly #secondsMax: number;

  private constructor(model: OfflineRecogniser, opus: OpusModule, secondsMax: number) {
    this.#model = model;
    this.#opus = opus;
    this.#secondsMax = secondsMax;
  }

  /** Rejects, or ends the process, for files that are no model. */
  static async load(
    engine: SherpaModule & OpusModule,
    { tokens, model, threads, secondsMax }: Settings,
  ): Promise<Recogniser> {
    const loaded = await engine.OfflineRecognizer.createAsync({
      // The models say for themselves where they need other features.
      featConfig: { sampleRate, featureDim: 80 },
      modelConfig: { ...model, tokens, numThreads: threads, provider: "cpu", debug: 0 },
    });
    return new Recogniser(loaded, engine, secondsMax);
  }

  /** What is said in an Ogg Opus file, and for how long. Throws `RecordingError`. */
  async hear(bytes: Uint8Array): Promise<{ readonly words: string; readonly seconds: number }> {
    const pieces = new Pieces();
    const words: string[] = [];
    let samples = 0;
    for await (const sound of samplesOf(this.#opus, bytes, this.#secondsMax)) {
      samples += sound.length;
      for (const piece of pieces.push(sound)) words.push(await this.#wordsOf(piece));
    }
    const rest = pieces.rest();
    if (rest !== undefined) words.push(await this.#wordsOf(rest));
    const said = words.map((each) => each.trim()).filter((each) => each !== "");
    return { words: said.join(" "), seconds: samples / sampleRate };
  }

  async #wordsOf(samples: Float32Array): Promise<string> {
    const stream = this.#model.createStream();
    stream.acceptWaveform({ samples, sampleRate });
    return (await this.#model.decodeAsync(stream)).text;
  }
}
