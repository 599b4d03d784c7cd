import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, it } from "node:test";
import type { Call, Handler } from "../../ports/http.ts";
import {
  ask,
  handlersOf,
  jsonType,
  RawClient,
  requestBytes,
  testServer,
} from "./test/http-fixture.ts";

const say = (body: unknown) => ({
  method: "POST",
  target: "/api/v1/message",
  headers: [jsonType],
  body: JSON.stringify(body),
});

describe("limits of connections", () => {
  it("closes an idle connection after its time", async () => {
    await using server = await testServer({ limits: { idleConnectionMs: 50, lateCheckMs: 20 } });
    using client = new RawClient(server.port);
    client.write(requestBytes(server.port, { target: "/api/v1/health" }));
    assert.match(await client.until((_, closed) => closed), /200 OK/);
  });
});

describe("the client that goes away", () => {
  const waiting = () => {
    const started = Promise.withResolvers<Call>();
    const answer = Promise.withResolvers<void>();
    const handler: Handler = async (call) => {
      started.resolve(call);
      await answer.promise;
      return { kind: "json", body: { late: true } };
    };
    return { started: started.promise, answer: answer.resolve, handlers: handlersOf(handler) };
  };

  it("aborts the call when the connection is reset", async () => {
    const { started, answer, handlers } = waiting();
    await using server = await testServer({ handlers });
    using client = new RawClient(server.port);
    client.write(requestBytes(server.port, say({ text: "hi" })));
    const { signal } = await started;
    assert.equal(signal.aborted, false);
    const aborted = once(signal, "abort");
    client.socket.resetAndDestroy();
    await aborted;
    answer();
  });

  it("aborts the call when an HTTP library closes the connection", async () => {
    const { started, answer, handlers } = waiting();
    await using server = await testServer({ handlers, limits: { presenceCheckMs: 20 } });
    const abort = new AbortController();
    const asked = fetch(`http://127.0.0.1:${server.port}/api/v1/message`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ text: "hi" }),
      signal: abort.signal,
    });
    const { signal } = await started;
    const aborted = once(signal, "abort");
    abort.abort();
    await assert.rejects(asked, { name: "AbortError" });
    await aborted;
    answer();
  });

  it("answers clients that only closed their sending side, with and without a User-Agent", async () => {
    const calls: Call[] = [];
    const answer = Promise.withResolvers<void>();
    const handlers = handlersOf(async (call) => {
      calls.push(call);
      void call.signal;
      await answer.promise;
      return { kind: "json", body: { late: true } };
    });
    await using server = await testServer({ handlers, limits: { presenceCheckMs: 10 } });
    using simple = new RawClient(server.port);
    using proper = new RawClient(server.port);
    const request = say({ text: "hi" });
    simple.socket.end(requestBytes(server.port, request));
    const agent = ["User-Agent", "proper/1.0"] as const;
    proper.socket.end(requestBytes(server.port, { ...request, headers: [jsonType, agent] }));
    // Three looks at one of them are also the time in which the other one is left in peace.
    await proper.until((received) => received.split("HTTP/1.1 102 ").length > 3);
    assert.deepEqual(
      calls.map((call) => call.signal.aborted),
      [false, false],
    );
    answer.resolve();
    const received = await simple.until((_, closed) => closed);
    assert.match(received, /^HTTP\/1\.1 200 OK/);
    assert.ok(received.endsWith('{"late":true}'));
    assert.ok((await proper.until((_, closed) => closed)).endsWith('{"late":true}'));
  });

  it("aborts no call that was answered", async () => {
    let call: Call | undefined;
    const handlers = handlersOf((given) => {
      call = given;
      return Promise.resolve({ kind: "json", body: { aborted: given.signal.aborted } });
    });
    await using server = await testServer({ handlers });
    await ask(server.port, say({ text: "hi" }));
    while (server.http.openConnections > 0) await new Promise(setImmediate);
    assert.equal(call?.signal.aborted, false);
  });
});

describe("closing", () => {
  it("finishes what runs, refuses what is new, and closes connections that say nothing", async () => {
    const started = Promise.withResolvers<void>();
    const finish = Promise.withResolvers<void>();
    const handlers = handlersOf(async () => {
      started.resolve();
      await finish.promise;
      return { kind: "json", body: { done: true } };
    });
    const server = await testServer({ handlers });
    using silent = new RawClient(server.port);
    await once(silent.socket, "connect");
    using client = new RawClient(server.port);
    client.write(requestBytes(server.port, say({ text: "hi" })));
    await started.promise;
    const closed = server.http[Symbol.asyncDispose]();
    await silent.until((_, over) => over);
    using late = new RawClient(server.port);
    assert.equal(await late.until((_, over) => over), "");
    finish.resolve();
    const answer = await client.answer();
    assert.equal(answer.body, '{"done":true}');
    assert.equal(answer.headers["connection"], "close");
    await closed;
    assert.equal(server.http.openConnections, 0);
  });

  it("cuts what is still running at the deadline and aborts it", async () => {
    const started = Promise.withResolvers<Call>();
    const handlers = handlersOf(async (call) => {
      started.resolve(call);
      await once(call.signal, "abort");
      throw new Error("aborted");
    });
    const server = await testServer({ handlers, limits: { closeMs: 30 } });
    using client = new RawClient(server.port);
    client.write(requestBytes(server.port, say({ text: "hi" })));
    const { signal } = await started.promise;
    await server.http[Symbol.asyncDispose]();
    assert.equal(signal.aborted, true);
    assert.equal(await client.until((_, over) => over), "");
  });
});
