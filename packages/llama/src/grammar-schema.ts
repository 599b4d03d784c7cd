import { RequestError } from "./request-error.ts";

/** Levels of a schema; those that people and programs write have five. */
export const schemaDepthMax = 64;

const types: ReadonlySet<unknown> = new Set(
  "string number integer boolean null object array".split(" "),
);
/** What would change the meaning if it were passed over. */
const refused = ["allOf", "not", "if", "patternProperties", "dependentSchemas"];

type Schema = Readonly<Record<string, unknown>>;

/**
 * A JSON schema as the engine's grammars take it: `anyOf` becomes `oneOf`, a list of types alternatives. Bounds of numbers
 * and patterns of texts are passed over, as llama.cpp does with what a grammar cannot say. Throws `RequestError` for what
 * the engine would take for something else.
 */
export function grammarSchema(schema: unknown, depth = 0): unknown {
  if (schema === true) return {};
  if (!isObject(schema)) throw invalid("each part of it must be an object");
  if (depth > schemaDepthMax) throw invalid(`it has more than ${schemaDepthMax} levels`);
  const key = refused.find((each) => each in schema);
  if (key !== undefined) throw invalid(`${key} is not supported`);
  const inner = (value: unknown): unknown => grammarSchema(value, depth + 1);
  const defs = isObject(schema["$defs"]) ? { $defs: mapValues(schema["$defs"], inner) } : {};
  const reference = schema["$ref"];
  const isOurs = typeof reference === "string" && /^#\/\$defs\/[^/]+$/.test(reference);
  if (reference !== undefined && !isOurs) throw invalid("$ref must point into #/$defs/");
  const alternatives = schema["oneOf"] ?? schema["anyOf"];
  if (Array.isArray(alternatives)) return { oneOf: alternatives.map(inner), ...defs };
  const { type } = schema;
  if (Array.isArray(type)) {
    const whole = (each: unknown): unknown => inner({ ...schema, type: each, $defs: undefined });
    return { oneOf: type.map(whole), ...defs };
  }
  if (type !== undefined && !types.has(type)) throw invalid("type must be one of JSON's types");
  const { anyOf: _anyOf, oneOf: _oneOf, ...rest } = schema;
  return {
    ...rest,
    ...defs,
    ...(isObject(schema["properties"])
      ? { properties: mapValues(schema["properties"], inner) }
      : {}),
    ...(isObject(schema["items"]) ? { items: inner(schema["items"]) } : {}),
    ...(Array.isArray(schema["prefixItems"])
      ? { prefixItems: schema["prefixItems"].map(inner) }
      : {}),
    ...(isObject(schema["additionalProperties"])
      ? { additionalProperties: inner(schema["additionalProperties"]) }
      : {}),
  };
}

function mapValues(values: Schema, change: (value: unknown) => unknown): Schema {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, change(value)]));
}

function isObject(value: unknown): value is Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function invalid(what: string): RequestError {
  return new RequestError(400, `the schema of response_format cannot be used: ${what}`);
}
