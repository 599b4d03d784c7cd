import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { routes } from "@adyton/protocol";
import { depthExceeds } from "./json-text.ts";
import { asyncAfterMs, eventId, isIdempotencyKey, mediaType } from "./request-headers.ts";
import { RouteMatcher } from "./route-match.ts";

describe("Prefer", () => {
  const cases: [string, number | undefined][] = [
    ["respond-async", 0],
    ["RESPOND-ASYNC", 0],
    ["respond-async, wait=10", 10_000],
    ["wait=10, respond-async", 10_000],
    ["wait=0", 0],
    ['wait="5"', 5_000],
    ["wait = 5; x=y", 5_000],
    ["wait=5, wait=9", 5_000],
    ["wait=3600", 3_600_000],
    ["wait=3601", 3_600_000],
    ["wait=999999999", 3_600_000],
    ["wait=9999999999", undefined],
    ["wait=-1", undefined],
    ["wait=1.5", undefined],
    ["return=minimal", undefined],
    ["respond-asynchronously", undefined],
    ["", undefined],
    [",;,", undefined],
  ];
  for (const [header, expected] of cases)
    it(`${JSON.stringify(header)} means ${expected}`, () =>
      assert.equal(asyncAfterMs(header), expected));
});

describe("Last-Event-ID", () => {
  const cases: [string, number | undefined][] = [
    ["0", 0],
    ["9007199254740991", 9_007_199_254_740_991],
    ["9007199254740992", undefined],
    ["00000000000000001", undefined],
    ["-0", undefined],
    ["1e3", undefined],
    [" 1", undefined],
    ["", undefined],
  ];
  for (const [header, expected] of cases)
    it(`${JSON.stringify(header)} is ${expected}`, () => assert.equal(eventId(header), expected));
});

describe("Idempotency-Key", () => {
  const cases: [string, boolean][] = [
    ["a", true],
    ["!~", true],
    ["a".repeat(255), true],
    ["a".repeat(256), false],
    ["", false],
    ["a b", false],
    ["a\x7f", false],
    ["é", false],
  ];
  for (const [key, expected] of cases)
    it(`${JSON.stringify(key.slice(0, 8))} of ${key.length} is ${expected}`, () =>
      assert.equal(isIdempotencyKey(key), expected));
});

describe("Content-Type", () => {
  const cases: [string, string | undefined, string | undefined][] = [
    ["application/json", "application/json", undefined],
    ["Application/JSON", "application/json", undefined],
    ["application/json;charset=utf-8", "application/json", "utf-8"],
    ['application/json; Charset="UTF-8"', "application/json", "utf-8"],
    ["text/plain; format=flowed; charset=koi8-r", "text/plain", "koi8-r"],
    ["application/json; charset=", "application/json", ""],
    ["application", undefined, undefined],
    ["a/b/c", undefined, undefined],
    ["a b/c", undefined, undefined],
    ["/", undefined, undefined],
    ["", undefined, undefined],
  ];
  for (const [header, type, charset] of cases)
    it(`reads ${JSON.stringify(header)}`, () =>
      assert.deepEqual(mediaType(header), type === undefined ? undefined : { type, charset }));
});

describe("the depth of JSON", () => {
  const cases: [string, number][] = [
    ["", 0],
    ["1", 0],
    ["[]", 1],
    ['{"a":[]}', 2],
    ['"[[["', 0],
    ['"\\"[["', 0],
    ['"\\\\"[', 1],
    ['["]", [ {} ]]', 3],
    ["][[", 1],
    ['"[', 0],
  ];
  for (const [text, depth] of cases)
    it(`of ${JSON.stringify(text)} is ${depth}`, () => {
      assert.equal(depthExceeds(Buffer.from(text), depth), false);
      if (depth > 0) assert.equal(depthExceeds(Buffer.from(text), depth - 1), true);
    });
});

describe("the table of routes", () => {
  const matcher = new RouteMatcher(routes);
  for (const route of routes)
    it(`leads ${route.method} ${route.path} to ${route.id}`, () => {
      const path = route.path.replaceAll(/\{\w+\}/g, "value");
      const match = matcher.match(route.method, path);
      assert.ok(match.kind === "matched");
      assert.equal(match.route.id, route.id);
      assert.deepEqual(
        Object.values(match.params),
        (route.path.match(/\{/g) ?? []).map(() => "value"),
      );
    });

  it("keeps encoded slashes inside their parameter", () => {
    const match = matcher.match("GET", "/api/v1/runs/a%2Fevents");
    assert.ok(match.kind === "matched");
    assert.deepEqual(match.params, { id: "a/events" });
    assert.equal(matcher.match("GET", "/api/v1/runs//events").kind, "unknown_path");
    assert.equal(matcher.match("GET", "/api/v1/runs/a/events/").kind, "unknown_path");
  });
});
