import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, it } from "node:test";
import { handlersOf, tokenFor } from "../http/test/http-fixture.ts";
import { type Handler } from "../../ports/http.ts";
import {
  LinesClient,
  ownerToken,
  type SocketClient,
  testDoor,
  type TestDoor,
  WebSocketClient,
} from "./test/socket-fixture.ts";

/** Both framings, as the owner: what a session does is the same in either. */
const framings: readonly [name: string, open: (door: TestDoor) => Promise<SocketClient>][] = [
  [
    "a WebSocket",
    ({ port }) => WebSocketClient.open(port, { authorization: `Bearer ${ownerToken}` }),
  ],
  ["lines on the unix socket", async ({ path }) => new LinesClient({ path })],
];

const streams: Handler = (call) =>
  Promise.resolve({
    kind: "stream",
    write: async (sink) => {
      sink.send({ id: 1, event: "delta", data: { text: "при" } });
      sink.send({ id: 2, event: "delta", data: { text: "вет" } });
      if ((call.body as { text: string }).text === "wait" && !sink.signal.aborted)
        await once(sink.signal, "abort");
    },
  });

for (const [name, open] of framings)
  describe(`a session over ${name}`, () => {
    it("answers each request under its id, whatever order they end in", async () => {
      const first = Promise.withResolvers<void>();
      const handlers = handlersOf(async (call) => {
        const { text } = call.body as { text: string };
        if (text === "first") await first.promise;
        return { kind: "json", body: { text } };
      });
      await using door = await testDoor({ handlers });
      using client = await open(door);
      client.tell({ type: "message", id: "1", text: "first" });
      client.tell({ type: "message", id: "2", text: "вторая" });
      assert.deepEqual(await client.answer("2"), {
        type: "result",
        id: "2",
        status: 200,
        data: { text: "вторая" },
      });
      first.resolve();
      assert.equal((await client.answer("1"))["data"].text, "first");
    });

    it("sends a stream as events and an end, and ends it when it is stopped", async () => {
      await using door = await testDoor({ handlers: handlersOf(streams) });
      using client = await open(door);
      client.tell({ type: "message", id: "a", text: "go", stream: true });
      await client.answer("a");
      assert.deepEqual(client.said, [
        { type: "event", id: "a", seq: 1, event: "delta", data: { text: "при" } },
        { type: "event", id: "a", seq: 2, event: "delta", data: { text: "вет" } },
        { type: "end", id: "a" },
      ]);
      client.tell({ type: "message", id: "b", text: "wait", stream: true });
      await client.until(({ id, seq }) => id === "b" && seq === 2);
      client.tell({ type: "stop", id: "nothing" });
      client.tell({ type: "stop", id: "b" });
      assert.equal((await client.answer("b")).type, "end");
      assert.equal(door.server.http.openStreams, 0);
    });
  });

/** A journal of `last` records that grows when it is told to. */
function journal(last: number) {
  const grown = new Set<() => void>();
  const state = {
    last,
    asked: [] as (number | undefined)[],
    grow(by: number) {
      state.last += by;
      for (const wake of grown) wake();
    },
  };
  const handlers = handlersOf(async () => ({ kind: "json", body: "well" }), {
    getEvents: async ({ query, wantsStream, lastEventId }) => {
      assert.equal(lastEventId, undefined);
      if (!wantsStream)
        return { kind: "json", body: { events: [], next: state.last, more: false } };
      state.asked.push(query.after);
      return {
        kind: "stream",
        write: async (sink) => {
          for (let seq = (query.after ?? 0) + 1; ; seq++) {
            while (seq > state.last && !sink.signal.aborted)
              await new Promise<void>((resolve) => {
                grown.add(resolve);
                sink.signal.addEventListener("abort", () => resolve());
              });
            if (!sink.send({ id: seq, data: { seq } })) return;
            await sink.drained();
            if (sink.signal.aborted) return;
          }
        },
      };
    },
  });
  return { handlers, state };
}

const authorization = `Bearer ${ownerToken}`;
const seqs = ({ said }: SocketClient) =>
  said.flatMap(({ type, seq }) => (type === "event" ? [Number(seq)] : []));

describe("a subscription", () => {
  it("is the only one of its connection, and can follow one that was stopped", async () => {
    const { handlers } = journal(2);
    await using door = await testDoor({ handlers });
    using client = await WebSocketClient.open(door.port, { authorization });
    client.tell({ type: "subscribe", id: "a" });
    client.tell({ type: "subscribe", id: "b" });
    assert.equal((await client.answer("b"))["problem"].code, "conflict");
    client.tell({ type: "stop", id: "a" });
    await client.answer("a");
    client.tell({ type: "subscribe", id: "c", after: 1 });
    assert.equal((await client.until(({ id, type }) => id === "c" && type === "event"))["seq"], 2);
  });

  it("goes on after the last record that the client names, under the same id and filter", async () => {
    const { handlers, state } = journal(5);
    await using door = await testDoor({ handlers });
    const first = await WebSocketClient.open(door.port, { authorization });
    first.tell({ type: "hello" });
    const { resume } = await first.until(({ type }) => type === "ready");
    first.tell({ type: "subscribe", id: "s", after: 1, only: "turn." });
    await first.until(({ seq }) => seq === 5);
    first.webSocket.terminate();
    await first.closed;
    state.grow(2);
    using second = await WebSocketClient.open(door.port, { authorization });
    second.tell({ type: "hello", resume, lastSeq: 4 });
    assert.deepEqual(await second.until(({ type }) => type === "resumed"), {
      type: "resumed",
      tier: "owner",
      resume,
      after: 4,
    });
    const last = await second.until(({ seq }) => seq === 7);
    assert.equal(last["id"], "s");
    assert.deepEqual(seqs(second), [5, 6, 7]);
    assert.deepEqual(state.asked, [1, 4]);
  });

  it("goes on after what was acknowledged where the client names none", async () => {
    const { handlers } = journal(5);
    await using door = await testDoor({ handlers });
    const first = await WebSocketClient.open(door.port, { authorization });
    first.tell({ type: "subscribe", id: "s" });
    first.tell({ type: "hello" });
    const { resume } = await first.until(({ type }) => type === "ready");
    await first.until(({ seq }) => seq === 5);
    first.tell({ type: "ack", seq: 3 });
    first.tell({ type: "health", id: "h" });
    await first.answer("h");
    first.webSocket.close();
    await first.closed;
    using second = await WebSocketClient.open(door.port, { authorization });
    second.tell({ type: "hello", resume });
    await second.until(({ seq }) => seq === 5);
    assert.deepEqual(seqs(second), [4, 5]);
  });

  it("is reset to the last record where the journal has no such record any more", async () => {
    const { handlers, state } = journal(9);
    await using door = await testDoor({ handlers });
    const first = await WebSocketClient.open(door.port, { authorization });
    first.tell({ type: "hello" });
    const { resume } = await first.until(({ type }) => type === "ready");
    first.tell({ type: "subscribe", id: "s", after: 8 });
    await first.until(({ seq }) => seq === 9);
    first.webSocket.terminate();
    await first.closed;
    state.last = 3;
    using second = await WebSocketClient.open(door.port, { authorization });
    second.tell({ type: "hello", resume, lastSeq: 9 });
    assert.equal((await second.until(({ type }) => type === "reset"))["last"], 3);
    state.grow(1);
    await second.until(({ seq }) => seq === 4);
    assert.deepEqual(seqs(second), [4]);
  });

  it("ends on the connection that was lost when it is resumed on another, and on no third", async () => {
    const { handlers } = journal(2);
    await using door = await testDoor({ handlers });
    using lost = await WebSocketClient.open(door.port, { authorization });
    lost.tell({ type: "hello" });
    const { resume } = await lost.until(({ type }) => type === "ready");
    lost.tell({ type: "subscribe", id: "s" });
    await lost.until(({ seq }) => seq === 2);
    using second = await WebSocketClient.open(door.port, { authorization });
    second.tell({ type: "hello", resume, lastSeq: 2 });
    await second.until(({ type }) => type === "resumed");
    assert.equal(await lost.closed, 4009);
    for (const [headers, word] of [
      [{ authorization }, "unknown"],
      [{ authorization: `Bearer ${tokenFor(["read"])}` }, resume],
    ] as const) {
      using other = await WebSocketClient.open(door.port, headers);
      other.tell({ type: "hello", resume: word });
      assert.equal(await other.closed, 4009);
    }
    second.tell({ type: "health", id: "h" });
    await second.answer("h");
  });

  it("is never further ahead of who acknowledges than is allowed, and closes with 4008 who stops", async () => {
    const { handlers, state } = journal(3);
    await using door = await testDoor({ handlers }, { unackedRecordsMax: 10, heartbeatMs: 100 });
    using client = await WebSocketClient.open(door.port, { authorization });
    client.tell({ type: "subscribe", id: "s" });
    await client.until(({ seq }) => seq === 3);
    client.tell({ type: "ack", seq: 3 });
    client.tell({ type: "health", id: "h" });
    await client.answer("h");
    state.grow(100);
    await client.until(({ seq }) => seq === 13);
    client.tell({ type: "ack", seq: 8 });
    await client.until(({ seq }) => seq === 18);
    assert.equal(await client.closed, 4008);
    assert.equal(seqs(client).at(-1), 18);
  });

  it("asks nothing of who never acknowledges but to read", async () => {
    const { handlers, state } = journal(1);
    await using door = await testDoor({ handlers }, { unackedRecordsMax: 10, heartbeatMs: 100 });
    using client = await WebSocketClient.open(door.port, { authorization });
    client.tell({ type: "subscribe", id: "s" });
    state.grow(499);
    await client.until(({ seq }) => seq === 500);
    assert.deepEqual(
      seqs(client),
      Array.from({ length: 500 }, (_, index) => index + 1),
    );
  });
});

describe("requests of one connection", () => {
  it("are under way so many at once, and one more is refused; an id is used again when it is answered", async () => {
    const go = Promise.withResolvers<void>();
    const handlers = handlersOf(async () => {
      await go.promise;
      return { kind: "json", body: "done" };
    });
    await using door = await testDoor({ handlers }, { requestsMax: 3 });
    using client = new LinesClient({ path: door.path });
    for (const id of ["1", "2", "3"]) client.tell({ type: "health", id });
    client.tell({ type: "health", id: "4" });
    assert.equal((await client.answer("4"))["problem"].code, "busy");
    client.tell({ type: "health", id: "1" });
    assert.equal((await client.answer("1"))["problem"].code, "conflict");
    go.resolve();
    await client.answer("3");
    client.tell({ type: "health", id: "5" });
    assert.equal((await client.answer("5")).type, "result");
    client.tell({ type: "health", id: "2" });
    await client.until(() => client.said.filter(({ id }) => id === "2").length === 2);
  });

  it("are given up when the client goes away", async () => {
    const given = Promise.withResolvers<void>();
    const handlers = handlersOf(async ({ signal }) => {
      if (!signal.aborted) await once(signal, "abort");
      given.resolve();
      return { kind: "json", body: "nobody" };
    });
    await using door = await testDoor({ handlers }, { presenceCheckMs: 20 });
    const client = new LinesClient({ path: door.path });
    client.tell({ type: "health", id: "1" });
    client.tell({ type: "nothing", id: "2" });
    await client.answer("2");
    client.socket.destroy();
    await given.promise;
  });

  it("carry their wishes, and tell a repetition", async () => {
    const seen: unknown[] = [];
    const handlers = handlersOf(async (call) => {
      seen.push([call.idempotencyKey, call.preferAsyncAfterMs, call.lastEventId]);
      return { kind: "json", status: 202, body: {}, headers: { "Idempotent-Replayed": "true" } };
    });
    await using door = await testDoor({ handlers });
    using client = new LinesClient({ path: door.path });
    client.tell({ type: "message", id: "1", text: "a", idempotencyKey: "k", waitSeconds: 9_999 });
    const first = await client.answer("1");
    assert.deepEqual([first["status"], first["replayed"]], [202, true]);
    client.tell({ type: "run.follow", id: "2", run: "run_00000000", after: 7 });
    await client.answer("2");
    assert.deepEqual(seen, [
      ["k", 3_600_000, undefined],
      [undefined, undefined, 7],
    ]);
  });

  it("that fail unforeseen are answered with an id for the log, and nothing else", async () => {
    const handlers = handlersOf(() => Promise.reject(new Error("secret words")));
    await using door = await testDoor({ handlers });
    using client = new LinesClient({ path: door.path });
    client.tell({ type: "health", id: "1" });
    const { problem } = await client.answer("1");
    assert.equal(problem.code, "internal");
    assert.doesNotMatch(JSON.stringify(client.said), /secret/);
    assert.equal(door.server.log.length, 1);
  });
});

describe("the grant of a token", () => {
  it("is that of a hello from then on", async () => {
    await using door = await testDoor();
    using client = new LinesClient({ port: door.linesPort });
    client.tell({ type: "usage", id: "1" });
    assert.equal((await client.answer("1"))["problem"].code, "unauthorized");
    client.tell({ type: "hello", token: tokenFor(["read"]) });
    assert.equal((await client.until(({ type }) => type === "ready"))["tier"], "member");
    client.tell({ type: "usage", id: "2" });
    assert.equal((await client.answer("2"))["data"].caller, "token:test");
  });
});
