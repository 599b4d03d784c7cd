import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { headersBytesMax, type ProblemCode } from "@adyton/protocol";
import {
  ask,
  handlersOf,
  jsonType,
  problemOf,
  RawClient,
  requestBytes,
  type TestServer,
  testServer,
} from "./test/http-fixture.ts";

let server: TestServer;
before(async () => (server = await testServer({ limits: { lingerMs: 200 } })));
after(() => server[Symbol.asyncDispose]());

describe("below HTTP", () => {
  const raw = async (bytes: string | Buffer, code: ProblemCode) => {
    using client = new RawClient(server.port);
    client.write(bytes);
    const answer = await client.answer();
    assert.equal(problemOf(answer).code, code);
    assert.equal(answer.headers["connection"], "close");
    await client.until((_, closed) => closed);
  };
  const host = () => `Host: 127.0.0.1:${server.port}\r\n`;

  const broken: readonly [string, () => string][] = [
    ["garbage", () => "\x16\x03\x01\x02garbage\r\n\r\n"],
    ["a request line that is none", () => `GET\r\n${host()}\r\n`],
    ["an unknown version", () => `GET / HTTP/9.9\r\n${host()}\r\n`],
    ["HTTP/2", () => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
    ["a lower-case method", () => `get / HTTP/1.1\r\n${host()}\r\n`],
    ["a space before a colon", () => `GET / HTTP/1.1\r\nX : a\r\n${host()}\r\n`],
    ["a folded header", () => `GET / HTTP/1.1\r\nX: a\r\n b\r\n ${host()}\r\n`],
    ["NUL in a header", () => `GET / HTTP/1.1\r\nX: a\0b\r\n${host()}\r\n`],
    ["a bare line feed in a header", () => `GET / HTTP/1.1\nX: a\n${host()}\n\n`],
    [
      "a broken chunk",
      () =>
        `POST /chat HTTP/1.1\r\n${host()}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n`,
    ],
    ["CONNECT", () => `CONNECT example.com:443 HTTP/1.1\r\n${host()}\r\n`],
    ["the asterisk", () => `GET * HTTP/1.1\r\n${host()}Connection: close\r\n\r\n`],
    ["OPTIONS of the asterisk", () => `OPTIONS * HTTP/1.1\r\n${host()}Connection: close\r\n\r\n`],
    [
      "an authority as target",
      () => `GET 127.0.0.1:80 HTTP/1.1\r\n${host()}Connection: close\r\n\r\n`,
    ],
  ];
  for (const [name, bytes] of broken)
    it(`answers ${name} with a problem`, () => raw(bytes(), "invalid_request"));

  it("answers headers over their limit, and an address over that limit too", async () => {
    await raw(
      `GET / HTTP/1.1\r\n${host()}X: ${"x".repeat(headersBytesMax)}\r\n\r\n`,
      "headers_too_large",
    );
    await raw(
      `GET /${"x".repeat(2 * headersBytesMax)} HTTP/1.1\r\n${host()}\r\n`,
      "headers_too_large",
    );
    const many = "a:b\r\n".repeat(2_500);
    const answer = await ask(server.port, { target: "/api/v1/self" });
    assert.equal(answer.status, 200);
    using client = new RawClient(server.port);
    // Node's own count would drop the Host that comes last.
    client.write(`GET /api/v1/self HTTP/1.1\r\n${many}${host()}\r\n`);
    assert.equal((await client.answer()).status, 200);
  });

  it("answers a client that ends in the middle of a body, and forgets one that breaks off there", async () => {
    const part = requestBytes(server.port, {
      method: "POST",
      target: "/chat",
      headers: [jsonType, ["Content-Length", "100"]],
      body: '{"text":',
    });
    using ending = new RawClient(server.port);
    ending.socket.end(part);
    assert.equal(problemOf(await ending.answer()).code, "invalid_request");
    using breaking = new RawClient(server.port);
    breaking.write(part);
    while (server.http.openConnections === 0) await new Promise(setImmediate);
    breaking.socket.resetAndDestroy();
    ending.socket.destroy();
    while (server.http.openConnections > 0) await new Promise(setImmediate);
    assert.deepEqual(server.log, []);
  });

  it("refuses a body in time although its sender waits to be asked", async () => {
    const expecting = (length: number) =>
      requestBytes(server.port, {
        method: "POST",
        target: "/chat",
        headers: [jsonType, ["Expect", "100-continue"], ["Content-Length", String(length)]],
      });
    using large = new RawClient(server.port).write(expecting(2 ** 26));
    const answer = await large.answer();
    assert.equal(problemOf(answer).code, "payload_too_large");
    const body = '{"text":"hi"}';
    using small = new RawClient(server.port).write(expecting(body.length));
    await small.until((received) => received.startsWith("HTTP/1.1 100 Continue\r\n\r\n"));
    small.write(body);
    await small.until((received) => received.includes("HTTP/1.1 200 OK"));
  });

  const floods = [
    ["after so many bytes", { refusedBodyBytesMax: 200_000, lingerMs: 60_000 }],
    ["after a time", { refusedBodyBytesMax: 2 ** 40, lingerMs: 50 }],
  ] as const;
  for (const [name, limits] of floods)
    it(`shows a refusal to a client that is still sending, and cuts it ${name}`, async () => {
      await using flooded = await testServer({ limits });
      using client = new RawClient(flooded.port);
      const headers = [jsonType, ["Transfer-Encoding", "chunked"] as const];
      client.write(requestBytes(flooded.port, { method: "POST", target: "/chat", headers }));
      const chunk = `10000\r\n${"x".repeat(0x10000)}\r\n`;
      const flood = setInterval(() => client.write(chunk), 1);
      const received = await client.until((_, closed) => closed);
      clearInterval(flood);
      assert.match(received, /payload_too_large/);
    });

  it("answers requests that arrive too slowly", async () => {
    await using slow = await testServer({
      limits: { headersReceiveMsMax: 60, requestReceiveMsMax: 60, lateCheckMs: 20, lingerMs: 100 },
    });
    const start = requestBytes(slow.port, {
      method: "POST",
      target: "/chat",
      headers: [jsonType, ["Content-Length", "100"]],
      body: '{"text":',
    });
    for (const bytes of [start, start.subarray(0, 30), Buffer.alloc(0)]) {
      using client = new RawClient(slow.port);
      if (bytes.length > 0) client.write(bytes);
      assert.equal(problemOf(await client.answer()).code, "request_timeout");
      await client.until((_, closed) => closed);
    }
    assert.equal((await ask(slow.port, { target: "/api/v1/self" })).status, 200);
  });

  it("gives no answer that could be taken for an earlier request's", async () => {
    const release = Promise.withResolvers<void>();
    const started = Promise.withResolvers<void>();
    const handlers = handlersOf(async () => {
      started.resolve();
      await release.promise;
      return { kind: "json", body: {} };
    });
    await using waiting = await testServer({ handlers });
    using client = new RawClient(waiting.port);
    client.write(requestBytes(waiting.port, { target: "/api/v1/self" }));
    await started.promise;
    client.write("garbage\r\n\r\n");
    assert.equal(await client.until((_, closed) => closed), "");
    release.resolve();
  });
});
