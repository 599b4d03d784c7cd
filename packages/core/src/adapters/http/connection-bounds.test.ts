// What one client can hold open, leave unread or send ahead, and what then happens to the others.
import assert from "node:assert/strict";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import type { Server } from "node:http";
import { connect } from "node:net";
import { describe, it } from "node:test";
import {
  ask,
  asOwner,
  handlersOf,
  jsonType,
  RawClient,
  requestBytes,
  type TestServer,
  testServer,
} from "./test/http-fixture.ts";

const self = { target: "/api/v1/self" };
const health = { target: "/api/v1/health" };
const answers = (received: string) => received.split("HTTP/1.1 200 OK").length - 1;
const closing = (client: RawClient) => client.until((_, closed) => closed);

/** Answers everything at once but `GET /api/v1/self`, which waits until it may. */
function held() {
  const release = Promise.withResolvers<void>();
  let started = 0;
  const handlers = handlersOf(() => Promise.resolve({ kind: "json", body: {} }), {
    getSelf: async () => {
      started++;
      await release.promise;
      return { kind: "json", body: {} };
    },
  });
  return { handlers, release: release.resolve, started: () => started };
}

async function connected(server: TestServer, count: number): Promise<RawClient[]> {
  const clients: RawClient[] = [];
  for (let index = 1; index <= count; index++) {
    clients.push(new RawClient(server.port));
    while (server.http.openConnections < index) await new Promise(setImmediate);
  }
  return clients;
}

describe("requests sent ahead", () => {
  it("runs one at a time and answers the second after the first", async () => {
    const { handlers, release, started } = held();
    await using server = await testServer({ handlers });
    using client = new RawClient(server.port);
    const first = requestBytes(server.port, self);
    const body = '{"text":"привет"}';
    const second = { method: "POST", target: "/chat", headers: [jsonType], body };
    client.write(Buffer.concat([first, requestBytes(server.port, second)]));
    while (started() === 0) await new Promise(setImmediate);
    assert.equal((await ask(server.port, health)).status, 200);
    assert.equal(client.received, "");
    release();
    await client.until((received) => answers(received) === 2);
    client.write(requestBytes(server.port, health));
    await client.until((received) => answers(received) === 3);
  });

  for (const count of [3, 1_000])
    it(`cuts a connection with ${count} unanswered requests, runs one and makes no more than three`, async () => {
      const { handlers, release, started } = held();
      await using server = await testServer({ handlers });
      using client = new RawClient(server.port);
      let made = 0;
      const note = () => made++;
      subscribe("http.server.request.start", note);
      client.write(Buffer.concat(Array(count).fill(requestBytes(server.port, self))));
      assert.equal(await closing(client), "");
      unsubscribe("http.server.request.start", note);
      assert.equal(started(), 1);
      assert.equal(made, 3);
      release();
    });

  it("answers any number of requests sent one after the other", async () => {
    await using server = await testServer();
    using client = new RawClient(server.port);
    for (let count = 1; count <= 50; count++) {
      client.write(requestBytes(server.port, health));
      await client.until((received) => answers(received) === count);
    }
  });

  it("refuses a tunnel that is asked for before an answer without a word", async () => {
    const { handlers, release } = held();
    await using server = await testServer({ handlers });
    using client = new RawClient(server.port);
    const tunnel = requestBytes(server.port, { method: "CONNECT", target: "example.com:443" });
    client.write(Buffer.concat([requestBytes(server.port, self), tunnel]));
    assert.equal(await closing(client), "");
    release();
  });
});

describe("answers that are not taken", () => {
  const bodyBytes = 32 * 1024 * 1024;
  const large = handlersOf(() =>
    Promise.resolve({ kind: "json", body: { text: "x".repeat(bodyBytes) } }),
  );

  it("cuts a client that reads nothing", async () => {
    await using server = await testServer({ handlers: large, limits: { stalledAnswerMs: 50 } });
    using client = new RawClient(server.port);
    client.socket.pause();
    client.write(requestBytes(server.port, self));
    while (server.http.openConnections === 0) await new Promise(setImmediate);
    while (server.http.openConnections > 0) await new Promise(setImmediate);
    client.socket.resume();
    assert.ok((await closing(client)).length < bodyBytes);
  });

  it("waits for a client that reads slowly, for longer than the time of one that does not", async () => {
    const stalledAnswerMs = 1_000;
    await using server = await testServer({ handlers: large, limits: { stalledAnswerMs } });
    const socket = connect({ host: "127.0.0.1", port: server.port });
    let takenBytes = 0;
    let unpausedBytes = 0;
    socket.on("data", (chunk: Buffer) => {
      takenBytes += chunk.length;
      unpausedBytes += chunk.length;
      if (unpausedBytes < bodyBytes / 10) return;
      unpausedBytes = 0;
      socket.pause();
      setTimeout(() => socket.resume(), stalledAnswerMs / 8);
    });
    const startedMs = performance.now();
    socket.write(requestBytes(server.port, { ...self, headers: [["Connection", "close"]] }));
    await once(socket, "close");
    assert.ok(takenBytes > bodyBytes);
    assert.ok(performance.now() - startedMs > stalledAnswerMs);
  });

  it("leaves a client alone whose answer takes its time", async () => {
    const { handlers, release, started } = held();
    await using server = await testServer({ handlers, limits: { stalledAnswerMs: 300 } });
    using client = new RawClient(server.port);
    client.write(requestBytes(server.port, self));
    while (started() === 0) await new Promise(setImmediate);
    // Its positive control: a connection that idles as long is closed.
    using control = new RawClient(server.port).write("GET");
    await closing(control);
    release();
    assert.equal((await client.answer()).status, 200);
  });
});

describe("the places of connections", () => {
  it("closes a connection on which nothing was said, and none on which something was", async () => {
    await using server = await testServer({ limits: { silentConnectionMs: 500 } });
    using asked = new RawClient(server.port).write(requestBytes(server.port, health));
    using started = new RawClient(server.port).write("GET");
    using silent = new RawClient(server.port);
    assert.equal(await closing(silent), "");
    started.write(requestBytes(server.port, health).subarray(3));
    assert.equal((await started.answer()).status, 200);
    asked.write(requestBytes(server.port, health));
    await asked.until((received) => answers(received) === 2);
  });

  it("takes as many as it may, and for one more closes the one that is missed least", async () => {
    const { handlers, release, started } = held();
    await using server = await testServer({ handlers, limits: { connectionsMax: 5 } });
    const [busy, fresh, recent, idle, sending, ...rest] = await connected(server, 5);
    assert.ok(busy && fresh && recent && idle && sending && rest.length === 0);
    busy.write(requestBytes(server.port, self));
    while (started() === 0) await new Promise(setImmediate);
    idle.write(requestBytes(server.port, health));
    await idle.answer();
    recent.write(requestBytes(server.port, health));
    await recent.answer();
    const headers = [jsonType, ["Content-Length", "9"]] as const;
    const part = { method: "POST", target: "/chat", headers, body: "{" };
    sending.write(requestBytes(server.port, { ...part, headers: [...headers] }));
    assert.equal(server.http.openConnections, 5);
    const newcomers: RawClient[] = [];
    for (const closed of [fresh, idle, recent, sending]) {
      assert.equal(closed.closed, false);
      const newcomer = new RawClient(server.port).write(requestBytes(server.port, self));
      newcomers.push(newcomer);
      await closing(closed);
      while (started() <= newcomers.length) await new Promise(setImmediate);
      assert.equal(server.http.openConnections, 5);
    }
    using onemore = new RawClient(server.port).write(requestBytes(server.port, health));
    assert.equal(await closing(onemore), "");
    release();
    for (const client of [busy, ...newcomers]) assert.equal((await client.answer()).status, 200);
    for (const client of [busy, fresh, recent, idle, sending, ...newcomers])
      client.socket.destroy();
  });

  it("lets the owner finish sending when it is full", async () => {
    await using server = await testServer({ limits: { connectionsMax: 2 } });
    const body = '{"text":"hi"}';
    const start = (headers: readonly (readonly [string, string])[]) => {
      const length = ["Content-Length", String(body.length)] as const;
      const request = { method: "POST", target: "/chat", headers: [jsonType, length, ...headers] };
      return new RawClient(server.port).write(requestBytes(server.port, request));
    };
    using owners = start([asOwner]);
    while (server.http.openConnections < 1) await new Promise(setImmediate);
    using other = start([]);
    while (server.http.openConnections < 2) await new Promise(setImmediate);
    using newcomer = new RawClient(server.port).write(requestBytes(server.port, health));
    assert.equal((await newcomer.answer()).status, 200);
    assert.equal(await closing(other), "");
    owners.write(body);
    assert.equal((await owners.answer()).status, 200);
  });
});

describe("a system without room for connections", () => {
  it("goes on and tells the log, once for a time", async () => {
    await using server = await testServer();
    let serving: Server | undefined;
    const note = (message: unknown) => ({ server: serving } = message as { server: Server });
    subscribe("http.server.request.start", note);
    await ask(server.port, health);
    unsubscribe("http.server.request.start", note);
    assert.ok(serving);
    // The system's own errors of that kind need all its files or its memory to be taken.
    for (const code of ["ENFILE", "ENOBUFS"])
      serving.emit("error", Object.assign(new Error(`accept ${code}`), { code }));
    assert.deepEqual(
      server.log.map(({ level, fields }) => [level, fields]),
      [["error", { code: "ENFILE" }]],
    );
    assert.equal((await ask(server.port, health)).status, 200);
  });
});
