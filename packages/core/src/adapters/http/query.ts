import type { Route } from "@adyton/protocol";
import { unfitText } from "./json-text.ts";
import { type Refusal, refused } from "./refusal.ts";

export type FieldsOutcome = Refusal | { readonly kind: "parsed"; readonly value: unknown };

const nothing: FieldsOutcome = { kind: "parsed", value: Object.freeze({}) };

/** The path parameters as the route's schema parses them. */
export function parseParams(route: Route, params: Readonly<Record<string, string>>): FieldsOutcome {
  if (route.params === undefined) return nothing;
  return parseFields(route.params, params);
}

/** The query as the route's schema parses it. Unknown, repeated and empty parameters are refused. */
export function parseQuery(route: Route, text: string): FieldsOutcome {
  if (text === "" && route.query === undefined) return nothing;
  const fields = new Map<string, string>();
  for (const part of text.split("&")) {
    if (part === "") continue;
    const [name, value] = decodePair(part) ?? [];
    if (name === undefined || value === undefined)
      return refused("invalid_request", { detail: "The query is not percent-encoded UTF-8." });
    // The name of an unknown parameter is not shown.
    const isKnown = Object.hasOwn(route.query?.shape ?? {}, name);
    if (isKnown && fields.has(name)) return malformed(name, "is repeated");
    fields.set(name, value);
  }
  return parseQueryFields(route, fields);
}

/** The same of a query whose names and values are known already. */
export function parseQueryFields(
  route: Route,
  fields: Iterable<readonly [name: string, value: string]>,
): FieldsOutcome {
  const known: [string, string][] = [];
  for (const [name, value] of fields) {
    if (route.query === undefined || !Object.hasOwn(route.query.shape, name))
      return refused("invalid_request", { detail: unknownParameter(route) });
    if (value === "") return malformed(name, "has no value");
    const unfit = unfitText(value);
    if (unfit !== undefined) return malformed(name, unfit);
    known.push([name, value]);
  }
  return route.query === undefined ? nothing : parseFields(route.query, Object.fromEntries(known));
}

function parseFields(schema: NonNullable<Route["query"]>, fields: unknown): FieldsOutcome {
  const parsed = schema.safeParse(fields);
  if (parsed.success) return { kind: "parsed", value: parsed.data };
  const issue = parsed.error.issues[0];
  return malformed(String(issue?.path[0] ?? ""), issue?.message ?? "is not valid");
}

function malformed(name: string, message: string): Refusal {
  return refused("invalid_request", { detail: `The parameter ${name}: ${message}.` });
}

function unknownParameter(route: Route): string {
  const known = Object.keys(route.query?.shape ?? {});
  const list = known.length === 0 ? "This address takes none." : `Known are: ${known.join(", ")}.`;
  return `The query has an unknown parameter. ${list}`;
}

function decodePair(part: string): readonly [string, string] | undefined {
  const at = part.indexOf("=");
  const name = at === -1 ? part : part.slice(0, at);
  const value = at === -1 ? "" : part.slice(at + 1);
  try {
    return [decodeField(name), decodeField(value)];
  } catch {
    return undefined;
  }
}

function decodeField(text: string): string {
  return decodeURIComponent(text.replaceAll("+", " "));
}
