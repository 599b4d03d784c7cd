import { Api, GrammyError, HttpError } from "grammy";
import type { Update } from "grammy/types";
import * as z from "zod";
import { strangeCode, type TelegramFailure, timedOutCode } from "./trouble.ts";
import { type Ways, type Wire, WireFetch } from "./wire-fetch.ts";

export interface TelegramClientOptions extends Ways {
  readonly token: { reveal(): string };
  /** `https://api.telegram.org`, or a server of the same interface. */
  readonly apiRoot: string;
  /** Takes the place of connections of its own. */
  readonly wire?: Wire | undefined;
}

export type TelegramResult<T> =
  | { readonly kind: "done"; readonly value: T }
  | { readonly kind: "failed"; readonly failure: TelegramFailure };

/** A file, or that the server has it no more. */
export type FileResult = TelegramResult<Buffer> | { readonly kind: "missing" };

/** How to ask for updates. */
export interface PollManner {
  /** For a single update. */
  readonly isAlone: boolean;
  /** For what is there at once: whether the way is free again shows sooner. */
  readonly isProbe: boolean;
}

/** A call that takes longer is given up: the server answers within seconds or not at all. */
const callSecondsMax = 15;
/** A file of the size that is taken, over a slow way. */
const fileSecondsMax = 120;
/** How long the server holds a poll that has nothing; it allows up to 50. */
const pollSeconds = 25;
/** What an answer may take on its way. A connection that takes everything and answers nothing is found out by it. */
const pollSlackSeconds = 10;
/** What an answer may take to a question for what is there at once. */
const probeSeconds = 5;
const updatesPerPollMax = 100;

const updateKinds = [
  "message",
  "edited_message",
  "callback_query",
  "stopped_message_generation",
] as const;
/** What the offset is taken from. The rest of an update is looked at one by one: one of them must not hold up others. */
const Updates = z.array(z.looseObject({ update_id: z.int() }));

/** The Bot API for one bot. */
export class TelegramClient implements Disposable {
  readonly #polls: Api;
  readonly #probes: Api;
  readonly #calls: Api;
  readonly #wire: Wire;
  /** Holds the token, so it is made where it is used and told to nobody. */
  readonly #fileRoot: () => string;

  constructor({ token, apiRoot, relay, proxy, wire }: TelegramClientOptions) {
    this.#fileRoot = () => `${apiRoot}/file/bot${token.reveal()}`;
    this.#wire = wire ?? new WireFetch({ relay, proxy });
    const options = {
      apiRoot,
      fetch: this.#wire.fetch,
      // Messages of the HTTP client hold the address, and the address holds the token.
      sensitiveLogs: false,
    };
    this.#polls = new Api(token.reveal(), {
      ...options,
      timeoutSeconds: pollSeconds + pollSlackSeconds,
    });
    this.#probes = new Api(token.reveal(), { ...options, timeoutSeconds: probeSeconds });
    this.#calls = new Api(token.reveal(), { ...options, timeoutSeconds: callSecondsMax });
  }

  /**
   * Waits for updates. An offset confirms every update before it. Fails with `ANSWER_TOO_LARGE` when what waits does not fit
   * into one answer, and with `ETIMEDOUT` when it does not come in time.
   */
  async updates(
    offset: number,
    signal: AbortSignal,
    { isAlone, isProbe }: PollManner = { isAlone: false, isProbe: false },
  ): Promise<TelegramResult<readonly Update[]>> {
    const question = {
      offset,
      limit: isAlone ? 1 : updatesPerPollMax,
      timeout: isProbe ? 0 : pollSeconds,
      allowed_updates: [...updateKinds],
    };
    const api = isProbe ? this.#probes : this.#polls;
    const result = await settled(api.getUpdates(question, asPolyfill(signal)));
    if (result.kind === "failed" || Updates.safeParse(result.value).success) return result;
    return { kind: "failed", failure: unanswered(strangeCode) };
  }

  /** Calls a method. Rejects with the signal's reason when it aborts. */
  async call<T>(
    work: (api: Api, signal: ReturnType<typeof asPolyfill>) => Promise<T>,
    signal: AbortSignal,
  ): Promise<TelegramResult<T>> {
    signal.throwIfAborted();
    const result = await settled(work(this.#calls, asPolyfill(signal)));
    signal.throwIfAborted();
    return result;
  }

  /** Fetches a file that the bot was sent, by its id. Rejects with the signal's reason when it aborts. */
  async file(id: string, signal: AbortSignal): Promise<FileResult> {
    const found = await this.call((api, polyfill) => api.getFile(id, polyfill), signal);
    if (found.kind === "failed") return found;
    const { file_path: path = "" } = found.value;
    const within = AbortSignal.any([signal, AbortSignal.timeout(fileSecondsMax * 1_000)]);
    const fetched = await settled(
      this.#wire.fetch(`${this.#fileRoot()}/${path}`, { signal: within }),
    );
    signal.throwIfAborted();
    if (fetched.kind === "failed") return fetched;
    const { ok, status, bytes } = fetched.value;
    if (ok) return { kind: "done", value: bytes };
    if (status === 401 || status === 404) return this.#missing(signal);
    const kind = status >= 400 && status < 500 && status !== 429 ? "refused" : "unknown";
    return { kind: "failed", failure: { ...unanswered("the file was refused"), kind, status } };
  }

  /** A file that is not there and a token that is not known are refused alike. Who the bot is has to do with the token alone. */
  async #missing(signal: AbortSignal): Promise<FileResult> {
    const me = await this.call((api, polyfill) => api.getMe(polyfill), signal);
    return me.kind === "failed" ? me : { kind: "missing" };
  }

  [Symbol.dispose](): void {
    this.#wire[Symbol.dispose]();
  }
}

/** The client's types come from a package older than Node's own signals; the objects are the same. */
function asPolyfill(signal: AbortSignal): Parameters<Api["getUpdates"]>[1] {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return signal as unknown as Parameters<Api["getUpdates"]>[1];
}

async function settled<T>(work: Promise<T>): Promise<TelegramResult<T>> {
  try {
    return { kind: "done", value: await work };
  } catch (error) {
    return { kind: "failed", failure: failureOf(error) };
  }
}

function failureOf(error: unknown): TelegramFailure {
  if (error instanceof GrammyError) {
    const { description: words, parameters } = error;
    const status: unknown = error.error_code;
    // JSON of something else than Telegram says neither that a call was refused nor that it was not.
    if (typeof status !== "number" || typeof words !== "string") return unanswered(strangeCode);
    const retryAfterMs = (parameters.retry_after ?? 1) * 1_000;
    if (status === 429) return { kind: "limited", status, retryAfterMs, words };
    const kind = status >= 500 ? "unknown" : "refused";
    return { kind, status, retryAfterMs, words };
  }
  const cause: unknown = error instanceof HttpError ? error.error : error;
  const code: unknown = cause instanceof Error ? Reflect.get(cause, "code") : undefined;
  if (typeof code === "string") return unanswered(code);
  // The client's own deadline has no code.
  const isLate = cause instanceof Error && /timed out/u.test(cause.message);
  return unanswered(isLate ? timedOutCode : strangeCode);
}

const unanswered = (words: string): TelegramFailure => ({
  kind: "unknown",
  status: 0,
  retryAfterMs: 0,
  words,
});
