import type { Bilingual } from "@adyton/protocol";

/** A model server as the turns see it. Two implementations exist for real: a server over HTTP, and none at all. */

export interface ChatMessage {
  readonly role: "system" | "user" | "assistant";
  readonly content: string;
}

export interface ChatRequest {
  readonly messages: readonly ChatMessage[];
  /** The most tokens the answer may have; absent, the server's own bound holds. */
  readonly answerTokensMax?: number;
  /** Aborting ends the request at the server too. */
  readonly signal: AbortSignal;
  /** Present when somebody is watching: the answer is then requested as a stream and handed on piece by piece. */
  readonly onDelta?: (text: string) => void;
  /** The caller's own count of the messages, by `countTokens`, when it has made one: spares counting them again. */
  readonly promptTokensEstimate?: number;
}

export interface ReportedUsage {
  readonly promptTokens: number;
  readonly completionTokens: number;
}

/**
 * `unavailable`: no connection, or only errors that say "later". `timed_out`: connected, but nothing usable in time.
 * `invalid`: an answer that is not the protocol. `refused`: the server says this request can never work.
 * `overflow`: the server says the prompt exceeds its window. `cancelled`: the signal was aborted.
 */
export type ChatFailure =
  | "unavailable"
  | "timed_out"
  | "invalid"
  | "refused"
  | "overflow"
  | "cancelled";

export type ChatOutcome =
  | {
      readonly kind: "answered";
      /**
       * Without the model's reasoning, and never blank: an answer without text is `invalid`. When a model turns out
       * late to have begun with its reasoning, `onDelta` may have seen that; this text is right.
       */
      readonly text: string;
      readonly finish: "stop" | "length" | "cut";
      /** As the server reports it; absent when it reports nothing usable. */
      readonly usage?: ReportedUsage;
      readonly model: string;
    }
  | {
      readonly kind: "failed";
      readonly reason: ChatFailure;
      /** One sentence for the user: what happened and what to do; no address, no secret, no foreign word. */
      readonly detail: Bilingual;
      /** Whether part of the answer had already been handed to `onDelta`. */
      readonly started: boolean;
    };

export type BackendStatus = "ok" | "degraded" | "unknown";

export interface BackendHealth {
  readonly status: BackendStatus;
  /** One sentence of the node's own, with the address: for the owner. */
  readonly detail: string;
  readonly sinceMs: number;
}

export interface Backend extends AsyncDisposable {
  readonly name: string;
  /** Empty until the server was asked, when the configuration names none. */
  readonly model: string;
  /** For the owner only. */
  readonly address: string;
  /** Requests that may be under way at once. */
  readonly concurrency: number;
  /** Tokens of the model's window: reported by the server, configured, or the stated default. */
  readonly contextTokens: number;
  /** Asks the server what it has, so that model and window are known. Never rejects: trouble is in `health()`. */
  start?(): Promise<void>;
  chat(request: ChatRequest): Promise<ChatOutcome>;
  /** Tokens of a text: estimated at once, never less than the truth by more than the tests' stated margin. */
  countTokens(text: string): number;
  /** Tokens of a text by the server's own tokenizer, for texts near a limit; `undefined` where it offers none. */
  countExact?(text: string, signal?: AbortSignal): Promise<number | undefined>;
  health(): BackendHealth;
  /** Called at each change of the status. */
  onHealthChange(listener: (health: BackendHealth) => void): void;
}
