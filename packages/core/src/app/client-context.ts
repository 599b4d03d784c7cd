import type { Backend, ChatMessage, ChatSettings, ChatTool } from "../ports/backend.ts";
import { visibleText } from "../domain/external/visible-text.ts";
import { messageOverheadTokens } from "../domain/model/token-estimate.ts";

/** What the journal keeps of a client's context beside the text and the answer. Words: it lies in the payload. */
export interface NotedContext {
  /** How many messages, and the SHA-256 of their JSON text: whoever has them can prove what was asked. */
  readonly messages: number;
  readonly sha256: string;
  /** Present when the answer can be continued by its id. */
  readonly stored?: true | undefined;
  /** What was new in this request, where it is more than the text. */
  readonly input?: readonly ChatMessage[] | undefined;
  /** The run it continues. */
  readonly previous?: string | undefined;
}

/** What a client that keeps the history itself sends along. It stands in place of the node's own history. */
export interface ClientContext {
  /** Oldest first, the question included. */
  readonly messages: readonly ChatMessage[];
  readonly settings?: ChatSettings | undefined;
  readonly tools?: readonly ChatTool[] | undefined;
  readonly toolChoice?: unknown;
  readonly answerTokensMax?: number | undefined;
  readonly noted: NotedContext;
}

/**
 * The client's messages behind the node's own prompt. What the client says first as the system joins that prompt: many
 * a model's template takes one system message, at the beginning, and refuses a second.
 */
export function withOwnPrompt(prompt: string, messages: readonly ChatMessage[]): ChatMessage[] {
  const firstOther = messages.findIndex(({ role }) => role !== "system");
  const leading = firstOther === -1 ? messages : messages.slice(0, firstOther);
  const content = [prompt, ...leading.map((message) => message.content)].join("\n\n");
  return [{ role: "system", content }, ...messages.slice(leading.length).map(withVisibleResult)];
}

/** What a tool answered came from wherever it looked, and forges no message: its words stay, control tokens do not. */
function withVisibleResult(message: ChatMessage): ChatMessage {
  if (message.role !== "tool") return message;
  return { ...message, content: visibleText(message.content) };
}

/** Tokens of a context with its tools. Pictures count as nothing: only their model knows what they take. */
export function contextTokens(
  messages: readonly ChatMessage[],
  tools: readonly ChatTool[] | undefined,
  count: Backend["countTokens"],
): number {
  let tokens = messageOverheadTokens + (tools === undefined ? 0 : count(JSON.stringify(tools)));
  for (const { content, toolCalls } of messages) {
    tokens += count(content) + messageOverheadTokens;
    if (toolCalls !== undefined) tokens += count(JSON.stringify(toolCalls));
  }
  return tokens;
}
