// Requests built from the rows of the route table: a sound one for each route, and the ways to spoil it.
import assert from "node:assert/strict";
import { type ProblemCode, type Route, routes } from "@adyton/protocol";
import { ask, asOwner, jsonType, problemOf, type RawRequest } from "./http-fixture.ts";

export const table: readonly Route[] = routes;
export const withJson = table.filter((route) => route.body !== undefined);
/** Bodies in which unknown keys are passed over: what other programs' clients send grows by itself. */
export const withLooseJson = withJson.filter(({ body, examples }) => {
  const example = examples[0]?.body;
  const more = { ...(typeof example === "object" ? example : {}), "Unknown-Key": 1 };
  return body?.schema.safeParse(more).success;
});
export const posts = table.filter((route) => route.method === "POST");

/** A word that stands for a secret in spoiled requests; no answer may show it. */
export const planted = "hunter2-Zq9";
const leak = /hunter2|\/work\/|node:internal|\.ts:\d|\bat \w+ \(|Bearer adyton_/;

export function exampleTarget(route: Route): string {
  const { parameters = {} } = route.examples[0] ?? {};
  let path = route.path;
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters))
    if (path.includes(`{${name}}`)) path = path.replace(`{${name}}`, value);
    else query.set(name, value);
  return query.size === 0 ? path : `${path}?${query.toString()}`;
}

export function good(route: Route): RawRequest & { headers: (readonly [string, string])[] } {
  const { body } = route.examples[0] ?? {};
  return {
    method: route.method,
    target: exampleTarget(route),
    headers: [asOwner, ...(route.body === undefined ? [] : [jsonType])],
    ...(route.body === undefined ? {} : { body: JSON.stringify(body) }),
  };
}

export function withHeader(route: Route, name: string, value: string): RawRequest {
  const request = good(route);
  return { ...request, headers: [...request.headers, [name, value]] };
}

export function withBody(route: Route, body: string | Buffer): RawRequest {
  return { ...good(route), body };
}

export function withKey(route: Route, key: string, value: string): RawRequest {
  const text = JSON.stringify(route.examples[0]?.body ?? {});
  const comma = text === "{}" ? "" : ",";
  return withBody(route, `${text.slice(0, -1)}${comma}"${key}":${value}}`);
}

export function replaced(route: Route, value: unknown): RawRequest[] {
  const body = route.examples[0]?.body;
  if (typeof body !== "object" || body === null) return [];
  return Object.keys(body)
    .filter((key) => key !== "data" && key !== "args")
    .map((key) => withBody(route, JSON.stringify({ ...body, [key]: value })));
}

/** Sends a request that must be refused with one of the codes and must tell nothing. */
export async function expectRefusal(
  port: number,
  request: RawRequest,
  ...codes: ProblemCode[]
): Promise<void> {
  const answer = await ask(port, request);
  const what = `${request.method} ${request.target?.slice(0, 80)}`;
  const refusal = problemOf(answer);
  assert.ok(codes.includes(refusal.code), `${what}: ${answer.body} instead of ${codes.join(", ")}`);
  assert.doesNotMatch(answer.body, leak, what);
  assert.ok((refusal.errors?.length ?? 0) <= 20);
}
