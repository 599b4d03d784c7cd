import type { HistoryItem } from "./engine.ts";
import { embedTextsMax, messagesMax, stopCharsMax, stopsMax } from "./limits.ts";
import { RequestError } from "./request-error.ts";

/** What clients send, checked by hand: this package stands alone. Unknown keys are passed over, as servers do. */

export interface ChatRequest {
  readonly history: readonly HistoryItem[];
  readonly tokensMax: number | undefined;
  readonly temperature: number;
  readonly topP: number;
  readonly seed: number | undefined;
  readonly stops: readonly string[];
  readonly format: Format;
  readonly isStreamed: boolean;
  readonly withUsage: boolean;
}

export type Format =
  | { readonly kind: "text" }
  | { readonly kind: "json" }
  | { readonly kind: "schema"; readonly schema: object };

/** The defaults of llama.cpp's own server. */
const temperatureDefault = 0.8;
const topPDefault = 0.95;

type Fields = Readonly<Record<string, unknown>>;

/** Throws `RequestError` for what cannot be served; the message names the key. */
export function readChatRequest(body: unknown): ChatRequest {
  const fields = object(body, "the body");
  if (Array.isArray(fields["tools"]) && fields["tools"].length > 0)
    throw new RequestError(400, "tools are not supported by the embedded model");
  if ((fields["n"] ?? 1) !== 1) throw new RequestError(400, "n must be 1");
  const options = fields["stream_options"];
  return {
    history: readMessages(fields["messages"]),
    tokensMax:
      whole(fields, "max_completion_tokens", { min: 1 }) ?? whole(fields, "max_tokens", { min: 1 }),
    temperature: number(fields, "temperature", { max: 5 }) ?? temperatureDefault,
    topP: number(fields, "top_p", { max: 1 }) ?? topPDefault,
    seed: whole(fields, "seed", { min: 0 }),
    stops: readStops(fields["stop"]),
    format: readFormat(fields["response_format"]),
    isStreamed: fields["stream"] === true,
    withUsage: isObject(options) && options["include_usage"] === true,
  };
}

/** The texts of a request for embeddings; a single one is a list of one. */
export function readEmbedRequest(body: unknown): readonly string[] {
  const { input } = object(body, "the body");
  const texts = typeof input === "string" ? [input] : input;
  if (!Array.isArray(texts) || texts.length === 0 || texts.length > embedTextsMax)
    throw new RequestError(400, `input must be a text or a list of 1 to ${embedTextsMax} texts`);
  return texts.map((text: unknown) => {
    if (typeof text !== "string" || text === "")
      throw new RequestError(400, "input must be a text or a list of texts, none of them empty");
    return text;
  });
}

export function readTokenizeRequest(body: unknown): string {
  const { content } = object(body, "the body");
  if (typeof content !== "string") throw new RequestError(400, "content must be a text");
  return content;
}

function readMessages(value: unknown): HistoryItem[] {
  if (!Array.isArray(value) || value.length === 0 || value.length > messagesMax)
    throw new RequestError(400, `messages must be a list of 1 to ${messagesMax}`);
  return value.map((each: unknown): HistoryItem => {
    const { role, content } = object(each, "a message");
    const text = readContent(content);
    if (role === "assistant") return { type: "model", response: [text] };
    if (role === "user") return { type: "user", text };
    if (role === "system" || role === "developer") return { type: "system", text };
    throw new RequestError(400, "a message's role must be system, user or assistant");
  });
}

function readContent(content: unknown): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content))
    throw new RequestError(400, "a message's content must be a text or a list of texts");
  return content
    .map((part: unknown) => {
      const { type, text } = object(part, "a part of a message");
      if (type !== "text" || typeof text !== "string")
        throw new RequestError(400, "the embedded model takes text alone");
      return text;
    })
    .join("");
}

function readStops(value: unknown): string[] {
  const stops =
    value === undefined || value === null ? [] : typeof value === "string" ? [value] : value;
  if (!Array.isArray(stops) || stops.length > stopsMax)
    throw new RequestError(400, `stop must be a text or a list of at most ${stopsMax}`);
  return stops.map((stop: unknown) => {
    if (typeof stop !== "string" || stop === "" || stop.length > stopCharsMax)
      throw new RequestError(400, `each stop must be a text of 1 to ${stopCharsMax} characters`);
    return stop;
  });
}

function readFormat(value: unknown): Format {
  if (value === undefined || value === null) return { kind: "text" };
  const { type, json_schema: named, schema: bare } = object(value, "response_format");
  if (type === "text") return { kind: "text" };
  const schema = isObject(named) ? named["schema"] : bare;
  if (type === "json_object" && schema === undefined) return { kind: "json" };
  if ((type === "json_schema" || type === "json_object") && isObject(schema))
    return { kind: "schema", schema };
  throw new RequestError(
    400,
    "response_format must be text, json_object, or json_schema with its schema",
  );
}

function whole(fields: Fields, key: string, { min }: { readonly min: number }): number | undefined {
  const value = fields[key] ?? undefined;
  if (value === undefined) return undefined;
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= min) return value;
  // Some clients say -1 for "as many as there are room for".
  if (value === -1) return undefined;
  throw new RequestError(400, `${key} must be a whole number of at least ${min}`);
}

function number(
  fields: Fields,
  key: string,
  { max }: { readonly max: number },
): number | undefined {
  const value = fields[key] ?? undefined;
  if (value === undefined) return undefined;
  if (typeof value === "number" && value >= 0 && value <= max) return value;
  throw new RequestError(400, `${key} must be a number from 0 to ${max}`);
}

function object(value: unknown, what: string): Fields {
  if (isObject(value)) return value;
  throw new RequestError(400, `${what} must be an object`);
}

function isObject(value: unknown): value is Fields & object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
