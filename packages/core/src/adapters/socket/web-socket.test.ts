import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, it } from "node:test";
import {
  ask as askOver,
  handlersOf,
  problemOf,
  RawClient,
  tokenFor,
} from "../http/test/http-fixture.ts";
import { LinesClient, ownerToken, testDoor, WebSocketClient } from "./test/socket-fixture.ts";
import type { Handler } from "../../ports/http.ts";

const authorization = `Bearer ${ownerToken}`;

/** A handler whose stream sends large events until its reader is gone, without waiting for it. */
const flood: Handler = () =>
  Promise.resolve({
    kind: "stream",
    write: async (sink) => {
      const data = { text: "ж".repeat(50_000) };
      while (!sink.signal.aborted && sink.send({ event: "delta", data }))
        await new Promise(setImmediate);
    },
  });

describe("a WebSocket's first request", () => {
  const cases: readonly [
    name: string,
    headers: Record<string, string>,
    protocols: string[],
    status: number,
    code: string,
  ][] = [
    ["without the subprotocol", {}, [], 400, "invalid_request"],
    ["with another subprotocol", {}, ["adyton.v2+json"], 400, "invalid_request"],
    [
      "of a foreign page",
      { origin: "http://evil.example" },
      ["adyton.v1+json"],
      403,
      "foreign_origin",
    ],
    ["of no page", { origin: "null" }, ["adyton.v1+json"], 403, "foreign_origin"],
    [
      "of another site",
      { "sec-fetch-site": "cross-site" },
      ["adyton.v1+json"],
      403,
      "foreign_origin",
    ],
    ["to another host", { host: "evil.example" }, ["adyton.v1+json"], 421, "foreign_host"],
    [
      "with a wrong token",
      { authorization: "Bearer wrong" },
      ["adyton.v1+json"],
      401,
      "unauthorized",
    ],
    ["with no bearer", { authorization: "Basic YTpi" }, ["adyton.v1+json"], 401, "unauthorized"],
  ];
  for (const [name, headers, protocols, status, code] of cases)
    it(`is refused ${name}, with ${code}`, async () => {
      await using door = await testDoor();
      using client = new WebSocketClient(door.port, headers, protocols);
      await client.closed;
      assert.equal(client.refusal?.status, status);
      assert.equal((JSON.parse(client.refusal?.body ?? "{}") as { code: string }).code, code);
      assert.equal(door.server.http.openSockets, 0);
    });

  it("is taken from the node's own origin, and among several subprotocols", async () => {
    await using door = await testDoor();
    const headers = { origin: `http://127.0.0.1:${door.port}`, "sec-fetch-site": "same-origin" };
    using client = new WebSocketClient(door.port, headers, ["other", "adyton.v1+json"]);
    await once(client.webSocket, "open");
    assert.equal(client.webSocket.protocol, "adyton.v1+json");
  });

  it("that is none is answered as any other, and gives its place back when it is not sound", async () => {
    await using door = await testDoor();
    const ask = async (...lines: string[]) => {
      using raw = new RawClient(door.port);
      raw.write(
        `${["GET /api/v1/ws HTTP/1.1", `Host: 127.0.0.1:${door.port}`, ...lines].join("\r\n")}\r\n\r\n`,
      );
      return (await raw.until((received) => received.includes("\r\n\r\n"))).split("\r\n")[0];
    };
    assert.match((await ask()) ?? "", / 404 /);
    assert.match(
      problemOf(await askOver(door.port, { target: "/api/v1/ws" })).detail ?? "",
      /takes WebSockets/,
    );
    assert.equal(problemOf(await askOver(door.port, { target: "/api/v1/w" })).detail, undefined);
    assert.match((await ask("Connection: Upgrade", "Upgrade: h2c")) ?? "", / 404 /);
    const upgrade = ["Connection: Upgrade", "Upgrade: websocket"];
    const subprotocol = "Sec-WebSocket-Protocol: adyton.v1+json";
    assert.match((await ask(...upgrade, subprotocol)) ?? "", / 400 /);
    assert.match((await ask(...upgrade, subprotocol, "Sec-WebSocket-Version: 1")) ?? "", / 400 /);
    using other = await WebSocketClient.open(door.port);
    assert.equal(door.server.http.openSockets, 1);
    other.tell({ type: "health", id: "1" });
    await other.answer("1");
  });
});

describe("a WebSocket's caller", () => {
  it("is local without a token, and is closed with 4001 for a hello with a wrong one", async () => {
    await using door = await testDoor();
    using client = await WebSocketClient.open(door.port);
    client.tell({ type: "usage", id: "1" });
    assert.equal((await client.answer("1"))["problem"].code, "unauthorized");
    client.tell({ type: "hello", token: "wrong" });
    assert.equal(await client.closed, 4001);
  });

  it("is closed with 4001 when the token ends, other callers not", async () => {
    await using door = await testDoor();
    using client = await WebSocketClient.open(door.port, {
      authorization: `Bearer ${tokenFor(["read"])}`,
    });
    using other = await WebSocketClient.open(door.port, { authorization });
    client.tell({ type: "usage", id: "1" });
    await client.answer("1");
    door.callers.revoke("token:test");
    assert.equal(await client.closed, 4001);
    other.tell({ type: "usage", id: "1" });
    await other.answer("1");
  });

  it("is found out with the next request when nobody has told", async () => {
    await using door = await testDoor();
    using client = await WebSocketClient.open(door.port, {
      authorization: `Bearer ${tokenFor(["read"])}`,
    });
    door.callers.revoke("token:test", true);
    client.tell({ type: "usage", id: "1" });
    assert.equal(await client.closed, 4001);
    assert.deepEqual(client.said, []);
  });

  it("is watched no more once it is gone", async () => {
    await using door = await testDoor();
    const client = await WebSocketClient.open(door.port, {
      authorization: `Bearer ${tokenFor(["read"])}`,
    });
    assert.equal(door.callers.watched, 1);
    client.tell({ type: "hello", token: ownerToken });
    await client.until(({ type }) => type === "ready");
    assert.equal(door.callers.watched, 1);
    client.webSocket.close();
    await client.closed;
    await until(() => door.door.count === 0);
    assert.equal(door.callers.watched, 0);
  });

  it("may have so many sockets and not one more; the owner is kept some", async () => {
    await using door = await testDoor({
      limits: { socketsMax: 5, socketsForOwner: 2, socketsPerTokenMax: 2, socketsLocalMax: 2 },
    });
    const member = { authorization: `Bearer ${tokenFor(["say"])}` };
    using stack = new DisposableStack();
    for (const headers of [{}, {}, member])
      stack.use(await WebSocketClient.open(door.port, headers));
    for (const headers of [{}, member]) {
      using refused = new WebSocketClient(door.port, headers);
      await refused.closed;
      assert.equal(refused.refusal?.status, 429);
    }
    using lines = new LinesClient({ port: door.linesPort });
    lines.write("{}\n");
    await lines.closed;
    assert.equal(lines.said[0]?.["problem"].code, "busy");
    for (const _ of [1, 2]) stack.use(await WebSocketClient.open(door.port, { authorization }));
    using sixth = new WebSocketClient(door.port, { authorization });
    await sixth.closed;
    assert.equal(sixth.refusal?.status, 429);
    stack.dispose();
    await until(() => door.server.http.openSockets === 0);
  });
});

describe("a WebSocket's frames", () => {
  it("close it with 1003 when they are binary", async () => {
    await using door = await testDoor();
    using client = await WebSocketClient.open(door.port);
    client.webSocket.send(Buffer.from('{"type":"health","id":"1"}'), { binary: true });
    assert.equal(await client.closed, 1003);
  });

  it("may be as long as a message, and at one byte more close it with 1009", async () => {
    await using door = await testDoor({}, { envelopeBytesMax: 1_000 });
    using client = await WebSocketClient.open(door.port);
    const long = (bytes: number) => {
      const message = (text: string) => JSON.stringify({ type: "message", id: "1", text });
      return message("x".repeat(bytes - message("").length));
    };
    client.write(long(1_000));
    await client.answer("1");
    client.write(long(1_001));
    assert.equal(await client.closed, 1009);
  });

  it("of 64 MB close it with 1009 before they arrive", async () => {
    await using door = await testDoor();
    using client = await WebSocketClient.open(door.port);
    const before = process.memoryUsage.rss();
    const head = Buffer.from([0x81, 0xff, 0, 0, 0, 0, 4, 0, 0, 0, 1, 2, 3, 4]);
    const { raw } = client;
    raw.write(head);
    for (let sent = 0; sent < 64 && !raw.destroyed; sent++) raw.write(Buffer.alloc(1024 * 1024));
    assert.equal(await client.closed, 1009);
    assert.ok(process.memoryUsage.rss() - before < 160 * 1024 * 1024);
    assert.equal(door.server.http.bodyBytes, 0);
  });

  for (const [name, bytes, code] of [
    ["a reserved bit", [0xf1, 0x80, 1, 2, 3, 4], 1002],
    ["an unknown opcode", [0x83, 0x80, 1, 2, 3, 4], 1002],
    ["no mask", [0x81, 0x01, 0x61], 1002],
    ["a continuation of nothing", [0x80, 0x80, 1, 2, 3, 4], 1002],
    ["text that is not UTF-8", [0x81, 0x81, 0, 0, 0, 0, 0xff], 1007],
  ] as const)
    it(`that are malformed by ${name} close it with ${code}, others stay`, async () => {
      await using door = await testDoor();
      using client = await WebSocketClient.open(door.port);
      using other = await WebSocketClient.open(door.port);
      const { raw } = client;
      raw.write(Buffer.from(bytes));
      assert.equal(await client.closed, code);
      other.tell({ type: "health", id: "1" });
      await other.answer("1");
    });

  it("that are unfinished count for their caller, who is closed with 1013 or cut", async () => {
    await using door = await testDoor(
      { limits: { bodyBytesMax: 60_000, bodyBytesForOwner: 20_000, bodyBytesLocalMax: 30_000 } },
      { uncountedBytesMax: 1_000 },
    );
    using client = await WebSocketClient.open(door.port);
    const { raw } = client;
    raw.write(Buffer.from([0x81, 0xff, 0, 0, 0, 0, 0, 4, 0, 0, 1, 2, 3, 4]));
    raw.write(Buffer.alloc(40_000));
    assert.ok([1013, 1006].includes((await client.closed) ?? 0));
    await until(() => door.server.http.bodyBytes === 0);
    using other = await WebSocketClient.open(door.port);
    other.tell({ type: "message", id: "1", text: "x".repeat(25_000) });
    assert.equal((await other.answer("1")).type, "result");
  });
});

describe("a WebSocket's message", () => {
  it("that counts and is not finished in a whole time is closed with 4008", async () => {
    const limits = { heartbeatMs: 60, uncountedBytesMax: 1_000 };
    await using door = await testDoor({}, limits);
    using client = await WebSocketClient.open(door.port);
    client.raw.write(Buffer.from([0x81, 0xff, 0, 0, 0, 0, 0, 4, 0, 0, 1, 2, 3, 4]));
    client.raw.write(Buffer.alloc(2_000));
    assert.equal(await client.closed, 4008);
    await until(() => door.server.http.bodyBytes === 0);
  });

  it("does not begin with pings and pongs, however many came", async () => {
    await using door = await testDoor({}, { uncountedBytesMax: 1_000 });
    using client = await WebSocketClient.open(door.port);
    for (let count = 0; count < 20; count++) {
      client.webSocket.ping("x".repeat(125));
      await once(client.webSocket, "pong");
    }
    assert.equal(door.server.http.bodyBytes, 0);
    // Those in the middle of a message leave its own bytes counted.
    client.raw.write(Buffer.from([0x81, 0xfe, 4, 0, 1, 2, 3, 4]));
    client.raw.write(Buffer.alloc(1_000));
    await until(() => door.server.http.bodyBytes > 0);
  });

  it("may come in so many fragments, and with one more closes it with 1008", async () => {
    await using door = await testDoor({}, { fragmentsMax: 5 });
    using client = await WebSocketClient.open(door.port);
    const say = (id: string, fragments: number): void => {
      const text = JSON.stringify({ type: "health", id });
      for (let at = 0; at < fragments; at++)
        client.webSocket.send(at < fragments - 1 ? (text[at] ?? "") : text.slice(at), {
          fin: at === fragments - 1,
        });
    };
    say("1", 5);
    assert.equal((await client.answer("1")).type, "result");
    say("2", 6);
    assert.equal(await client.closed, 1008);
  });
});

describe("a WebSocket's other end", () => {
  it("that reads too slowly is closed with 4008, with a bounded buffer, and others go on", async () => {
    const handlers = handlersOf(flood, {
      getHealth: async () => ({ kind: "json", body: "well" }),
    });
    await using door = await testDoor({ handlers }, { bufferBytesMax: 500_000, lingerMs: 5_000 });
    using slow = await WebSocketClient.open(door.port);
    using other = await WebSocketClient.open(door.port);
    const before = process.memoryUsage.rss();
    slow.webSocket.pause();
    slow.tell({ type: "message", id: "1", text: "go", stream: true });
    await until(() => door.door.slow === 1);
    assert.ok(process.memoryUsage.rss() - before < 64 * 1024 * 1024);
    other.tell({ type: "health", id: "1" });
    assert.equal((await other.answer("1"))["data"], "well");
    slow.webSocket.resume();
    assert.equal(await slow.closed, 4008);
    await until(() => door.server.http.openStreams === 0);
  });

  it("that takes nothing from one look to the next is closed with 4008", async () => {
    const handlers = handlersOf(() =>
      Promise.resolve({
        kind: "stream",
        write: async (sink) => {
          // Waits for its reader after each, as the journal does.
          while (sink.send({ data: { text: "x".repeat(100_000) } })) await sink.drained();
        },
      }),
    );
    await using door = await testDoor({ handlers }, { heartbeatMs: 100, lingerMs: 5_000 });
    using slow = await WebSocketClient.open(door.port, { authorization });
    slow.webSocket.pause();
    slow.tell({ type: "subscribe", id: "1" });
    await until(() => door.door.slow === 1);
    slow.webSocket.resume();
    assert.equal(await slow.closed, 4008);
    await until(() => door.server.http.openStreams === 0);
  });

  it("that is not there any more is found by a ping, one that answers stays", async () => {
    await using door = await testDoor({}, { heartbeatMs: 60 });
    using there = await WebSocketClient.open(door.port);
    using gone = new WebSocketClient(door.port, {}, ["adyton.v1+json"]);
    await once(gone.webSocket, "open");
    let pings = 0;
    there.webSocket.on("ping", () => pings++);
    // As behind a cut cable: nothing comes from there, and nothing says so.
    const { raw } = gone;
    raw.pause();
    raw.removeAllListeners("data");
    await until(() => door.door.count === 1);
    await until(() => pings >= 3);
    there.tell({ type: "health", id: "1" });
    await there.answer("1");
  });

  it("is told 1001 when the node stops", async () => {
    const door = await testDoor();
    using client = await WebSocketClient.open(door.port);
    using lines = new LinesClient({ path: door.path });
    lines.tell({ type: "health", id: "1" });
    await lines.answer("1");
    await door[Symbol.asyncDispose]();
    assert.equal(await client.closed, 1001);
    await lines.closed;
    assert.equal(lines.said.at(-1)?.["problem"].code, "stopping");
  });
});

async function until(holds: () => boolean): Promise<void> {
  for (const endMs = performance.now() + 30_000; !holds();) {
    assert.ok(performance.now() < endMs, `not in time: ${holds.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
