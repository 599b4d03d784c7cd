import { Api, GrammyError, HttpError } from "grammy";
import type { Update } from "grammy/types";
import { type Relay, WireFetch } from "./wire-fetch.ts";

export interface TelegramClientOptions {
  readonly token: { reveal(): string };
  /** `https://api.telegram.org`, or a server of the same interface. */
  readonly apiRoot: string;
  readonly relay?: Relay | undefined;
}

/**
 * How a call failed. `unknown`: it may have had its effect. The words are the server's or the system's, never a token:
 * addresses of the Bot API hold one, so no address is passed on.
 */
export interface TelegramFailure {
  readonly kind: "refused" | "limited" | "unknown";
  readonly status: number;
  readonly retryAfterMs: number;
  readonly words: string;
}

export type TelegramResult<T> =
  | { readonly kind: "done"; readonly value: T }
  | { readonly kind: "failed"; readonly failure: TelegramFailure };

/** A call that takes longer is given up: the server answers within seconds or not at all. */
const callSecondsMax = 30;
/** How long the server holds a poll that has nothing; it allows up to 50. */
const pollSeconds = 40;

const updateKinds = ["message", "edited_message", "callback_query"] as const;

/** The Bot API for one bot. */
export class TelegramClient implements Disposable {
  readonly #polls: Api;
  readonly #calls: Api;
  readonly #wire: WireFetch;

  constructor({ token, apiRoot, relay }: TelegramClientOptions) {
    this.#wire = new WireFetch(relay);
    const options = {
      apiRoot,
      fetch: this.#wire.fetch,
      // Messages of the HTTP client hold the address, and the address holds the token.
      sensitiveLogs: false,
    };
    this.#polls = new Api(token.reveal(), {
      ...options,
      timeoutSeconds: pollSeconds + callSecondsMax,
    });
    this.#calls = new Api(token.reveal(), { ...options, timeoutSeconds: callSecondsMax });
  }

  /** Waits for updates. An offset confirms every update before it. */
  updates(offset: number, signal: AbortSignal): Promise<TelegramResult<readonly Update[]>> {
    return settled(
      this.#polls.getUpdates(
        { offset, timeout: pollSeconds, allowed_updates: [...updateKinds] },
        asPolyfill(signal),
      ),
    );
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
    const { error_code: status, description: words, parameters } = error;
    const retryAfterMs = (parameters.retry_after ?? 1) * 1_000;
    if (status === 429) return { kind: "limited", status, retryAfterMs, words };
    const kind = status >= 500 ? "unknown" : "refused";
    return { kind, status, retryAfterMs, words };
  }
  const cause: unknown = error instanceof HttpError ? error.error : error;
  const code: unknown = cause instanceof Error ? Reflect.get(cause, "code") : undefined;
  const words = typeof code === "string" ? code : "the connection failed";
  return { kind: "unknown", status: 0, retryAfterMs: 0, words };
}
