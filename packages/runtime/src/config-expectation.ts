/**
 * What a schema wants, in the words of somebody who edits a configuration file. Schemas are read through zod's
 * definition objects; a kind that is not listed here is called "a valid value", never an error.
 */

type Definition = Readonly<Record<string, unknown>>;

/** Alternatives listed before "…"; a longer list helps nobody on one line. */
const alternativesMax = 12;

const wrappers = new Set([
  "optional",
  "nullable",
  "default",
  "prefault",
  "nonoptional",
  "readonly",
  "catch",
]);

const formats: Readonly<Record<string, string>> = {
  url: "an address such as https://example.org",
  email: "an e-mail address",
  ipv4: "an IPv4 address such as 127.0.0.1",
  ipv6: "an IPv6 address such as ::1",
  cidrv4: "an IPv4 network such as 10.0.0.0/24",
  cidrv6: "an IPv6 network such as fd00::/64",
  base64: "base64 text",
  datetime: "a time such as 2026-01-31T12:00:00Z",
  date: "a date such as 2026-01-31",
};

/** The schema of the value at a path, or `undefined` where the path leaves what the schema describes. */
export function schemaAt(schema: unknown, path: readonly PropertyKey[]): unknown {
  const inner = unwrap(schema);
  const [key, ...rest] = path;
  const definition = define(inner);
  // The rest of a strict object is declared as "never": nothing is described there.
  if (key === undefined) return definition["type"] === "never" ? undefined : inner;
  switch (definition["type"]) {
    case "object":
      return schemaAt(members(inner).get(String(key)) ?? definition["catchall"], rest);
    case "record":
      return schemaAt(definition["valueType"], rest);
    case "array":
      return schemaAt(definition["element"], rest);
    case "tuple":
      return schemaAt(list(definition["items"])[Number(key)] ?? definition["rest"], rest);
    case "union": {
      const options = list(definition["options"]).map((option) => schemaAt(option, path));
      return options.find((option) => option !== undefined);
    }
    default:
      return undefined;
  }
}

/** The keys that may stand at a path; of a union, those of all its options. */
export function keysAt(schema: unknown, path: readonly PropertyKey[]): readonly string[] {
  const inner = schemaAt(schema, path);
  const definition = define(inner);
  if (definition["type"] === "union")
    return list(definition["options"]).flatMap((option) => keysAt(option, []));
  return [...members(inner).keys()];
}

/** For example "a whole number from 1 to 65535", "true or false", `one of "solo", "blind", "bot"`. */
export function expectation(schema: unknown): string {
  const inner = unwrap(schema);
  const definition = define(inner);
  switch (definition["type"]) {
    case "string":
      return textExpectation(definition);
    case "number":
      return numberExpectation(definition);
    case "boolean":
      return "true or false";
    case "enum":
      return alternatives(Object.values(record(definition["entries"])));
    case "literal":
      return alternatives(list(definition["values"]));
    case "array":
    case "tuple":
      return `a list${countPhrase(definition, "entry", "entries")}`;
    case "object":
    case "record":
      return "a group of settings";
    case "null":
      return "empty";
    case "union":
      return [...new Set(list(definition["options"]).map(expectation))].join(", or ");
    default:
      return "a valid value";
  }
}

/** Through the wrappers, and through a transformation to the side that the file's author writes. */
function unwrap(schema: unknown): unknown {
  let inner = schema;
  for (;;) {
    const definition = define(inner);
    const type = String(definition["type"]);
    if (wrappers.has(type)) inner = definition["innerType"];
    else if (type === "pipe")
      inner =
        define(definition["in"])["type"] === "transform" ? definition["out"] : definition["in"];
    else if (type === "lazy" && typeof definition["getter"] === "function")
      inner = Reflect.apply(definition["getter"], undefined, []);
    else return inner;
  }
}

function define(schema: unknown): Definition {
  return record(record(schema)["def"]);
}

function members(schema: unknown): ReadonlyMap<string, unknown> {
  const definition = define(schema);
  return new Map(
    definition["type"] === "object" ? Object.entries(record(definition["shape"])) : [],
  );
}

function numberExpectation(definition: Definition): string {
  let noun = /int/.test(String(definition["format"])) ? "a whole number" : "a number";
  let low: string | undefined;
  let high: string | undefined;
  for (const check of checksOf(definition)) {
    const value = String(check["value"]);
    if (check["check"] === "number_format" && /int/.test(String(check["format"])))
      noun = "a whole number";
    if (check["check"] === "greater_than")
      low = check["inclusive"] === true ? value : `over ${value}`;
    if (check["check"] === "less_than")
      high = check["inclusive"] === true ? value : `under ${value}`;
  }
  return noun + range(low, high);
}

function textExpectation(definition: Definition): string {
  const format = [definition, ...checksOf(definition)].map(
    (part) => formats[String(part["format"])],
  );
  return (
    format.find((text) => text !== undefined) ??
    `text${countPhrase(definition, "character", "characters")}`
  );
}

function countPhrase(definition: Definition, one: string, many: string): string {
  let low: number | undefined;
  let high: number | undefined;
  for (const check of checksOf(definition)) {
    if (check["check"] === "min_length") low = Number(check["minimum"]);
    if (check["check"] === "max_length") high = Number(check["maximum"]);
    if (check["check"] === "length_equals") low = high = Number(check["length"]);
  }
  const noun = (high ?? low) === 1 ? one : many;
  if (low === undefined && high === undefined) return "";
  if (low === high) return ` of exactly ${low} ${noun}`;
  if (low === undefined) return ` of at most ${high} ${noun}`;
  return high === undefined ? ` of at least ${low} ${noun}` : ` of ${low} to ${high} ${noun}`;
}

/** Bounds that only say "a number the machine can count to" are left out. */
function range(low: string | undefined, high: string | undefined): string {
  if (low === undefined && high === undefined) return "";
  const least = low === undefined || low.startsWith("over") ? low : `from ${low}`;
  if (high === undefined)
    return least?.startsWith("from") === true ? ` of at least ${low}` : ` ${least}`;
  const most = high.startsWith("under")
    ? high
    : `${least === undefined ? "of at most" : "to"} ${high}`;
  return least === undefined
    ? ` ${most}`
    : ` ${least}${least.startsWith("over") || high.startsWith("under") ? " and" : ""} ${most}`;
}

/** The values that would have been accepted, as a person reads them; a long list is cut. */
export function alternatives(values: readonly unknown[]): string {
  const shown = values.slice(0, alternativesMax).map((value) => JSON.stringify(value));
  if (values.length > alternativesMax) shown.push("…");
  return shown.length === 1 ? (shown[0] ?? "") : `one of ${shown.join(", ")}`;
}

function checksOf(definition: Definition): readonly Definition[] {
  return list(definition["checks"]).map((check) => record(record(record(check)["_zod"])["def"]));
}

function record(value: unknown): Definition {
  return isRecord(value) ? value : {};
}

function isRecord(value: unknown): value is Definition {
  return typeof value === "object" && value !== null;
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
