import assert from "node:assert/strict";
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, it } from "node:test";
import { problem } from "@adyton/protocol";
import { http } from "@adyton/runtime/node-http";
import { ProblemError } from "../../domain/problem-error.ts";
import type { StreamSink } from "../../ports/http.ts";
import { edgeLimits } from "./edge-limits.ts";
import { EventStream } from "./event-stream.ts";
import {
  ask,
  asOwner,
  handlersOf,
  jsonType,
  problemOf,
  RawClient,
  type RawRequest,
  requestBytes,
  testServer,
} from "./test/http-fixture.ts";

const follow: RawRequest = {
  target: "/api/v1/events",
  headers: [asOwner, ["Accept", "text/event-stream"]],
};

function streaming(write: (sink: StreamSink) => Promise<void>) {
  return handlersOf(() => Promise.resolve({ kind: "stream", write }));
}

/** A stream that stays open until its client or the server ends it. */
const openEnded = (sinks: StreamSink[] = []) =>
  streaming(async (sink) => {
    sinks.push(sink);
    sink.send({ event: "delta", data: { text: "first" } });
    if (!sink.signal.aborted) await once(sink.signal, "abort");
  });

/** Takes the chunk sizes out of a body that came in chunks. */
function events(received: string): string {
  const body = received.slice(received.indexOf("\r\n\r\n") + 4);
  const whole = body.replaceAll(/(?:^|\r\n)[0-9a-f]+\r\n/g, "").trimEnd();
  return Buffer.from(whole, "latin1").toString("utf8");
}

describe("a stream", () => {
  it("sends its head at once and its events as they come, with ids, names and text in any language", async () => {
    const go = Promise.withResolvers<void>();
    const handlers = streaming(async (sink) => {
      await go.promise;
      sink.send({ id: 7, event: "delta", data: { text: "Привет,\n«мир»" } });
      sink.send({ data: { text: "no name" } });
    });
    await using server = await testServer({ handlers });
    using client = new RawClient(server.port);
    client.write(
      requestBytes(server.port, {
        ...follow,
        headers: [...(follow.headers ?? []), ["Connection", "close"]],
      }),
    );
    const head = await client.until((received) => received.includes("\r\n\r\n"));
    assert.match(head, /^HTTP\/1\.1 200 OK/);
    assert.match(head, /content-type: text\/event-stream; charset=utf-8/i);
    assert.match(head, /x-accel-buffering: no/i);
    assert.match(head, /cache-control: no-store/i);
    go.resolve();
    const received = await client.until((_, closed) => closed);
    assert.equal(
      events(received),
      'id: 7\nevent: delta\ndata: {"text":"Привет,\\n«мир»"}\n\ndata: {"text":"no name"}',
    );
  });

  it("sends heartbeats while nothing happens", async () => {
    await using server = await testServer({
      handlers: openEnded(),
      limits: { streamHeartbeatMs: 10 },
    });
    using client = new RawClient(server.port);
    client.write(requestBytes(server.port, follow));
    await client.until((received) => received.split(": heartbeat\n\n").length > 3);
  });

  it("answers HEAD with its head alone", async () => {
    await using server = await testServer({ handlers: openEnded() });
    using client = new RawClient(server.port);
    client.write(
      requestBytes(server.port, {
        ...follow,
        method: "HEAD",
        headers: [...(follow.headers ?? []), ["Connection", "close"]],
      }),
    );
    const received = await client.until((_, closed) => closed);
    assert.match(received, /text\/event-stream/);
    assert.ok(received.endsWith("\r\n\r\n"));
  });

  it("tells its writer that the client is gone", async () => {
    const sinks: StreamSink[] = [];
    await using server = await testServer({ handlers: openEnded(sinks) });
    using client = new RawClient(server.port);
    client.write(requestBytes(server.port, follow));
    await client.until((received) => received.includes("first"));
    const [sink] = sinks;
    assert.ok(sink);
    const gone = once(sink.signal, "abort");
    client.socket.resetAndDestroy();
    await gone;
    assert.equal(sink.send({ data: 1 }), false);
    await sink.drained();
    while (server.http.openStreams > 0) await new Promise(setImmediate);
    assert.deepEqual(server.log, []);
  });

  it("notices soon that a client has closed its connection", async () => {
    const sinks: StreamSink[] = [];
    await using server = await testServer({
      handlers: openEnded(sinks),
      limits: { presenceCheckMs: 5 },
    });
    using client = new RawClient(server.port);
    client.write(requestBytes(server.port, follow));
    await client.until((received) => received.includes("first"));
    client.socket.destroy();
    while (server.http.openStreams > 0) await new Promise(setImmediate);
    assert.equal(sinks[0]?.signal.aborted, true);
  });

  it("goes on for a client that closed its sending side", async () => {
    const go = Promise.withResolvers<void>();
    const handlers = streaming(async (sink) => {
      sink.send({ data: "first" });
      await go.promise;
      sink.send({ data: "second" });
    });
    await using server = await testServer({ handlers, limits: { presenceCheckMs: 5 } });
    using client = new RawClient(server.port);
    client.socket.end(
      requestBytes(server.port, {
        ...follow,
        headers: [...(follow.headers ?? []), ["User-Agent", "x"]],
      }),
    );
    await client.until((received) => received.includes("first"));
    go.resolve();
    const received = await client.until((_, closed) => closed);
    assert.match(received, /second/);
    assert.doesNotMatch(received, / 102 /);
  });

  it("ends with a problem when its writer fails, and tells nothing of an unknown failure", async () => {
    const failures: [Error, string, number][] = [
      [new ProblemError(problem("cancelled")), "cancelled", 0],
      [new Error("s3cret"), "internal", 1],
    ];
    for (const [error, code, lines] of failures) {
      const handlers = streaming(() => Promise.reject(error));
      await using server = await testServer({ handlers });
      using client = new RawClient(server.port);
      client.write(
        requestBytes(server.port, {
          ...follow,
          headers: [...(follow.headers ?? []), ["Connection", "close"]],
        }),
      );
      const received = await client.until((_, closed) => closed);
      assert.match(received, new RegExp(`event: problem\\ndata: \\{.*"code":"${code}"`));
      assert.doesNotMatch(received, /s3cret/);
      assert.equal(server.log.length, lines);
    }
  });

  it("is checked against the contract in tests", async () => {
    const answers: [string, unknown, boolean][] = [
      ["delta", { text: "a" }, true],
      ["delta", { text: 1 }, false],
      ["invented", {}, false],
    ];
    for (const [event, data, fits] of answers) {
      const handlers = streaming(async (sink) => void sink.send({ event, data }));
      await using server = await testServer({ handlers, checkResponses: true });
      using client = new RawClient(server.port);
      client.write(
        requestBytes(server.port, {
          target: "/api/v1/runs/run_00000000/events",
          headers: [["Connection", "close"]],
        }),
      );
      const received = await client.until((_, closed) => closed);
      assert.equal(received.includes("event: problem"), !fits);
    }
  });

  it("ends when the server closes", async () => {
    const server = await testServer({ handlers: openEnded() });
    using client = new RawClient(server.port);
    client.write(requestBytes(server.port, follow));
    await client.until((received) => received.includes("first"));
    await server.http[Symbol.asyncDispose]();
    assert.match(await client.until((_, closed) => closed), /: closed: the node is stopping\n\n/);
  });
});

describe("the bounds of streams", () => {
  it("opens as many as it may, answers busy to one more, and opens it when one has ended", async () => {
    await using server = await testServer({
      handlers: openEnded(),
      limits: { streamsMax: 2, presenceCheckMs: 5 },
    });
    using first = new RawClient(server.port).write(requestBytes(server.port, follow));
    using second = new RawClient(server.port).write(requestBytes(server.port, follow));
    await first.until((received) => received.includes("first"));
    await second.until((received) => received.includes("first"));
    const ways: RawRequest[] = [
      follow,
      { target: "/api/v1/runs/run_00000000/events" },
      { method: "POST", target: "/chat", headers: [jsonType], body: '{"text":"a","stream":true}' },
    ];
    for (const way of ways) {
      const refused = await ask(server.port, way);
      assert.equal(problemOf(refused).code, "busy");
      assert.equal(refused.headers["retry-after"], "5");
    }
    first.socket.destroy();
    while (server.http.openStreams > 1) await new Promise(setImmediate);
    using third = new RawClient(server.port).write(requestBytes(server.port, follow));
    await third.until((received) => received.includes("first"));
  });

  it("takes no handler's word that asks for no stream and opens one, once all are taken", async () => {
    await using server = await testServer({ handlers: openEnded(), limits: { streamsMax: 1 } });
    using first = new RawClient(server.port).write(requestBytes(server.port, follow));
    await first.until((received) => received.includes("first"));
    const answer = await ask(server.port, { ...follow, headers: [asOwner] });
    assert.equal(problemOf(answer).code, "busy");
  });

  it("sends an event over its bound when nothing waits, also right after another one", async () => {
    const bufferBytesMax = 50_000;
    const sent: boolean[] = [];
    const handlers = streaming(async (sink) => {
      // Small enough for the buffers of the system, so that a client that reads has taken each at once.
      for (const id of [1, 2, 3])
        sent.push(sink.send({ id, data: "я".repeat(bufferBytesMax / 2 + id) }));
    });
    await using server = await testServer({
      handlers,
      limits: { streamBufferBytesMax: bufferBytesMax },
    });
    using client = new RawClient(server.port).write(requestBytes(server.port, follow));
    const received = await client.until((text) => text.includes("0\r\n\r\n"));
    assert.deepEqual(sent, [true, true, true]);
    assert.match(events(received), /id: 3\ndata: "я{25003}"$/);
  });

  for (const over of [0, 1])
    it(`keeps what waits for a client up to its bound and ${over} bytes more`, async () => {
      // A system holds a few megabytes for a client that does not read; the rest of the first event waits here.
      const firstBytes = 16 * 1024 * 1024;
      const streamBufferBytesMax = firstBytes + 100_000;
      const opened = Promise.withResolvers<ServerResponse>();
      const server = http.createServer((_request, response) => opened.resolve(response));
      await once(server.listen({ host: "127.0.0.1", port: 0 }), "listening");
      const { port } = server.address() as AddressInfo;
      using client = new RawClient(port);
      client.socket.pause();
      client.write(requestBytes(port, follow));
      const response = await opened.promise;
      const stream = new EventStream(response, { ...edgeLimits, streamBufferBytesMax });
      stream.open({});
      assert.equal(stream.send({ data: "x".repeat(firstBytes) }), true);
      await new Promise(setImmediate);
      const waitingBytes = response.writableLength;
      assert.ok(waitingBytes > firstBytes / 2);
      const room = streamBufferBytesMax - waitingBytes - 'data: ""\n\n'.length;
      assert.equal(stream.send({ data: "x".repeat(room + over) }), over === 0);
      assert.equal(stream.end, over === 0 ? undefined : "too_slow");
      stream.released();
      await new Promise((resolve) => server.close(resolve));
    });

  it("cuts a client that does not keep up, counts it, and serves the others", async () => {
    const writer = Promise.withResolvers<number>();
    const handlers = handlersOf(
      () =>
        Promise.resolve({
          kind: "stream",
          write: async (sink) => {
            let sent = 0;
            while (sink.send({ data: "x".repeat(10_000) })) {
              sent++;
              await new Promise(setImmediate);
            }
            writer.resolve(sent);
          },
        }),
      { getHealth: () => Promise.resolve({ kind: "json", body: {} }) },
    );
    await using server = await testServer({
      handlers,
      limits: { streamBufferBytesMax: 100_000, lingerMs: 30 },
    });
    using client = new RawClient(server.port);
    client.socket.pause();
    client.write(requestBytes(server.port, follow));
    assert.ok((await writer.promise) > 10);
    assert.equal((await ask(server.port, { target: "/api/v1/health" })).status, 200);
    // It never reads; after the linger its connection is gone on our side.
    while (server.http.openStreams > 0) await new Promise(setImmediate);
    assert.equal(server.http.slowStreams, 1);
    assert.equal(server.log[0]?.level, "warn");
  });

  it("lets a writer wait for a slow client, who then gets everything", async () => {
    const count = 400;
    const handlers = streaming(async (sink) => {
      for (let index = 0; index < count; index++) {
        if (!sink.send({ id: index, data: "x".repeat(10_000) })) return;
        await sink.drained();
      }
    });
    await using server = await testServer({ handlers, limits: { streamBufferBytesMax: 100_000 } });
    using client = new RawClient(server.port);
    client.socket.pause();
    client.write(requestBytes(server.port, follow));
    while (server.http.openStreams === 0) await new Promise(setImmediate);
    client.socket.resume();
    await client.until((received) => received.includes(`id: ${count - 1}\n`));
    assert.equal(server.http.slowStreams, 0);
  });
});
