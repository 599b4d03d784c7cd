import type { Route } from "@adyton/protocol";

export type RouteMatch =
  | {
      readonly kind: "matched";
      readonly route: Route;
      readonly params: Readonly<Record<string, string>>;
    }
  | { readonly kind: "unknown_path" }
  | { readonly kind: "malformed_path" }
  | { readonly kind: "wrong_method"; readonly allow: string };

type Methods = ReadonlyMap<string, Route>;

/** A path with parameters, split at the slashes. A segment in braces takes any text. */
interface Pattern {
  readonly segments: readonly string[];
  readonly methods: Methods;
}

const noParams: Readonly<Record<string, string>> = Object.freeze({});

/**
 * Finds a request's route. Paths are compared as they arrived, without any normalisation: `..`, doubled slashes and
 * encoded slashes lead nowhere. HEAD is looked up as GET. The only work per request is one look into a map, and for a
 * path with parameters a comparison with the few patterns of the same length.
 */
export class RouteMatcher {
  readonly #literal: ReadonlyMap<string, Methods>;
  readonly #patterns: readonly Pattern[];

  readonly #byId: ReadonlyMap<string, Route>;

  constructor(routes: readonly Route[]) {
    this.#byId = new Map(routes.map((route) => [route.id, route]));
    const byPath = new Map<string, Map<string, Route>>();
    for (const route of routes)
      for (const path of [route.path, ...(route.aliases ?? [])]) {
        const methods = byPath.get(path) ?? new Map<string, Route>();
        methods.set(route.method, route);
        byPath.set(path, methods);
      }
    this.#literal = new Map([...byPath].filter(([path]) => !path.includes("{")));
    this.#patterns = [...byPath]
      .filter(([path]) => path.includes("{"))
      .map(([path, methods]) => ({ segments: path.split("/"), methods }));
  }

  byId(id: string): Route | undefined {
    return this.#byId.get(id);
  }

  match(method: string, path: string): RouteMatch {
    const literal = this.#literal.get(path);
    if (literal !== undefined) return choose(literal, method, noParams);
    const segments = path.split("/");
    for (const pattern of this.#patterns) {
      const values = parameters(pattern.segments, segments);
      if (values === undefined) continue;
      const params = decode(values);
      return params === undefined
        ? { kind: "malformed_path" }
        : choose(pattern.methods, method, params);
    }
    return { kind: "unknown_path" };
  }
}

function choose(
  methods: Methods,
  method: string,
  params: Readonly<Record<string, string>>,
): RouteMatch {
  const route = methods.get(method === "HEAD" ? "GET" : method);
  if (route !== undefined) return { kind: "matched", route, params };
  const allowed = [...methods.keys()];
  if (methods.has("GET")) allowed.push("HEAD");
  return { kind: "wrong_method", allow: allowed.join(", ") };
}

function parameters(
  pattern: readonly string[],
  segments: readonly string[],
): readonly (readonly [string, string])[] | undefined {
  if (pattern.length !== segments.length) return undefined;
  const values: [string, string][] = [];
  for (const [index, expected] of pattern.entries()) {
    const segment = segments[index] ?? "";
    if (expected.startsWith("{")) {
      if (segment === "") return undefined;
      values.push([expected.slice(1, -1), segment]);
    } else if (segment !== expected) return undefined;
  }
  return values;
}

function decode(
  values: readonly (readonly [string, string])[],
): Readonly<Record<string, string>> | undefined {
  try {
    return Object.fromEntries(values.map(([name, value]) => [name, decodeURIComponent(value)]));
  } catch {
    return undefined; // Not UTF-8 in percent signs.
  }
}
