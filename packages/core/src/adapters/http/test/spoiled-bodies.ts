// What can be wrong with a request's body, its framing and the headers that say how the answer is wanted.
import { headersBytesMax, isResumable, jsonDepthMax } from "@adyton/protocol";
import { asOwner, jsonType } from "./http-fixture.ts";
import {
  good,
  planted,
  posts,
  replaced,
  table,
  withBody,
  withHeader,
  withJson,
  withKey,
  withLooseJson,
} from "./route-requests.ts";
import { fault, type Fault } from "./spoiled-heads.ts";

export const deep = (levels: number) => "[".repeat(levels) + "]".repeat(levels);

export const spoiledBodies: readonly Fault[] = [
  // The body.
  fault(
    "a body where none belongs",
    table.filter((route) => route.method !== "POST"),
    (route) => withBody(route, "{}"),
    "invalid_request",
  ),
  fault(
    "other media types",
    posts,
    (route) =>
      [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "json",
        "application/json, text/plain",
        "application/json; charset=latin1",
        "application/json; charset=utf-16",
      ].map((type) => ({
        ...good(route),
        headers: [asOwner, ["Content-Type", type]],
        body: JSON.stringify(route.examples[0]?.body ?? {}),
      })),
    "unsupported_media_type",
  ),
  fault(
    "no media type",
    posts,
    (route) => ({
      ...good(route),
      headers: [asOwner],
      body: JSON.stringify(route.examples[0]?.body ?? {}),
    }),
    "unsupported_media_type",
  ),
  fault(
    "two media types",
    withJson,
    (route) => withHeader(route, "Content-Type", "text/plain"),
    "invalid_request",
  ),
  fault(
    "compressed bodies",
    posts,
    (route) => withHeader(route, "Content-Encoding", "gzip"),
    "unsupported_media_type",
  ),
  fault(
    "an announced length over the limit",
    withJson,
    (route) => ({
      ...good(route),
      headers: [asOwner, jsonType, ["Content-Length", String((route.body?.bytesMax ?? 0) + 1)]],
      body: "{",
    }),
    "payload_too_large",
  ),
  fault(
    "what is no JSON",
    posts.filter((route) => route.body !== undefined),
    (route) =>
      [
        "",
        " ",
        "{",
        `{"text":"${planted}`,
        "{'text':'a'}",
        '{"text":"a",}',
        '{"text":"a"} x',
        "NaN",
        "\uFEFF{}",
        '{"text":"a\0b"}',
        Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]),
        Buffer.from('{"text":"\xed\xa0\x80"}', "latin1"),
        Buffer.from('{"text":"\xc0\xaf"}', "latin1"),
        deep(jsonDepthMax + 1),
        deep(100_000),
        '{"a":'.repeat(100_000),
      ].map((body) => withBody(route, body)),
    "invalid_json",
  ),
  fault(
    "JSON of another shape",
    withJson,
    (route) => [
      ...["null", "1", '"text"', "true", "[[]]", "[]", deep(jsonDepthMax)].map((body) =>
        withBody(route, body),
      ),
      ...(route.body?.schema.safeParse({}).success === true ? [] : [withBody(route, "{}")]),
      withKey(route, "__proto__", '{"admin":true}'),
      withKey(route, "\\u005f_proto__", '{"admin":true}'),
      ...replaced(route, null),
      ...replaced(route, { toString: 1 }),
      ...replaced(route, []),
      ...replaced(route, ""),
      ...replaced(route, "a\0b"),
      ...replaced(route, "\ud800"),
      ...replaced(route, "\udc00x"),
    ],
    "invalid_body",
  ),
  fault(
    "unknown keys",
    // An event may carry attributes nobody knows; theirs must be named like attributes.
    withJson.filter((route) => !withLooseJson.includes(route)),
    (route) => [
      withKey(route, "Unknown-Key", "1"),
      withKey(route, "constructor", "{}"),
      withKey(route, "", "1"),
      withKey(route, `sk-live-0123456789abcdef-${planted}`, "1"),
      withKey(route, "a\\ud800", "1"),
    ],
    "invalid_body",
  ),
  fault(
    "unknown keys that nobody could keep, where others are passed over",
    withLooseJson,
    (route) => [withKey(route, "a\\ud800", "1"), withKey(route, "__proto__", "{}")],
    "invalid_body",
  ),
  // How the answer is wanted.
  fault(
    "an Idempotency-Key that is none",
    posts,
    (route) =>
      ["", "a b", "ключ", "a".repeat(256), "k, k"].map((key) =>
        withHeader(route, "Idempotency-Key", Buffer.from(key).toString("latin1")),
      ),
    "invalid_request",
  ),
  fault(
    "a Last-Event-ID that is none",
    table.filter((route) => route.method === "GET" && isResumable(route)),
    (route) =>
      ["", "-1", "1.5", "0x10", "abc", "9007199254740993", "1, 2"].map((id) =>
        withHeader(route, "Last-Event-ID", id),
      ),
    "invalid_request",
  ),
  fault(
    "expectations other than 100-continue",
    table,
    (route) => withHeader(route, "Expect", "200-ok"),
    "invalid_request",
  ),
  // The framing.
  fault(
    "two lengths, a length beside chunks, and encodings other than chunks",
    posts,
    (route) =>
      [
        [
          ["Content-Length", "2"],
          ["Content-Length", "3"],
        ],
        [
          ["Content-Length", "2"],
          ["Content-Length", "2"],
        ],
        [
          ["Content-Length", "2"],
          ["Transfer-Encoding", "chunked"],
        ],
        [["Transfer-Encoding", "gzip"]],
        [["Transfer-Encoding", "gzip, chunked"]],
        [["Transfer-Encoding", "chunked, chunked"]],
        [
          ["Transfer-Encoding", "chunked"],
          ["Transfer-Encoding", "chunked"],
        ],
        [["Transfer-Encoding", "xchunked"]],
        [["Content-Length", "-1"]],
        [["Content-Length", "+2"]],
        [["Content-Length", "2, 2"]],
        [["Content-Length", "99999999999999999999999"]],
      ].map((framing) => ({
        ...good(route),
        headers: [asOwner, jsonType, ...(framing as [string, string][])],
        body: "0\r\n\r\n",
      })),
    "invalid_request",
    "payload_too_large",
  ),
  fault(
    "headers over their limit",
    table,
    (route) => withHeader(route, "X-Large", "x".repeat(headersBytesMax)),
    "headers_too_large",
  ),
];
