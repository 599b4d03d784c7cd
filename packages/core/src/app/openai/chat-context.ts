import { hash } from "node:crypto";
import type { ChatCompletionMessage, ChatCompletionRequest } from "@adyton/protocol";
import type { ChatMessage, ChatSettings, ChatTool, ContentPart } from "../../ports/backend.ts";
import type { ClientContext } from "../client-context.ts";

/** Keys of a request that are the node's business, or nobody's; every other one goes on to the model server. */
const ownKeys: ReadonlySet<string> = new Set([
  "model",
  "messages",
  "stream",
  "stream_options",
  "max_tokens",
  "max_completion_tokens",
  "tools",
  "tool_choice",
  "n",
  "logprobs",
  "top_logprobs",
  "functions",
  "function_call",
  "user",
  "prompt_cache_key",
  "prompt_cache_retention",
  "safety_identifier",
  "service_tier",
  "store",
  "metadata",
]);

/**
 * Keys by which some server would overrule the node: another length than the one that was settled, several answers,
 * another template than the model's, another caller's slot or turn.
 */
const overrulingKeys: ReadonlySet<string> = new Set([
  "n_predict",
  "num_predict",
  "max_new_tokens",
  "min_tokens",
  "ignore_eos",
  "best_of",
  "use_beam_search",
  "chat_template",
  "logits_processors",
  "id_slot",
  "priority",
  "options",
]);

/** A chat request's context, in the words of the port. */
export function chatContext(request: ChatCompletionRequest): ClientContext {
  const messages = request.messages.map(chatMessage);
  const { tools, tool_choice: toolChoice } = request;
  return {
    messages,
    settings: settingsOf(request),
    tools: tools?.map(({ function: { name, description, parameters, strict } }) =>
      toolOf({ name, description, parameters, strict }),
    ),
    toolChoice: toolChoice ?? undefined,
    answerTokensMax: request.max_completion_tokens ?? request.max_tokens ?? undefined,
    noted: { messages: messages.length, sha256: digestOf(messages) },
  };
}

/** SHA-256, in hex, of messages as JSON text. */
export function digestOf(messages: readonly ChatMessage[]): string {
  return hash("sha256", JSON.stringify(messages), "hex");
}

/** The text that stands for a context: the last thing the user said, else the last thing said. */
export function lastWords(messages: readonly ChatMessage[]): string {
  const said = messages.findLast(({ role }) => role === "user") ?? messages.at(-1);
  if (said?.parts === undefined) return said?.content ?? "";
  return said.parts.map((part) => (part.type === "text" ? part.text : "[image]")).join("\n");
}

/** A tool with its empty keys left out. */
export function toolOf(given: {
  readonly name: string;
  readonly description?: string | null | undefined;
  readonly parameters?: unknown;
  readonly strict?: boolean | null | undefined;
}): ChatTool {
  return {
    name: given.name,
    description: given.description ?? undefined,
    parameters: given.parameters ?? undefined,
    strict: given.strict ?? undefined,
  };
}

function settingsOf(request: ChatCompletionRequest): ChatSettings {
  const passed = Object.entries(request).filter(
    ([key, value]) => !ownKeys.has(key) && !overrulingKeys.has(key) && value !== null,
  );
  const { stop } = request;
  return {
    ...Object.fromEntries(passed),
    ...(typeof stop === "string" ? { stop: [stop] } : {}),
  };
}

function chatMessage(message: ChatCompletionMessage): ChatMessage {
  switch (message.role) {
    case "system":
    case "developer":
      return { role: "system", content: textOf(message.content) };
    case "user":
      return typeof message.content === "string"
        ? { role: "user", content: message.content }
        : userMessage(
            message.content.map((part) =>
              part.type === "text"
                ? { type: "text", text: part.text }
                : {
                    type: "image_url",
                    image_url: { url: part.image_url.url, detail: part.image_url.detail },
                  },
            ),
          );
    case "tool":
      return { role: "tool", content: textOf(message.content), toolCallId: message.tool_call_id };
    case "assistant":
      break;
  }
  const { content, tool_calls: calls } = message;
  return {
    role: "assistant",
    content: textOf(content ?? ""),
    toolCalls: calls?.map(({ id, function: { name, arguments: text } }) => ({
      id,
      name,
      arguments: text,
    })),
  };
}

/** A message in parts; text alone is sent as text, which every server takes. */
export function userMessage(parts: readonly ContentPart[]): ChatMessage {
  const texts = parts.flatMap((part) => (part.type === "text" ? [part.text] : []));
  const content = texts.join("\n");
  return texts.length === parts.length
    ? { role: "user", content }
    : { role: "user", content, parts };
}

type TextContent = string | readonly ({ readonly text: string } | { readonly refusal: string })[];

/** The text of a content in parts. */
export function textOf(content: TextContent): string {
  if (typeof content === "string") return content;
  return content.map((part) => ("text" in part ? part.text : part.refusal)).join("\n");
}
