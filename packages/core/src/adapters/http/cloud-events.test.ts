import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { eventBatchMax, type ProblemCode } from "@adyton/protocol";
import { ask, asOwner, problemOf, type TestServer, testServer } from "./test/http-fixture.ts";

let server: TestServer;
before(async () => (server = await testServer()));
after(() => server[Symbol.asyncDispose]());

type Header = readonly [string, string];
const attributes: readonly Header[] = [
  ["ce-specversion", "1.0"],
  ["ce-id", "1"],
  ["ce-source", "/sensors/boiler"],
  ["ce-type", "sensor.reading"],
];

async function post(headers: readonly Header[], body: string | Buffer) {
  return ask(server.port, {
    method: "POST",
    target: "/api/v1/events",
    headers: [asOwner, ...headers],
    body,
  });
}

async function taken(headers: readonly Header[], body: string | Buffer): Promise<unknown> {
  const answer = await post(headers, body);
  assert.equal(answer.status, 202, answer.body);
  return (JSON.parse(answer.body) as { body: unknown }).body;
}

async function refusal(headers: readonly Header[], body: string | Buffer, code: ProblemCode) {
  const refused = problemOf(await post(headers, body));
  assert.equal(refused.code, code, JSON.stringify(refused));
  return refused.errors?.map((error) => error.path);
}

const type = (value: string): Header => ["Content-Type", value];
const event = { specversion: "1.0", id: "1", source: "/sensors/boiler", type: "sensor.reading" };

describe("an event in headers", () => {
  const bytes = Buffer.from([0xff, 0xd8, 0x00, 0x01]);
  const cases: [string, readonly Header[], string | Buffer, object][] = [
    [
      "JSON",
      [type("application/json")],
      '{"value":81.5}',
      { datacontenttype: "application/json", data: { value: 81.5 } },
    ],
    [
      "JSON of a vendor",
      [type("application/vnd.x+json")],
      "[1]",
      { datacontenttype: "application/vnd.x+json", data: [1] },
    ],
    [
      "a JSON text",
      [type("application/json; charset=utf-8")],
      '"да"',
      { datacontenttype: "application/json; charset=utf-8", data: "да" },
    ],
    [
      "text",
      [type("text/plain")],
      "Котёл горячий",
      { datacontenttype: "text/plain", data: "Котёл горячий" },
    ],
    [
      "XML",
      [type("application/atom+xml")],
      "<a/>",
      { datacontenttype: "application/atom+xml", data: "<a/>" },
    ],
    [
      "bytes",
      [type("image/jpeg")],
      bytes,
      { datacontenttype: "image/jpeg", data_base64: bytes.toString("base64") },
    ],
    ["bytes of no type", [], bytes, { data_base64: bytes.toString("base64") }],
    ["no data", [], "", {}],
    ["no data of a type", [type("application/json")], "", { datacontenttype: "application/json" }],
  ];
  for (const [name, headers, body, expected] of cases)
    it(`takes ${name}`, async () => {
      assert.deepEqual(await taken([...attributes, ...headers], body), { ...event, ...expected });
    });

  it("decodes percent signs and quotes in attributes, and keeps extensions", async () => {
    const headers: readonly Header[] = [
      ["ce-subject", "%D0%BA%D0%BE%D1%82%D1%91%D0%BB%20%E2%82%AC"],
      ["CE-Room", '"living \\"room\\""'],
      ["ce-hop", "3"],
    ];
    assert.deepEqual(await taken([...attributes, ...headers], ""), {
      ...event,
      subject: "котёл €",
      room: 'living "room"',
      hop: 3,
    });
  });

  const bad: [string, readonly Header[], string | Buffer, ProblemCode][] = [
    ["percent signs that are not UTF-8", [["ce-subject", "%ff"]], "", "invalid_request"],
    ["a percent sign alone", [["ce-subject", "100%"]], "", "invalid_request"],
    ["NUL in an attribute", [["ce-subject", "a%00"]], "", "invalid_request"],
    ["data as an attribute", [["ce-data", "1"]], "", "invalid_request"],
    [
      "a datacontenttype beside the type",
      [["ce-datacontenttype", "text/plain"]],
      "",
      "invalid_request",
    ],
    ["an attribute's name with a sign", [["ce-a-b", "1"]], "", "invalid_body"],
    ["the attribute __proto__", [["ce-__proto__", "1"]], "", "invalid_body"],
    ["broken JSON", [type("application/json")], "{", "invalid_json"],
    ["JSON with NUL", [type("application/json")], '{"a":"\\u0000"}', "invalid_body"],
    ["text that is not UTF-8", [type("text/plain")], bytes, "invalid_body"],
    ["text with NUL", [type("text/plain")], "a\0b", "invalid_body"],
    [
      "a charset that is not UTF-8",
      [type("text/plain; charset=koi8-r")],
      "a",
      "unsupported_media_type",
    ],
    ["a type that is none", [type("text")], "a", "unsupported_media_type"],
    [
      "compressed data",
      [type("text/plain"), ["Content-Encoding", "gzip"]],
      "a",
      "unsupported_media_type",
    ],
  ];
  for (const [name, headers, body, code] of bad)
    it(`refuses ${name}`, async () => {
      await refusal([...attributes, ...headers], body, code);
    });

  it("names what is missing", async () => {
    assert.deepEqual(await refusal(attributes.slice(1), "", "invalid_body"), ["/specversion"]);
  });

  it("is not looked for on other routes", async () => {
    const answer = await ask(server.port, {
      method: "POST",
      target: "/chat",
      headers: attributes,
      body: "hi",
    });
    assert.equal(problemOf(answer).code, "unsupported_media_type");
  });
});

describe("events in a body", () => {
  const structured = type("application/cloudevents+json");
  const batch = type("application/cloudevents-batch+json; charset=utf-8");
  const plain = type("application/json");
  const one = JSON.stringify(event);
  const many = (count: number) => JSON.stringify(Array.from({ length: count }, () => event));

  it("takes one, also beside attributes in headers, and a batch up to its limit", async () => {
    assert.deepEqual(await taken([structured], one), event);
    assert.deepEqual(await taken([structured, ["ce-id", "other"]], one), event);
    assert.deepEqual(await taken([plain], one), event);
    assert.deepEqual(await taken([plain], many(2)), [event, event]);
    assert.equal(((await taken([batch], many(eventBatchMax))) as unknown[]).length, eventBatchMax);
    await refusal([batch], many(eventBatchMax + 1), "invalid_body");
  });

  it("refuses a body that is not what its media type says", async () => {
    assert.deepEqual(await refusal([structured], many(1), "invalid_body"), [""]);
    assert.deepEqual(await refusal([batch], one, "invalid_body"), [""]);
    assert.deepEqual(await refusal([batch], "[]", "invalid_body"), [""]);
  });

  it("refuses data twice and type names with somebody's words", async () => {
    await refusal(
      [plain],
      JSON.stringify({ ...event, data: 1, data_base64: "aGk=" }),
      "invalid_body",
    );
    await refusal([plain], JSON.stringify({ ...event, type: "Hello, Anna!" }), "invalid_body");
  });
});
