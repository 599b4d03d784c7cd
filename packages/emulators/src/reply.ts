import type { GenerationRequest } from "./generation-request.ts";
import type { JsonValue } from "./json.ts";

export interface ToolCall {
  readonly name: string;
  readonly arguments: JsonValue;
  readonly id?: string;
}

/** What the scripted model says. A plain text is short for `{ text }`. */
export type Reply =
  | string
  | {
      readonly text?: string;
      /** Sent as its JSON text; wins over `text`. */
      readonly json?: JsonValue;
      readonly toolCalls?: readonly ToolCall[];
      readonly reasoning?: string;
      /** `content` wraps the reasoning in <think>…</think> before the text; `field` uses `reasoning_content`. */
      readonly reasoningIn?: "content" | "field";
      readonly finishReason?: string;
      /** Replaces the counted `prompt_tokens`: a server that cut the prompt reports what it kept. */
      readonly promptTokens?: number;
    };

export interface ReplyContext {
  /** Counts chat and responses calls since the start or the last `clear()`, from 0. */
  readonly callIndex: number;
  readonly seed: number;
  /** A number in [0, 1) that depends only on the seed, the call index and `salt`. */
  readonly random: (salt?: string) => number;
  readonly promptTokens: number;
}

export type ReplyFunction = (
  request: GenerationRequest,
  context: ReplyContext,
) => Reply | Promise<Reply>;
