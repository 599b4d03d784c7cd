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
      client.tell({ type: "message", id: "два".length === 3 ? "2" : "", text: "вторая" });
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
