import assert from "node:assert/strict";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { run } from "./cli-process.ts";
import { Lines, RawWebSocket } from "./message-socket.ts";
import { NodeProcess, until } from "./node-process.ts";
import { lastingPort } from "../../packages/core/test/lasting-port.ts";

describe("the sockets of a node", () => {
  test("end with the token that opened them, and no other", async () => {
    await using node = await NodeProcess.start();
    const reader = await node.makeToken("reader", ["read"]);
    const brief = await node.makeBriefToken("brief", ["read"], 1_500);
    using owner = await RawWebSocket.open({ port: node.port, token: node.owner });
    using revoked = await RawWebSocket.open({ port: node.port, token: reader });
    using expired = await RawWebSocket.open({ port: node.port });
    expired.tell({ type: "hello", token: brief.token });
    revoked.tell({ type: "subscribe", id: "s", after: 0 });
    await revoked.until(({ type }) => type === "event");
    owner.tell({ type: "token.revoke", id: "r", name: "reader" });
    assert.equal((await owner.answer("r")).type, "result");
    assert.equal(await revoked.closed(), 4001);
    assert.equal(await expired.closed(), 4001);
    using again = new RawWebSocket({ port: node.port, token: reader });
    assert.deepEqual(await again.refusal(), { status: 401, code: "unauthorized" });
    owner.tell({ type: "health", id: "h" });
    await owner.answer("h");
  });

  test("see what the same caller sees over HTTP, and share its conversations", async () => {
    await using node = await NodeProcess.start({ language: "ru" });
    using lines = new Lines({ path: join(node.home, "adyton.sock") });
    lines.tell({
      type: "message",
      id: "1",
      text: "Как подключить Телеграм?",
      conversation: "кухня",
    });
    const answer = await lines.answer("1");
    assert.equal(answer["data"].conversation, "кухня");
    assert.ok(answer["data"].citations.length > 0);
    lines.tell({ type: "run", id: "2", run: answer["data"].id });
    const [asked, over] = [
      await lines.answer("2"),
      await node.ask(`/api/v1/runs/${answer["data"].id}`, { token: node.owner }),
    ];
    assert.deepEqual(asked["data"], over.json);
    const streamed = await node
      .stream(`/api/v1/runs/${answer["data"].id}/events`, { token: node.owner })
      .next();
    assert.equal(streamed.done, false);
    lines.tell({ type: "message", id: "3", text: "Что дальше?", stream: true });
    assert.equal((await lines.answer("3")).type, "end");
    const events = lines.said.filter(({ id, type }) => id === "3" && type === "event");
    assert.equal(events.at(-1)?.["event"], "answer");
  });

  test("count a message with the same key once, whichever door it comes through", async () => {
    await using node = await NodeProcess.start();
    using lines = new Lines({ path: join(node.home, "adyton.sock") });
    const body = { text: "How do I connect Telegram?", conversation: "once" };
    lines.tell({ type: "message", id: "1", ...body, idempotencyKey: "k1" });
    const first = await lines.answer("1");
    lines.tell({ type: "message", id: "2", ...body, idempotencyKey: "k1" });
    const second = await lines.answer("2");
    assert.equal(second["replayed"], true);
    assert.deepEqual(second["data"], first["data"]);
    const third = await node.say(body, { token: node.owner, headers: { "idempotency-key": "k1" } });
    assert.equal(third.status, 200, third.text);
    assert.equal(third.json.id, first["data"].id);
    lines.tell({ type: "message", id: "4", ...body, text: "Another?", idempotencyKey: "k1" });
    assert.equal((await lines.answer("4"))["problem"].code, "idempotency_mismatch");
  });

  test("are there again after the node was killed", async () => {
    await using node = await NodeProcess.start();
    const path = join(node.home, "adyton.sock");
    await node.kill();
    assert.ok(statSync(path).isSocket());
    await node.start();
    using lines = new Lines({ path });
    lines.tell({ type: "health", id: "1" });
    await lines.answer("1");
    assert.equal(await node.stop(), 0);
    assert.equal(statSync(path, { throwIfNoEntry: false }), undefined);
  });

  test("are left out, and said to be, where the folder's path is too long", async () => {
    const folder = mkdtempSync(join(tmpdir(), "adyton-long-"));
    try {
      await using node = await NodeProcess.start({ home: join(folder, "x".repeat(100)) });
      assert.equal((await node.ask("/api/v1/health")).status, 200);
      const warning = node.notices.find(({ kind }) => kind === "warning");
      assert.match(String(warning?.["text"]), /adyton\.sock is not served: .* bytes/);
      using socket = await RawWebSocket.open({ port: node.port });
      socket.tell({ type: "health", id: "1" });
      await socket.answer("1");
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test("have a port for lines where one is configured, for a local caller", async () => {
    const port = await lastingPort();
    await using node = await NodeProcess.start({ config: `listen:\n  socket_port: ${port}\n` });
    using lines = new Lines({ port });
    lines.tell({ type: "message", id: "1", text: "describe_self" });
    assert.equal((await lines.answer("1"))["data"].answeredBy, "command");
    lines.tell({ type: "journal", id: "2" });
    assert.equal((await lines.answer("2"))["problem"].code, "unauthorized");
    lines.tell({ type: "hello", token: node.owner });
    lines.tell({ type: "journal", id: "3" });
    assert.equal((await lines.answer("3")).type, "result");
  });

  test("say 1001 when the node stops, and let it stop at once", async () => {
    await using node = await NodeProcess.start();
    using socket = await RawWebSocket.open({ port: node.port, token: node.owner });
    socket.tell({ type: "subscribe", id: "s", after: 0 });
    await socket.until(({ type }) => type === "event");
    socket.socket.on("data", () => undefined);
    const stopping = node.stop();
    assert.equal(await socket.closed(), 1001);
    socket.socket.destroy();
    assert.equal(await stopping, 0);
  });

  test("hold no memory for frames of 64 MB, and close with 1009", async () => {
    await using node = await NodeProcess.start();
    const rss = async () => {
      const { text } = await node.ask("/metrics", { token: node.owner });
      return Number(/^process_resident_memory_bytes (\d+)/m.exec(text)?.[1]);
    };
    const before = await rss();
    for (let round = 0; round < 4; round++) {
      using socket = await RawWebSocket.open({ port: node.port });
      socket.socket.write(Buffer.from([0x81, 0xff, 0, 0, 0, 0, 4, 0, 0, 0, 1, 2, 3, 4]));
      for (let sent = 0; sent < 64 && !socket.isClosed; sent++) {
        socket.socket.write(Buffer.alloc(1024 * 1024));
        await new Promise(setImmediate);
      }
      assert.equal(await socket.closed(), 1009);
    }
    const grown = (await rss()) - before;
    assert.ok(grown < 64 * 1024 * 1024, `${grown}`);
    await until("the sockets to be gone", async () => {
      const { text } = await node.ask("/metrics", { token: node.owner });
      return /^adyton_sockets 0$/m.test(text);
    });
  });
});

describe("the command line", () => {
  test("speaks over the unix socket, with no token and whatever sits on the port", async () => {
    await using node = await NodeProcess.start();
    rmSync(join(node.home, "token"));
    const usage = await run(["usage", "--json", "--home", node.home]);
    assert.equal(usage.code, 0, usage.errors);
    const said = await run(["say", "describe_self", "--home", node.home]);
    assert.equal(said.code, 0, said.errors);
    const logs = await run(["logs", "--home", node.home]);
    assert.match(logs.out, /command\.executed/);
    // A port that was asked for is meant: over HTTP a caller without a token is a local one.
    const over = await run(["usage", "--home", node.home, "--port", String(node.port)]);
    assert.notEqual(over.code, 0);
  });

  test("speaks over HTTP where there is no socket", async () => {
    await using node = await NodeProcess.start();
    rmSync(join(node.home, "adyton.sock"));
    const usage = await run(["usage", "--json", "--home", node.home]);
    assert.equal(usage.code, 0, usage.errors);
  });
});
