import type { Bilingual, Health } from "@adyton/protocol";
import type { Clock } from "@adyton/runtime/clock";
import * as z from "zod";
import type { Heard, Recording } from "../../ports/file-words.ts";
import { parseAddress } from "./address.ts";
import { HealthWatch } from "./health-watch.ts";
import { timeoutsDefault, transcribeMsMax, transcriptBytesMax } from "./limits.ts";
import { recordingForm } from "./recording-form.ts";
import { getJson } from "./small-call.ts";
import { speechWords } from "./speech-words.ts";
import { parseJson, readBody, WireClient, type WireResponse } from "./wire-client.ts";
import { withinMs } from "./within.ts";

export interface TranscriberOptions {
  readonly url: string;
  readonly model: string;
  /** What is spoken, by ISO 639-1; the server finds out without it. */
  readonly spoken?: string | undefined;
  readonly apiKey?: { reveal(): string } | undefined;
  /** Of the health report. */
  readonly language: keyof Bilingual;
  readonly clock: Clock;
  /** Milliseconds until a recording is written down. */
  readonly msMax?: number;
}

const Transcript = z.object({ text: z.string() });

/** What came of a recording; `isFault` where the server is to blame, and not the recording. */
type Outcome = { readonly heard: Heard; readonly isFault: boolean };

/** Has a server with OpenAI's route for speech (`/v1/audio/transcriptions`) write down recordings. */
export class Transcriber implements AsyncDisposable {
  readonly #options: TranscriberOptions;
  readonly #client: WireClient;
  readonly #watch: HealthWatch;

  /** Throws `BackendError` for an address that cannot be. Does no I/O. */
  constructor(options: TranscriberOptions) {
    this.#options = options;
    const { url, apiKey, clock, language } = options;
    const { connectMsMax, inspectMsMax } = timeoutsDefault;
    const address = parseAddress(url);
    this.#client = new WireClient({ address, apiKey, connectMsMax, clock });
    const probe = (signal: AbortSignal): Promise<string | undefined> =>
      withinMs(clock, inspectMsMax, signal, (within) => this.#trouble(within));
    const watched = { clock, timeouts: timeoutsDefault, probe };
    this.#watch = new HealthWatch(watched, speechWords.unasked[language]);
  }

  /** Begins to look whether the server is there. */
  start(): void {
    this.#watch.start();
    void this.#watch.look();
  }

  /** How the server stands, as a part of the health report. */
  health(): Health["parts"][number] {
    const { status, detail, sinceMs } = this.#watch.health;
    const works = speechWords.works[this.#options.language];
    if (status === "ok") return { name: "voice", status, detail: works };
    if (status === "unknown") return { name: "voice", status: "ok", detail };
    return { name: "voice", status, detail, since: new Date(sinceMs).toISOString() };
  }

  /** Rejects only with the signal's reason. */
  async hear(recording: Recording, signal: AbortSignal): Promise<Heard> {
    signal.throwIfAborted();
    const { clock, language, msMax = transcribeMsMax } = this.#options;
    const outcome = await withinMs(clock, msMax, signal, (within) => this.#ask(recording, within));
    signal.throwIfAborted();
    const { heard, isFault } = outcome ?? failed(speechWords.tooSlow(msMax / 1_000), true);
    if (!isFault) this.#watch.succeeded(speechWords.works[language]);
    else if (heard.kind === "failed") this.#watch.failed(heard.detail[language]);
    return heard;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#client[Symbol.dispose]();
    await this.#watch[Symbol.asyncDispose]();
  }

  /** What is wrong with the server, for its owner. Few servers for speech list their models: any answer is one. */
  async #trouble(signal: AbortSignal): Promise<string | undefined> {
    const { language } = this.#options;
    this.#client.dropIdle();
    const answer = await getJson(this.#client, "/v1/models", signal);
    if (answer.kind === "fault") return speechWords.down[language];
    const isRefused = answer.status === 401 || answer.status === 403;
    return isRefused ? speechWords.keyRefused[language] : undefined;
  }

  /** Nothing, when the signal ends it. */
  async #ask(recording: Recording, signal: AbortSignal): Promise<Outcome | undefined> {
    const { model, spoken } = this.#options;
    const language = spoken === undefined ? {} : { language: spoken };
    const exchange = this.#client.send({
      method: "POST",
      path: "/v1/audio/transcriptions",
      form: recordingForm(recording, { model, response_format: "json", ...language }),
      // A kept connection may have been closed meanwhile, and recordings are too rare to keep one.
      isSeparate: true,
    });
    const close = (): void => exchange.close();
    signal.addEventListener("abort", close, { once: true });
    try {
      const got = await exchange.response;
      const outcome = await outcomeOf(got);
      return signal.aborted ? undefined : outcome;
    } finally {
      signal.removeEventListener("abort", close);
      exchange.close();
    }
  }
}

async function outcomeOf(got: WireResponse): Promise<Outcome> {
  if (got.kind === "fault") return failed(speechWords.down, true);
  const { status } = got.response;
  if (status !== 200) return refusal(status);
  const body = await readBody(got.response, transcriptBytesMax);
  if (body.kind === "broken") return failed(speechWords.down, true);
  const read = Transcript.safeParse(body.kind === "complete" ? parseJson(body.text) : undefined);
  if (!read.success) return failed(speechWords.unreadable, true);
  return { heard: { kind: "heard", words: read.data.text }, isFault: false };
}

function refusal(status: number): Outcome {
  if (status === 401 || status === 403) return failed(speechWords.keyRefused, true);
  if (status === 404 || (status >= 300 && status < 400)) return failed(speechWords.unknown, true);
  if (status === 429 || status >= 500) return failed(speechWords.failed, true);
  return failed(speechWords.refused, false);
}

const failed = (detail: Bilingual, isFault: boolean): Outcome => ({
  heard: { kind: "failed", detail },
  isFault,
});
