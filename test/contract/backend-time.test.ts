import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  ask,
  briefly,
  chats,
  messages,
  open,
  quick,
  reply,
  serve,
  serveChat,
  start,
} from "./backend-fixture.ts";

/** The adapter against time: kept connections, long silences, aborted requests. */

describe("connections", () => {
  it("replaces a kept connection that the server closed, without counting it as a try", async () => {
    let answered = 0;
    let dropped = 0;
    const used = new Set<unknown>();
    await using upstream = await serveChat((request, response) => {
      if (used.has(request.socket)) {
        dropped += 1;
        request.socket.destroy();
        return;
      }
      used.add(request.socket);
      answered += 1;
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ choices: [{ message: { content: "ok" } }] }));
    });
    await using backend = open(upstream.url, { timeouts: { ...quick, retryMsMax: 0 } });
    for (let turn = 1; turn <= 4; turn += 1) {
      assert.equal(briefly((await ask(backend, false)).outcome), "answered");
      assert.equal(answered, turn);
    }
    assert.ok(dropped >= 2, `${dropped} connections were dropped`);
    assert.equal(backend.health().status, "ok");
  });

  it("replaces all of them when a restarted server has closed many", async () => {
    const old = new Set<unknown>();
    const together = Promise.withResolvers<void>();
    let waiting = 0;
    await using upstream = await serveChat((request, response) => {
      if (old.has(request.socket)) {
        request.socket.destroy();
        return;
      }
      response.setHeader("content-type", "application/json");
      const answer = (): void =>
        void response.end(JSON.stringify({ choices: [{ message: { content: "ok" } }] }));
      waiting += 1;
      if (waiting === 8) together.resolve();
      void together.promise.then(answer);
    });
    const connected = new Set<unknown>();
    upstream.server.on("connection", (socket) => connected.add(socket));
    await using backend = open(upstream.url, { timeouts: { ...quick, retryMsMax: 0 } });
    await backend.start?.();
    await Promise.all(Array.from({ length: 8 }, () => ask(backend, false)));
    assert.ok(connected.size >= 8);
    for (const socket of connected) old.add(socket);
    assert.equal(briefly((await ask(backend, false)).outcome), "answered");
    assert.equal(backend.health().status, "ok");
  });

  it("uses one connection for requests one after another", async () => {
    const sockets = new Set<unknown>();
    await using upstream = await serveChat((request, response) => {
      sockets.add(request.socket);
      response.setHeader("content-type", "text/event-stream");
      response.end(
        'data: {"choices":[{"delta":{"content":"Hi"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n',
      );
    });
    await using backend = open(upstream.url);
    await backend.start?.();
    for (let turn = 0; turn < 5; turn += 1) await ask(backend, true);
    assert.ok(sockets.size <= 2, `${sockets.size} connections`);
  });
});

describe("time", () => {
  it("waits out a prefill twelve times longer than the silence that starts questions", async () => {
    await using node = await start();
    node.emulator.setFault({ kind: "long_prefill", firstByteDelayMs: 600 });
    for (const isStreamed of [true, false]) {
      const { outcome } = await ask(node.backend, isStreamed);
      assert.equal(outcome.kind === "answered" && outcome.text, reply);
    }
    const probes = node.emulator.requests.filter(({ endpoint }) => endpoint === "models").length;
    assert.ok(probes >= 10, `${probes} signs of life were asked for`);
    assert.equal(chats(node.emulator), 2);
  });

  it("gives a server up that shows no life", async () => {
    await using upstream = await serve(() => undefined);
    await using backend = open(upstream.url, {
      timeouts: { ...quick, livenessMsMax: 20, inspectMsMax: 20 },
    });
    const { outcome } = await ask(backend, true);
    assert.ok(outcome.kind === "failed" && outcome.reason === "timed_out");
    assert.match(outcome.detail.en, /no sign of life/);
  });

  it("gives up between two pieces too, and says that the answer had begun", async () => {
    let isHung = false;
    await using upstream = await serve((request, response) => {
      if (isHung) return;
      if (request.url !== "/v1/chat/completions") {
        response.end(JSON.stringify({ data: [{ id: "emulated-chat" }] }));
        return;
      }
      isHung = true;
      response.setHeader("content-type", "text/event-stream");
      response.write('data: {"choices":[{"delta":{"content":"Hi"}}]}\n\n');
    });
    await using backend = open(upstream.url, {
      timeouts: { ...quick, livenessMsMax: 20, inspectMsMax: 20 },
    });
    await backend.start?.();
    const { outcome, shown } = await ask(backend, true);
    assert.ok(outcome.kind === "failed");
    assert.deepEqual([outcome.reason, outcome.started, shown], ["timed_out", true, "Hi"]);
  });

  it("takes every piece for a sign of life", async () => {
    await using upstream = await serve((request, response) => {
      // The list of models is never answered, so that only the pieces themselves tell that the server lives.
      if (request.url !== "/v1/chat/completions") return;
      response.setHeader("content-type", "text/event-stream");
      let pieces = 0;
      const timer = setInterval(() => {
        pieces += 1;
        response.write('data: {"choices":[{"delta":{"content":"x"}}]}\n\n');
        if (pieces < 30) return;
        clearInterval(timer);
        response.end("data: [DONE]\n\n");
      }, 15);
    });
    const timeouts = { ...quick, silenceMsMax: 100, livenessMsMax: 10, inspectMsMax: 10 };
    await using backend = open(upstream.url, { timeouts });
    const { outcome } = await ask(backend, true);
    assert.equal(outcome.kind === "answered" && outcome.text, "x".repeat(30));
  });

  it("stops an answer that is never complete", async () => {
    await using node = await start({ timeouts: { ...quick, answerMsMax: 200 } });
    node.emulator.setFault({ kind: "slow_drip", tokenDelayMs: 60 });
    const { outcome } = await ask(node.backend, true);
    assert.ok(outcome.kind === "failed");
    assert.deepEqual([outcome.reason, outcome.started], ["timed_out", true]);
  });
});

describe("abort", () => {
  for (const isStreamed of [true, false])
    it(`closes the server's connection at once, ${isStreamed ? "streamed" : "whole"}`, async () => {
      await using node = await start();
      node.emulator.setFault({ kind: "timeout" });
      const abort = new AbortController();
      const pending = node.backend.chat({
        messages,
        signal: abort.signal,
        ...(isStreamed ? { onDelta: () => undefined } : {}),
      });
      await node.emulator.waitForRequests(1, { timeoutMs: 30_000, endpoint: "chat" });
      assert.equal(node.emulator.aborted, 0);
      abort.abort();
      const outcome = await pending;
      assert.ok(outcome.kind === "failed" && outcome.reason === "cancelled");
      while (node.emulator.aborted === 0) await new Promise((resolve) => setImmediate(resolve));
      assert.equal(node.emulator.aborted, 1);
      assert.equal(chats(node.emulator), 1);
    });

  it("ends the wait before a further try", async () => {
    await using node = await start({ random: () => 1 });
    node.emulator.setFault({ kind: "status", status: 503, retryAfterS: 10 });
    const abort = new AbortController();
    const pending = node.backend.chat({ messages, signal: abort.signal });
    await node.emulator.waitForRequests(1, { timeoutMs: 30_000, endpoint: "chat" });
    abort.abort();
    assert.equal(briefly(await pending), "cancelled");
    assert.equal(chats(node.emulator), 1);
  });

  it("asks nothing when it was aborted before", async () => {
    await using node = await start();
    const outcome = await node.backend.chat({ messages, signal: AbortSignal.abort() });
    assert.equal(briefly(outcome), "cancelled");
    assert.equal(node.emulator.requestsSeen, 0);
  });

  it("ends what is under way when it is disposed", async () => {
    await using node = await start();
    node.emulator.setFault({ kind: "timeout" });
    const pending = ask(node.backend, true);
    await node.emulator.waitForRequests(1, { timeoutMs: 30_000, endpoint: "chat" });
    await node.backend[Symbol.asyncDispose]();
    assert.equal(briefly((await pending).outcome), "cancelled");
    assert.equal(briefly((await ask(node.backend, true)).outcome), "cancelled");
  });
});
