import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { jsonDepthMax, targetCharsMax } from "@adyton/protocol";
import {
  ask,
  asOwner,
  jsonType,
  problemOf,
  type TestServer,
  testServer,
} from "./test/http-fixture.ts";
import { expectRefusal, planted, withJson } from "./test/route-requests.ts";
import { deep } from "./test/spoiled-bodies.ts";

let server: TestServer;
before(async () => (server = await testServer({ limits: { lingerMs: 200 } })));
after(() => server[Symbol.asyncDispose]());

describe("limits, at them and one above", () => {
  const postJson = (
    target: string,
    body: string | Buffer,
    more: (readonly [string, string])[] = [],
  ) => ({
    method: "POST",
    target,
    headers: [asOwner, jsonType, ...more],
    body,
  });

  for (const route of withJson)
    it(`takes a body of ${route.body?.bytesMax} bytes on ${route.path} and not one more`, async () => {
      const bytesMax = route.body?.bytesMax ?? 0;
      const text = JSON.stringify(route.examples[0]?.body);
      const fill = (size: number) => text.padEnd(size, " ");
      const request = (size: number) => postJson(route.path, fill(size));
      assert.equal((await ask(server.port, request(bytesMax))).status, route.status);
      await expectRefusal(server.port, request(bytesMax + 1), "payload_too_large");
      // In chunks the length is only known while reading.
      const chunks = (size: number) => `${size.toString(16)}\r\n${fill(size)}\r\n0\r\n\r\n`;
      const chunked = ["Transfer-Encoding", "chunked"] as const;
      const inChunks = (size: number) => postJson(route.path, chunks(size), [chunked]);
      assert.equal((await ask(server.port, inChunks(bytesMax))).status, route.status);
      await expectRefusal(server.port, inChunks(bytesMax + 1), "payload_too_large");
    });

  it("takes JSON at the depth limit", async () => {
    const event = (levels: number) =>
      `{"specversion":"1.0","id":"1","source":"s","type":"t","data":${deep(levels)}}`;
    const target = "/api/v1/events";
    assert.equal((await ask(server.port, postJson(target, event(jsonDepthMax - 1)))).status, 202);
    await expectRefusal(server.port, postJson(target, event(jsonDepthMax)), "invalid_json");
    const brackets = JSON.stringify({ text: "[{".repeat(100) });
    assert.equal((await ask(server.port, postJson("/chat", brackets))).status, 200);
  });

  it("takes a target at its limit, and looks at its length first of all", async () => {
    const target = (size: number) => "/nothing".padEnd(size, "x");
    await expectRefusal(server.port, { target: target(targetCharsMax) }, "not_found");
    await expectRefusal(
      server.port,
      { target: target(targetCharsMax + 1), host: "evil.example" },
      "target_too_long",
    );
  });

  it("takes an Idempotency-Key of 255 characters", async () => {
    const key = ["Idempotency-Key", "k".repeat(255)] as const;
    const answer = await ask(server.port, postJson("/chat", '{"text":"a"}', [key]));
    assert.equal(answer.status, 200);
  });

  it("takes text that only looks dangerous", async () => {
    for (const text of ["__proto__", "\\u0000", "\u{1F4A9}", "Привет, «мир»\n\t", "a\\ud800b"]) {
      const escaped = JSON.stringify({ text }).replaceAll(
        /[\u007f-\uffff]/g,
        (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
      );
      for (const body of [escaped, JSON.stringify({ text })]) {
        const answer = await ask(server.port, postJson("/chat", body));
        assert.equal(answer.status, 200, answer.body);
        assert.equal((JSON.parse(answer.body) as { body: { text: string } }).body.text, text);
      }
    }
  });

  it("names each fault by its JSON pointer, at most twenty, and shows neither values nor secret-looking keys", async () => {
    const keys = Object.fromEntries(
      Array.from({ length: 30 }, (_, index) => [`k${index}`, planted]),
    );
    const answer = await ask(server.port, postJson("/chat", JSON.stringify({ text: 5, ...keys })));
    const { errors = [] } = problemOf(answer);
    assert.equal(errors.length, 20);
    assert.equal(errors[0]?.path, "/text");
    assert.equal(errors[1]?.path, "/k0");
    const nested = await ask(
      server.port,
      postJson(
        "/api/v1/events",
        '[{"specversion":"1.0","id":"1","source":"s","type":"t"},{"id":7}]',
      ),
    );
    const paths = problemOf(nested).errors?.map((error) => error.path);
    assert.deepEqual(paths, ["/1/specversion", "/1/id", "/1/source", "/1/type"]);
    const secret = await ask(
      server.port,
      postJson("/chat", '{"text":"a","AKIA0123456789ABCDEF":1,"a/b~c":2}'),
    );
    assert.deepEqual(
      problemOf(secret).errors?.map((error) => error.path),
      ["/…", "/a~1b~0c"],
    );
    const word = (size: number) => JSON.stringify({ text: "a", ["k".repeat(size)]: 1 });
    const long = async (size: number) =>
      problemOf(await ask(server.port, postJson("/chat", word(size)))).errors?.[0]?.path;
    assert.equal(await long(40), `/${"k".repeat(40)}`);
    assert.equal(await long(41), "/…");
  });

  it("answers a POST that needs no body without one, with an empty one and with {}", async () => {
    const target = "/api/v1/journal/verify";
    for (const request of [
      { method: "POST", target, headers: [asOwner] },
      { method: "POST", target, headers: [asOwner, ["Content-Length", "0"] as const] },
      postJson(target, ""),
      postJson(target, "{}"),
    ])
      assert.equal((await ask(server.port, request)).status, 200);
    await expectRefusal(server.port, postJson(target, '{"a":1}'), "invalid_body");
  });

  it("lists the methods of an address it knows", async () => {
    const allow = async (method: string, target: string) =>
      (await ask(server.port, { method, target })).headers["allow"];
    assert.equal(await allow("OPTIONS", "/api/v1/events"), "POST, GET, HEAD");
    assert.equal(await allow("GET", "/chat"), "POST");
    assert.equal(await allow("POST", "/api/v1/tokens/boiler"), "DELETE");
  });

  it("lets pages of its own origin and typed addresses pass", async () => {
    for (const host of ["localhost", "127.0.0.1", "[::1]", "LOCALHOST"])
      for (const name of [host, `${host}:${server.port}`])
        for (const site of ["none", "same-origin"]) {
          const headers = [
            ["Origin", `http://${name.toLowerCase()}`],
            ["Sec-Fetch-Site", site],
          ] as const;
          const answer = await ask(server.port, { target: "/api/v1/self", host: name, headers });
          assert.equal(answer.status, 200, name);
        }
  });
});
