// What callers may hold of the streams and of the memory for bodies, and that it is given back in every way.
import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, it } from "node:test";
import type { StreamSink } from "../../ports/http.ts";
import { edgeLimits } from "./edge-limits.ts";
import {
  ask,
  asOwner,
  handlersOf,
  jsonType,
  problemOf,
  RawClient,
  type RawRequest,
  requestBytes,
  type TestServer,
  testServer,
  tokenFor,
} from "./test/http-fixture.ts";

const asMember = ["Authorization", `Bearer ${tokenFor(["read", "say"])}`] as const;
type Headers = NonNullable<RawRequest["headers"]>;

describe("the shares of streams", () => {
  const handlers = handlersOf(() =>
    Promise.resolve({
      kind: "stream",
      write: async (sink: StreamSink) => {
        if (!sink.signal.aborted) await once(sink.signal, "abort");
      },
    }),
  );
  const follow = (headers: Headers = []) => ({
    target: "/api/v1/runs/run_00000000/events",
    headers,
  });

  const kinds: readonly [string, number, Headers][] = [
    ["callers without a token", edgeLimits.streamsLocalMax, []],
    ["a token", edgeLimits.streamsPerTokenMax, [asMember]],
  ];
  for (const [name, max, headers] of kinds)
    it(`opens ${max} for ${name}, answers busy to one more, and still opens the owner's`, async () => {
      await using server = await testServer({ handlers, limits: { presenceCheckMs: 5 } });
      const clients: RawClient[] = [];
      for (let count = 1; count <= max; count++) {
        const client = new RawClient(server.port);
        clients.push(client.write(requestBytes(server.port, follow(headers))));
        await client.until((received) => received.includes("200 OK"));
      }
      const refused = await ask(server.port, follow(headers));
      assert.equal(problemOf(refused).code, "busy");
      assert.equal(refused.headers["retry-after"], "5");
      using owners = new RawClient(server.port);
      owners.write(requestBytes(server.port, follow([asOwner])));
      await owners.until((received) => received.includes("200 OK"));
      clients.pop()?.socket.destroy();
      while (server.http.openStreams > max) await new Promise(setImmediate);
      using again = new RawClient(server.port);
      again.write(requestBytes(server.port, follow(headers)));
      await again.until((received) => received.includes("200 OK"));
      for (const client of clients) client.socket.destroy();
    });
});

describe("the memory for bodies", () => {
  const limits = {
    bodyBytesMax: 4_000,
    bodyBytesForOwner: 1_000,
    bodyBytesPerTokenMax: 2_000,
    bodyBytesLocalMax: 1_000,
    presenceCheckMs: 5,
    lingerMs: 200,
  };
  const text = JSON.stringify({ text: "привет" });
  const post = (length: number, headers: Headers = []) => ({
    method: "POST",
    target: "/chat",
    headers: [jsonType, ["Content-Length", String(length)] as const, ...headers],
    body: text,
  });
  const emptied = async ({ http }: TestServer) => {
    while (http.bodyBytes > 0) await new Promise(setImmediate);
  };
  const isBusy = async (server: TestServer, request: RawRequest) => {
    const answer = await ask(server.port, request);
    if (answer.status === 200) return false;
    assert.equal(problemOf(answer).code, "busy");
    assert.equal(answer.headers["retry-after"], "2");
    return true;
  };

  it("is shared so that callers without a token leave room to tokens, and all of them to the owner", async () => {
    await using server = await testServer({ limits });
    using tokenless = new RawClient(server.port);
    tokenless.write(requestBytes(server.port, post(1_000)));
    while (server.http.bodyBytes < 1_000) await new Promise(setImmediate);
    const size = Buffer.byteLength(text);
    assert.equal(await isBusy(server, post(size)), true);
    assert.equal(await isBusy(server, post(size, [asMember])), false);
    using member = new RawClient(server.port);
    member.write(requestBytes(server.port, post(2_000, [asMember])));
    while (server.http.bodyBytes < 3_000) await new Promise(setImmediate);
    assert.equal(await isBusy(server, post(size, [asMember])), true);
    assert.equal(await isBusy(server, post(size, [asOwner])), false);
    tokenless.write(" ".repeat(1_000 - size));
    assert.equal((await tokenless.answer()).status, 200);
    assert.equal(await isBusy(server, post(size)), false);
  });

  it("is refused at one byte over a share before the body is asked for", async () => {
    await using server = await testServer({ limits });
    for (const [over, start] of [
      [0, "HTTP/1.1 100 Continue\r\n"],
      [1, "HTTP/1.1 429 "],
    ] as const) {
      const { body: _, ...head } = post(1_000 + over, [["Expect", "100-continue"]]);
      using client = new RawClient(server.port).write(requestBytes(server.port, head));
      const received = await client.until((bytes) => bytes.includes("\r\n\r\n"));
      assert.ok(received.startsWith(start), received);
      client.socket.destroy();
      await emptied(server);
    }
  });

  it("counts chunks of an unknown length as they come, and not one byte more than the share", async () => {
    await using server = await testServer({ limits });
    const chunk = (part: string) => `${Buffer.byteLength(part).toString(16)}\r\n${part}\r\n`;
    const headers = [jsonType, ["Transfer-Encoding", "chunked"] as const];
    for (const over of [0, 1]) {
      using client = new RawClient(server.port);
      client.write(requestBytes(server.port, { method: "POST", target: "/chat", headers }));
      client.write(chunk(text));
      while (server.http.bodyBytes === 0) await new Promise(setImmediate);
      assert.equal(server.http.bodyBytes, Buffer.byteLength(text));
      client.write(chunk(" ".repeat(1_000 - Buffer.byteLength(text) + over)));
      client.write("0\r\n\r\n");
      assert.equal((await client.answer()).status, over === 0 ? 200 : 429);
      await emptied(server);
    }
  });

  const endings: readonly [string, (client: RawClient) => Promise<unknown>][] = [
    ["is answered", (client) => (client.write(" ".repeat(100)), client.answer())],
    ["is no JSON", (client) => (client.write("x".repeat(100)), client.answer())],
    ["is broken off", async (client) => client.socket.resetAndDestroy()],
    ["ends too early", (client) => (client.socket.end(), client.answer())],
    ["stays away for too long", (client) => client.answer()],
  ];
  for (const [name, end] of endings)
    it(`is given back when a body ${name}`, async () => {
      const late = name === "stays away for too long" ? { requestReceiveMsMax: 100 } : {};
      await using server = await testServer({ limits: { ...limits, lateCheckMs: 20, ...late } });
      using client = new RawClient(server.port);
      const length = Buffer.byteLength(text) + 100;
      client.write(requestBytes(server.port, post(length)));
      while (server.http.bodyBytes < length) await new Promise(setImmediate);
      await end(client);
      await emptied(server);
    });

  it("is given back when the client goes away while the handler works, and when the handler fails", async () => {
    const started = Promise.withResolvers<void>();
    let calls = 0;
    const handlers = handlersOf(async (call) => {
      started.resolve();
      if (++calls === 1) await once(call.signal, "abort");
      throw new Error("failed");
    });
    await using server = await testServer({ handlers, limits });
    using client = new RawClient(server.port);
    const size = Buffer.byteLength(text);
    client.write(requestBytes(server.port, post(size)));
    await started.promise;
    assert.equal(server.http.bodyBytes, size);
    client.socket.resetAndDestroy();
    await emptied(server);
    assert.equal((await ask(server.port, post(size))).status, 500);
    await emptied(server);
  });
});

describe("a body in many pieces", () => {
  for (const pieceBytes of [1, 7, 1_000])
    it(`is joined from pieces of ${pieceBytes} bytes, announced or not`, async () => {
      await using server = await testServer();
      const value = { text: "Привет, мир! ".repeat(300) };
      const body = Buffer.from(JSON.stringify(value));
      const pieces: Buffer[] = [];
      for (let at = 0; at < body.length; at += pieceBytes)
        pieces.push(body.subarray(at, at + pieceBytes));
      const head = { method: "POST", target: "/chat" };
      const inChunks = pieces.map((piece) =>
        Buffer.concat([
          Buffer.from(`${piece.length.toString(16)}\r\n`),
          piece,
          Buffer.from("\r\n"),
        ]),
      );
      const chunked = await ask(server.port, {
        ...head,
        headers: [jsonType, ["Transfer-Encoding", "chunked"]],
        body: Buffer.concat([...inChunks, Buffer.from("0\r\n\r\n")]),
      });
      const length = ["Content-Length", String(body.length)] as const;
      using client = new RawClient(server.port);
      client.socket.setNoDelay(true);
      client.write(requestBytes(server.port, { ...head, headers: [jsonType, length] }));
      for (const piece of pieces) {
        client.write(piece);
        await new Promise(setImmediate);
      }
      for (const answer of [chunked, await client.answer()])
        assert.deepEqual((JSON.parse(answer.body) as { body: unknown }).body, value);
    });
});
