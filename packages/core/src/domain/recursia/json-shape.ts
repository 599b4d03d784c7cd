import type { Language } from "../search/terms.ts";
import { type Checker, passed } from "./checker.ts";

const depthMax = 16;

/**
 * A check against the JSON schema a client asks for, as far as structured outputs use schemas: types, required and
 * unknown properties, items, enumerations. What it does not know it lets pass.
 */
export function schemaChecker(schema: unknown, language: Language): Checker {
  const check = (answer: string) => {
    let value: unknown;
    try {
      value = JSON.parse(answer);
    } catch {
      return { faults: 1, message: words.notJson[language] };
    }
    const faults = faultsOf(value, schema, { path: "", depth: 0 });
    if (faults.length === 0) return passed;
    return {
      faults: faults.length,
      message: words.misfit[language](faults.slice(0, 5).join("; ")),
    };
  };
  return { name: "schema", isDemanded: true, check };
}

const typeNames = ["object", "array", "string", "number", "integer", "boolean", "null"] as const;
/** What says nothing about a value. */
const annotations = ["$schema", "title", "description", "default", "examples"] as const;
const keywords = {
  type: (value: unknown) => {
    const types = Array.isArray(value) ? value : [value];
    return types.length > 0 && types.every((each) => typeNames.some((name) => name === each));
  },
  enum: (value: unknown) => Array.isArray(value) && value.length > 0,
  required: (value: unknown) =>
    Array.isArray(value) && value.every((each) => typeof each === "string"),
  properties: isRecord,
  items: isRecord,
  additionalProperties: (value: unknown) => typeof value === "boolean",
} as const;

interface SchemaFault {
  readonly path: readonly string[];
  readonly message: string;
}

/** What a schema demands that this check would let pass unseen: whoever writes one is told before it is relied on. */
export function schemaFaults(schema: unknown, path: readonly string[] = []): SchemaFault[] {
  if (!isRecord(schema)) return [{ path, message: "must be a JSON schema" }];
  if (path.length > depthMax) return [{ path, message: `is nested over ${depthMax} deep` }];
  const own = Object.entries(schema).flatMap(([key, value]): SchemaFault[] => {
    if (annotations.some((name) => name === key)) return [];
    const isSound = Object.entries(keywords).find(([name]) => name === key)?.[1];
    if (isSound !== undefined)
      return isSound(value) ? [] : [{ path: [...path, key], message: `is not a sound ${key}` }];
    const known = Object.keys(keywords).join(", ");
    return [{ path: [...path, key], message: `is not checked by the node, which knows ${known}` }];
  });
  const { properties, items } = schema;
  return [
    ...own,
    ...(isRecord(properties)
      ? Object.entries(properties).flatMap(([name, each]) =>
          schemaFaults(each, [...path, "properties", name]),
        )
      : []),
    ...(isRecord(items) ? schemaFaults(items, [...path, "items"]) : []),
  ];
}

interface Place {
  readonly path: string;
  readonly depth: number;
}

function faultsOf(value: unknown, schema: unknown, { path, depth }: Place): string[] {
  if (!isRecord(schema) || depth > depthMax) return [];
  const at = path === "" ? "/" : path;
  const { enum: values, type, required, properties, items, additionalProperties } = schema;
  if (
    Array.isArray(values) &&
    !values.some((each) => JSON.stringify(each) === JSON.stringify(value))
  )
    return [`${at}: ${JSON.stringify(values)}`];
  const types = (Array.isArray(type) ? type : [type]).filter((each) => typeof each === "string");
  if (types.length > 0 && !types.some((each) => isOfType(value, each)))
    return [`${at}: ${types.join("|")}`];
  if (Array.isArray(value))
    return value.flatMap((each, index) =>
      faultsOf(each, items, { path: `${path}/${index}`, depth: depth + 1 }),
    );
  if (!isRecord(value)) return [];
  const known = isRecord(properties) ? properties : {};
  const missing = (Array.isArray(required) ? required : []).filter(
    (name) => typeof name === "string" && !Object.hasOwn(value, name),
  );
  const unknown =
    additionalProperties === false
      ? Object.keys(value).filter((name) => !Object.hasOwn(known, name))
      : [];
  return [
    ...missing.map((name) => `${path}/${name}: required`),
    ...unknown.map((name) => `${path}/${name}: unknown`),
    ...Object.entries(value).flatMap(([name, each]) =>
      faultsOf(each, known[name], { path: `${path}/${name}`, depth: depth + 1 }),
    ),
  ];
}

function isOfType(value: unknown, type: string): boolean {
  switch (type) {
    case "object":
      return isRecord(value);
    case "array":
      return Array.isArray(value);
    case "integer":
      return Number.isInteger(value);
    case "null":
      return value === null;
    default:
      return typeof value === type;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const words = {
  notJson: { en: "The answer is not JSON and nothing else.", ru: "Ответ должен быть только JSON." },
  misfit: {
    en: (faults: string) => `The JSON does not fit its schema: ${faults}.`,
    ru: (faults: string) => `JSON не подходит под схему: ${faults}.`,
  },
} as const;
