export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };

export type JsonObject = { readonly [key: string]: unknown };

/** True for a JSON object: not null, not a list. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A JSON value as a word to compare: a text as it is, anything else as its JSON text. */
export function wordOf(value: JsonValue): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
