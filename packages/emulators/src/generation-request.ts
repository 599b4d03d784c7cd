import { isObject, type JsonObject } from "./json.ts";
import { lastUserText, type PromptMessage, type PromptRole } from "./prompt.ts";

export const messagesMax = 10_000;
const stopSequencesMax = 16;

/** What a chat or responses request asks for, after its body has been checked. */
export interface GenerationRequest {
  readonly endpoint: "chat" | "responses";
  readonly model: string;
  readonly messages: readonly PromptMessage[];
  readonly lastUserText: string;
  readonly isStream: boolean;
  readonly includesUsage: boolean;
  readonly outputTokensMax: number | null;
  readonly stop: readonly string[];
  readonly isJson: boolean;
  readonly schema: JsonObject | null;
  readonly schemaName: string | null;
  readonly toolNames: readonly string[];
  readonly seed: number | null;
  readonly body: JsonObject;
}

export interface InvalidRequest {
  readonly kind: "invalid";
  readonly message: string;
  readonly param: string | null;
}

export type ParsedRequest =
  | { readonly kind: "valid"; readonly request: GenerationRequest }
  | InvalidRequest;

/** Checks the body of POST /v1/chat/completions. Unknown keys are ignored, as OpenAI-compatible servers do. */
export function parseChatRequest(body: unknown): ParsedRequest {
  if (!isObject(body)) return invalid("the body must be a JSON object", null);
  const messages = parseMessages(body["messages"], "messages");
  if (!Array.isArray(messages)) return messages;
  const format = isObject(body["response_format"]) ? body["response_format"] : {};
  const nested = isObject(format["json_schema"]) ? format["json_schema"] : {};
  const streamOptions = isObject(body["stream_options"]) ? body["stream_options"] : {};
  return finish(body, {
    endpoint: "chat",
    messages,
    format: { ...nested, type: format["type"] },
    outputTokensMax: body["max_completion_tokens"] ?? body["max_tokens"] ?? null,
    maxTokensParam:
      body["max_completion_tokens"] === undefined ? "max_tokens" : "max_completion_tokens",
    includesUsage: streamOptions["include_usage"] === true,
  });
}

/** Checks the body of POST /v1/responses: `input` is a text or a list of messages, `instructions` a system text. */
export function parseResponsesRequest(body: unknown): ParsedRequest {
  if (!isObject(body)) return invalid("the body must be a JSON object", null);
  const input = body["input"];
  const parsed =
    typeof input === "string"
      ? [{ role: "user", text: input } satisfies PromptMessage]
      : parseMessages(input, "input");
  if (!Array.isArray(parsed)) return parsed;
  const instructions = body["instructions"];
  const messages: readonly PromptMessage[] =
    typeof instructions === "string" ? [{ role: "system", text: instructions }, ...parsed] : parsed;
  const text = isObject(body["text"]) ? body["text"] : {};
  return finish(body, {
    endpoint: "responses",
    messages,
    format: isObject(text["format"]) ? text["format"] : {},
    outputTokensMax: body["max_output_tokens"] ?? null,
    maxTokensParam: "max_output_tokens",
    includesUsage: true,
  });
}

function finish(
  body: JsonObject,
  parts: {
    endpoint: GenerationRequest["endpoint"];
    messages: readonly PromptMessage[];
    format: JsonObject;
    outputTokensMax: unknown;
    maxTokensParam: string;
    includesUsage: boolean;
  },
): ParsedRequest {
  const { outputTokensMax, format } = parts;
  const model = body["model"] ?? "";
  if (typeof model !== "string") return invalid("model must be a string", "model");
  if (
    body["stream"] !== undefined &&
    body["stream"] !== null &&
    typeof body["stream"] !== "boolean"
  )
    return invalid("stream must be a boolean", "stream");
  if (outputTokensMax !== null && !isPositiveInteger(outputTokensMax))
    return invalid(`${parts.maxTokensParam} must be a positive integer`, parts.maxTokensParam);
  if (body["n"] !== undefined && body["n"] !== null && body["n"] !== 1)
    return invalid("n must be 1: the emulator gives one choice", "n");
  const stop = parseStop(body["stop"]);
  if (stop === null)
    return invalid(`stop must be a text or at most ${stopSequencesMax} texts`, "stop");
  const schema = isObject(format["schema"]) ? format["schema"] : null;
  if (format["type"] === "json_schema" && schema === null)
    return invalid("the format json_schema needs a schema", "response_format");
  return {
    kind: "valid",
    request: {
      endpoint: parts.endpoint,
      model,
      messages: parts.messages,
      lastUserText: lastUserText(parts.messages),
      isStream: body["stream"] === true,
      includesUsage: parts.includesUsage,
      outputTokensMax,
      stop,
      isJson: format["type"] === "json_object" || format["type"] === "json_schema",
      schema,
      schemaName: typeof format["name"] === "string" ? format["name"] : null,
      toolNames: parseToolNames(body["tools"]),
      seed: typeof body["seed"] === "number" ? body["seed"] : null,
      body,
    },
  };
}

const roles: ReadonlySet<string> = new Set<PromptRole>([
  "system",
  "developer",
  "user",
  "assistant",
  "tool",
]);

function isRole(value: unknown): value is PromptRole {
  return typeof value === "string" && roles.has(value);
}

/** Reads a list of messages: a chat body, and `/tokenize` or `/apply-template` with `messages`. */
export function parseMessages(value: unknown, param: string): PromptMessage[] | InvalidRequest {
  if (!Array.isArray(value) || value.length === 0)
    return invalid(`${param} must be a list with at least one message`, param);
  if (value.length > messagesMax)
    return invalid(`${param} holds more than ${messagesMax} messages`, param);
  const messages: PromptMessage[] = [];
  for (const [index, item] of value.entries()) {
    const at = `${param}[${index}]`;
    if (!isObject(item)) return invalid(`${at} must be an object`, at);
    // The responses API lists calls and their outputs without a role; they are tool texts to a prompt.
    const role = item["role"] ?? (typeof item["type"] === "string" ? "tool" : undefined);
    if (!isRole(role)) return invalid(`${at}.role is not a role`, `${at}.role`);
    const text = textOf(item["content"] ?? item["output"] ?? null);
    if (text === null)
      return invalid(`${at}.content must be a text or a list of parts`, `${at}.content`);
    messages.push({ role, text });
  }
  return messages;
}

function textOf(content: unknown): string | null {
  if (typeof content === "string") return content;
  if (content === null) return "";
  if (!Array.isArray(content)) return null;
  let text = "";
  for (const part of content) {
    if (!isObject(part)) return null;
    // Pictures and sounds are accepted and say nothing to the emulator.
    if (typeof part["text"] === "string") text += part["text"];
  }
  return text;
}

function parseStop(value: unknown): readonly string[] | null {
  if (value === undefined || value === null) return [];
  if (typeof value === "string") return [value];
  if (!Array.isArray(value) || value.length > stopSequencesMax) return null;
  const texts = value.filter((item) => typeof item === "string");
  return texts.length === value.length ? texts : null;
}

function parseToolNames(value: unknown): readonly string[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((tool: unknown) => {
    if (!isObject(tool)) return [];
    const nested = isObject(tool["function"]) ? tool["function"]["name"] : tool["name"];
    return typeof nested === "string" ? [nested] : [];
  });
}

function isPositiveInteger(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value > 0;
}

function invalid(message: string, param: string | null): InvalidRequest {
  return { kind: "invalid", message, param };
}
