export type Endpoint =
  | "chat"
  | "responses"
  | "embeddings"
  | "transcriptions"
  | "models"
  | "tokenize"
  | "health"
  | "other";

/** Where and when a fault strikes; both narrow it. */
interface FaultScope {
  /** Only these calls, counted per kind of endpoint from 0 since the start or the last `clear()`. */
  readonly calls?: readonly number[];
  /** Without it: chat, responses and embeddings. */
  readonly endpoints?: readonly Endpoint[];
}

export type UsageFault = "missing" | "negative" | { readonly factor: number };

type FaultKind =
  /** Answers an error in OpenAI's shape; `retryAfterS` becomes the Retry-After header (1 for 429 without it). */
  | { readonly kind: "status"; readonly status: number; readonly retryAfterS?: number }
  /** Reads the request and never answers. */
  | { readonly kind: "timeout" }
  /** Destroys the connection before reading the body. */
  | { readonly kind: "refuse" }
  /** Waits before every token; an answer that is not streamed waits for all of them. */
  | { readonly kind: "slow_drip"; readonly tokenDelayMs: number }
  /** Sends nothing, not even headers, before this long. */
  | { readonly kind: "long_prefill"; readonly firstByteDelayMs: number }
  /** Destroys the connection after so many tokens; an answer that is not streamed stops half-way. */
  | { readonly kind: "cut_stream"; readonly afterTokens: number }
  /** Ends the stream cleanly after so many tokens, without finish_reason and [DONE]. */
  | { readonly kind: "early_end"; readonly afterTokens: number }
  /** Answers 200 with half of a JSON body. */
  | { readonly kind: "invalid_json" }
  /** Sends one broken JSON event after so many tokens, then goes on; without a stream, as `invalid_json`. */
  | { readonly kind: "invalid_chunk"; readonly afterTokens: number }
  /** Answers 200 with a web page, as a captive proxy does. */
  | { readonly kind: "html" }
  /** Answers without any choice, output or vector. */
  | { readonly kind: "empty_choices" }
  /** Miscounts: leaves usage out, makes it negative, or multiplies it. */
  | { readonly kind: "wrong_usage"; readonly usage: UsageFault }
  /** Sends the token after so many tokens twice; has no effect without a stream. */
  | { readonly kind: "duplicate_chunk"; readonly afterTokens: number }
  /** Puts the bytes C3 28 FF into the text: no decoder takes them as UTF-8. */
  | { readonly kind: "garbage_utf8" }
  /** Cuts multi-byte characters between two TCP writes. The bytes are right: a client must survive this unharmed. */
  | { readonly kind: "split_utf8" };

export type Fault = FaultKind & FaultScope;

const defaultEndpoints: readonly Endpoint[] = ["chat", "responses", "embeddings"];

/** True when a fault strikes this call. */
export function strikes(fault: Fault, endpoint: Endpoint, callIndex: number): boolean {
  return (
    (fault.endpoints ?? defaultEndpoints).includes(endpoint) &&
    (fault.calls === undefined || fault.calls.includes(callIndex))
  );
}

/** The fault in force and how many more calls it has. Refuse first, count after: a call out of scope uses none up. */
export class FaultSwitch {
  #fault: Fault | null = null;
  #callsLeft = Number.POSITIVE_INFINITY;

  set(fault: Fault | null, times = Number.POSITIVE_INFINITY): void {
    this.#fault = fault;
    this.#callsLeft = times;
  }

  /** The fault for this call, or null; what is given counts as used. */
  take(endpoint: Endpoint, callIndex: number): Fault | null {
    if (this.#fault === null || this.#callsLeft <= 0) return null;
    if (!strikes(this.#fault, endpoint, callIndex)) return null;
    this.#callsLeft -= 1;
    return this.#fault;
  }
}
