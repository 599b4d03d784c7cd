// What can be wrong with a request before its body, for every route of the table.
import { type ProblemCode, type Route, targetCharsMax } from "@adyton/protocol";
import type { RawRequest } from "./http-fixture.ts";
import { exampleTarget, good, planted, table, withHeader } from "./route-requests.ts";

export interface Fault {
  readonly name: string;
  readonly routes: readonly Route[];
  readonly requests: (route: Route) => readonly RawRequest[];
  readonly codes: readonly ProblemCode[];
}

export const fault = (
  name: string,
  of: readonly Route[],
  requests: (route: Route) => RawRequest | readonly RawRequest[],
  ...codes: ProblemCode[]
): Fault => ({ name, routes: of, requests: (route) => [requests(route)].flat(), codes });

export const spoiledHeads: readonly Fault[] = [
  // Where it comes from.
  ...[
    "evil.example",
    "localhost.evil.example",
    "localhost:1",
    "127.0.0.1.nip.io",
    "127.0.0.1:99999",
    "[::2]",
    "localhost.",
    "0.0.0.0",
    "user@localhost",
    " ",
  ].map((host) =>
    fault(`Host ${host}`, table, (route) => ({ ...good(route), host }), "foreign_host"),
  ),
  fault("no Host", table, (route) => ({ ...good(route), host: null }), "invalid_request"),
  fault("two Hosts", table, (route) => withHeader(route, "Host", "localhost"), "invalid_request"),
  ...["null", "http://evil.example", "https://localhost", "http://localhost", "file://"].map(
    (origin) =>
      fault(
        `Origin ${origin}`,
        table,
        (route) => withHeader(route, "Origin", origin),
        "foreign_origin",
      ),
  ),
  ...["cross-site", "same-site", "", "none, none"].map((site) =>
    fault(
      `Sec-Fetch-Site ${site}`,
      table,
      (r) => withHeader(r, "Sec-Fetch-Site", site),
      "foreign_origin",
    ),
  ),
  // The address.
  fault(
    "a target over its limit",
    table,
    (route) => ({ ...good(route), target: `${route.path}?${"q".repeat(targetCharsMax)}` }),
    "target_too_long",
  ),
  fault(
    "an absolute target",
    table,
    (route) => ({
      ...good(route),
      target: `http://127.0.0.1:7860${exampleTarget(route)}`,
    }),
    "invalid_request",
  ),
  fault(
    "paths that are not the route's",
    table,
    (route) =>
      [
        `/api/v1/..${exampleTarget(route)}`,
        `/%2e%2e${exampleTarget(route)}`,
        `/${exampleTarget(route)}`,
        `${route.path}/`,
        route.path.toUpperCase() === route.path ? "/X" : route.path.toUpperCase(),
        `${route.path}%00`,
        `${route.path}#x`,
        `${route.path};x=1`,
        route.path === "/" ? "/%2f" : route.path.replaceAll("/", "%2f"),
        route.path.replaceAll("/", "\\"),
      ].map((target) => ({ ...good(route), target })),
    "not_found",
    "invalid_request",
    // `/api/v1/prompt/{id}` and the like have neighbours that take the mutilated path under another method.
    "method_not_allowed",
  ),
  fault(
    "other methods",
    table,
    (route) =>
      ["OPTIONS", "TRACE", "PUT", "PATCH", "PROPFIND"].map((method) => ({
        ...good(route),
        method,
      })),
    "method_not_allowed",
  ),
  fault(
    "queries nobody asked for",
    table,
    (route) =>
      [
        "evil=1",
        "__proto__=1",
        "constructor=1",
        "toString=1",
        "%00=1",
        "%ff=1",
        "%zz",
        "=",
        `${planted}=1`,
      ].map((query) => ({
        ...good(route),
        target: `${route.path.replace(/\{\w+\}/, "run_00000000")}?${query}`,
      })),
    "invalid_request",
  ),
  fault(
    "parameters that are repeated, empty, out of bounds, or not text",
    table.filter((route) => route.query !== undefined),
    (route) =>
      Object.keys(route.query?.shape ?? {}).flatMap((name) =>
        [
          `${name}=1&${name}=1`,
          `${name}=`,
          name,
          `${name}=%00`,
          `${name}=%ed%a0%80`,
          `${name}=${"9".repeat(2_000)}`,
        ].map((query) => ({ ...good(route), target: `${route.path}?${query}` })),
      ),
    "invalid_request",
  ),
  fault(
    "path parameters of another shape",
    table.filter((route) => route.params !== undefined),
    (route) =>
      [
        "..",
        "%2e%2e",
        "..%2f..%2fetc",
        "%2f",
        "%00",
        "%ff",
        "%zz",
        "A B",
        "%F0%9F%92%A9",
        "x".repeat(200),
      ].map((value) => ({
        ...good(route),
        target: route.path.replace(/\{\w+\}/, value === "A B" ? "A%20B" : value),
      })),
    "invalid_request",
  ),
];
