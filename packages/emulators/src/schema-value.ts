import { isObject, type JsonObject, type JsonValue } from "./json.ts";

const schemaDepthMax = 16;
export const itemsMax = 16;
export const stringCharsMax = 4_000;

/** Decides the leaves; `key` is the name of the nearest property. */
export interface LeafChoices {
  readonly text: (key: string) => string;
  readonly pick: (values: readonly JsonValue[], key: string) => JsonValue;
  readonly flag: (key: string) => boolean;
  readonly number: (key: string) => number;
}

/**
 * Builds a value that fits a JSON schema as far as structured-output dialects use it: objects with all their
 * properties, lists, enums, const, unions (first branch), local `$ref`, bounds of length and of numbers. Patterns are
 * not solved. Deeper than 16 levels it gives null, so a recursive schema ends.
 */
export function schemaValue(schema: JsonObject, choices: LeafChoices): JsonValue {
  return build(schema, { root: schema, choices, key: "", depth: 0 });
}

interface Place {
  readonly root: JsonObject;
  readonly choices: LeafChoices;
  readonly key: string;
  readonly depth: number;
}

function build(schema: unknown, place: Place): JsonValue {
  if (!isObject(schema) || place.depth > schemaDepthMax) return null;
  const deeper = { ...place, depth: place.depth + 1 };
  if (typeof schema["$ref"] === "string") return build(resolve(place.root, schema["$ref"]), deeper);
  if (isJson(schema["const"])) return schema["const"];
  if (Array.isArray(schema["enum"]))
    return place.choices.pick(schema["enum"].filter(isJson), place.key);
  for (const union of ["anyOf", "oneOf"]) {
    const branches = schema[union];
    if (Array.isArray(branches) && branches.length > 0) return build(branches[0], deeper);
  }
  if (Array.isArray(schema["allOf"]))
    return build(
      Object.assign({}, schema, { allOf: null }, ...schema["allOf"].filter(isObject)),
      deeper,
    );
  switch (typeName(schema)) {
    case "object":
      return buildObject(schema, deeper);
    case "array":
      return buildList(schema, deeper);
    case "boolean":
      return place.choices.flag(place.key);
    case "integer":
      return Math.round(bounded(place.choices.number(place.key), schema));
    case "number":
      return bounded(place.choices.number(place.key), schema);
    case "null":
      return null;
    default:
      return buildText(schema, place);
  }
}

function buildObject(schema: JsonObject, place: Place): JsonValue {
  const properties = isObject(schema["properties"]) ? schema["properties"] : {};
  return Object.fromEntries(
    Object.entries(properties).map(([key, value]) => [key, build(value, { ...place, key })]),
  );
}

function buildList(schema: JsonObject, place: Place): JsonValue {
  const least = Math.max(1, numberOr(schema["minItems"], 1));
  const length = Math.min(least, numberOr(schema["maxItems"], itemsMax), itemsMax);
  return Array.from({ length }, () => build(schema["items"] ?? {}, place));
}

function buildText(schema: JsonObject, place: Place): string {
  if (schema["format"] === "date-time") return "2026-01-01T00:00:00Z";
  if (schema["format"] === "date") return "2026-01-01";
  const most = Math.min(numberOr(schema["maxLength"], stringCharsMax), stringCharsMax);
  const least = Math.min(numberOr(schema["minLength"], 0), most);
  return place.choices.text(place.key).slice(0, most).toWellFormed().padEnd(least, ".");
}

function typeName(schema: JsonObject): unknown {
  const listed: unknown = schema["type"];
  const type: unknown = Array.isArray(listed) ? listed[0] : listed;
  return type ?? (isObject(schema["properties"]) ? "object" : schema["items"] ? "array" : "string");
}

function bounded(value: number, schema: JsonObject): number {
  const least = numberOr(schema["minimum"], Number.NEGATIVE_INFINITY);
  const most = numberOr(schema["maximum"], Number.POSITIVE_INFINITY);
  return Math.min(Math.max(value, least), most);
}

function resolve(root: JsonObject, reference: string): unknown {
  if (!reference.startsWith("#")) return null;
  let place: unknown = root;
  for (const step of reference.slice(1).split("/").filter(Boolean)) {
    place = isObject(place) ? place[step.replaceAll("~1", "/").replaceAll("~0", "~")] : null;
  }
  return place;
}

function numberOr(value: unknown, otherwise: number): number {
  return typeof value === "number" ? value : otherwise;
}

function isJson(value: unknown): value is JsonValue {
  return value !== undefined;
}
