import type { Bilingual } from "@adyton/protocol";

/** A model server as the turns see it. Two implementations exist for real: a server over HTTP, and none at all. */

/** A call of a tool the model asks for. `arguments` is the model's own text, which need not be the JSON it should be. */
export interface ToolCall {
  readonly id: string;
  readonly name: string;
  readonly arguments: string;
}

/** A part of a message in the words of the shared chat route. */
export type ContentPart =
  | { readonly type: "text"; readonly text: string }
  | {
      readonly type: "image_url";
      readonly image_url: { readonly url: string; readonly detail?: string | undefined };
    };

export interface ChatMessage {
  /** `tool`: what a tool answered. */
  readonly role: "system" | "user" | "assistant" | "tool";
  /** The text, also where `parts` stand beside it; empty for an assistant who only calls tools. */
  readonly content: string;
  /** The content in parts, sent in its place: present where it is more than text. */
  readonly parts?: readonly ContentPart[] | undefined;
  /** Of an assistant: the tools it called. */
  readonly toolCalls?: readonly ToolCall[] | undefined;
  /** Of a tool: which call it answers. */
  readonly toolCallId?: string | undefined;
}

/** A function the model may call. `parameters` is a JSON schema, which nobody here reads. */
export interface ChatTool {
  readonly name: string;
  readonly description?: string | undefined;
  readonly parameters?: unknown;
  readonly strict?: boolean | undefined;
}

/**
 * How to generate, in the words of the shared chat route. Further keys go on as they came (`top_k`, `min_p`, …): servers
 * that do not know one ignore it, and an implementation takes what it understands.
 */
export interface ChatSettings {
  readonly temperature?: number | undefined;
  readonly top_p?: number | undefined;
  readonly seed?: number | undefined;
  readonly stop?: readonly string[] | undefined;
  readonly response_format?: unknown;
  readonly [key: string]: unknown;
}

export interface ChatRequest {
  readonly messages: readonly ChatMessage[];
  /** The most tokens the answer may have; absent, the server's own bound holds. */
  readonly answerTokensMax?: number;
  readonly settings?: ChatSettings | undefined;
  readonly tools?: readonly ChatTool[] | undefined;
  /** `auto`, `none`, `required`, or which tool, in the words of the shared chat route. */
  readonly toolChoice?: unknown;
  /** Aborting ends the request at the server too. */
  readonly signal: AbortSignal;
  /** Absent: `retries`. */
  readonly patience?: Patience;
  /** Present when somebody is watching: the answer is then requested as a stream and handed on piece by piece. */
  readonly onDelta?: (text: string) => void;
  /** The caller's own count of the messages, by `countTokens`, when it has made one: spares counting them again. */
  readonly promptTokensEstimate?: number;
}

/**
 * What a server that fails is granted. `retries`: further tries for a while. `once`: none, because the caller has others
 * to ask or asks again itself. `brief`: none, and silence ends the wait early, because another server is ready.
 */
export type Patience = "retries" | "once" | "brief";

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
       * Without the model's reasoning, and never blank unless tools are called: an answer with neither is `invalid`.
       * When a model turns out late to have begun with its reasoning, `onDelta` may have seen that; this text is right.
       */
      readonly text: string;
      /** The tools the model wants called; absent when it calls none. */
      readonly toolCalls?: readonly ToolCall[];
      readonly finish: "stop" | "length" | "cut" | "tool_calls";
      /** The server failed in the middle, and this is what had arrived: `finish` is `cut`. */
      readonly isBroken?: boolean;
      /** As the server reports it; absent when it reports nothing usable. */
      readonly usage?: ReportedUsage;
      readonly model: string;
    }
  | {
      readonly kind: "failed";
      readonly reason: ChatFailure;
      /** One sentence for the user: what happened and what to do; no address, no secret, no foreign word. */
      readonly detail: Bilingual;
      /** How long the server asks to be left alone, where it does. */
      readonly retryAfterMs?: number;
      /** Whether part of the answer had already been handed to `onDelta`. */
      readonly started: boolean;
    };

export type EmbedOutcome =
  | {
      readonly kind: "embedded";
      /** One for each text, in their order, all of one length. */
      readonly vectors: readonly Float32Array[];
      readonly model: string;
      /** As the server reports it; absent when it reports nothing usable. */
      readonly promptTokens?: number;
    }
  | { readonly kind: "failed"; readonly reason: ChatFailure; readonly detail: Bilingual };

/** What a backend is used for. */
export const backendRoles = ["chat", "embeddings", "verifier", "transcription"] as const;
export type BackendRole = (typeof backendRoles)[number];

export type BackendStatus = "ok" | "degraded" | "unknown";

export interface BackendHealth {
  readonly status: BackendStatus;
  /** One sentence of the node's own, with the address: for the owner. */
  readonly detail: string;
  readonly sinceMs: number;
}

/** Whoever executes jobs, as it last spoke of itself. */
export interface WorkerState {
  readonly name: string;
  readonly software: string;
  readonly status: BackendStatus;
  /** It takes no new jobs: it ends when those under way are done. */
  readonly stopping: boolean;
  /** Empty until its model server was asked. */
  readonly model: string;
  readonly contextTokens: number;
  /** Jobs it takes at once. */
  readonly concurrency: number;
  readonly running: number;
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
  /** True: nobody stated the window, and the server itself says so when a prompt exceeds it. */
  readonly isContextAssumed?: boolean;
  /** Asks the server what it has, so that model and window are known. Never rejects: trouble is in `health()`. */
  start?(): Promise<void>;
  chat(request: ChatRequest): Promise<ChatOutcome>;
  /** The model `embed` uses; empty or absent while none is known. */
  readonly embeddingModel?: string;
  /** Vectors of texts, by the server's embedding model; fails as `refused` where it has none. Never rejects. */
  embed?(texts: readonly string[], signal: AbortSignal): Promise<EmbedOutcome>;
  /** Tokens of a text: estimated at once, never less than the truth by more than the tests' stated margin. */
  countTokens(text: string): number;
  /** Tokens of a text by the server's own tokenizer, for texts near a limit; `undefined` where it offers none. */
  countExact?(text: string, signal?: AbortSignal): Promise<number | undefined>;
  /** Who does the work, where that is done elsewhere. */
  workers?(): readonly WorkerState[];
  health(): BackendHealth;
  /** Called at each change of the status. */
  onHealthChange(listener: (health: BackendHealth) => void): void;
}
