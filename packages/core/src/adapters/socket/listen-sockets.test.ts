import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { spawnSync } from "node:child_process";
import { after, before, describe, it } from "node:test";
import { http } from "@adyton/runtime/node-http";
import { testServer } from "../http/test/http-fixture.ts";
import { listenOnPort, listenOnUnixSocket, socketPathBytesMax } from "./listen-sockets.ts";
import { SocketDoor } from "./socket-door.ts";
import { LinesClient, local, owner, TestCallers, testDoor } from "./test/socket-fixture.ts";

let folder: string;
before(() => (folder = mkdtempSync(join(tmpdir(), "adyton-listen-"))));
after(() => rmSync(folder, { recursive: true }));

async function open(path: string) {
  const server = await testServer();
  const { operations } = server.http;
  const callers = new TestCallers();
  const door = new SocketDoor({ operations, callers, log: () => undefined });
  const speaker = { principal: owner, byToken: false };
  const outcome = await listenOnUnixSocket({ path, door, speaker, http: () => undefined });
  return {
    outcome,
    door,
    [Symbol.asyncDispose]: async () => {
      if (outcome.kind === "listening") await outcome.listener[Symbol.asyncDispose]();
      await door[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

describe("the unix socket", () => {
  it("can be opened by its user alone, and is gone with the node", async () => {
    const path = join(folder, "a.sock");
    {
      await using opened = await open(path);
      assert.equal(opened.outcome.kind, "listening");
      assert.equal(statSync(path).mode & 0o777, 0o600);
    }
    assert.equal(statSync(path, { throwIfNoEntry: false }), undefined);
  });

  it("replaces what a killed node left", async () => {
    const path = join(folder, "b.sock");
    const killed = `require("net").createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, "SIGKILL"))`;
    spawnSync(process.execPath, ["-e", killed]);
    assert.ok(statSync(path).isSocket());
    await using opened = await open(path);
    assert.equal(opened.outcome.kind, "listening");
    using client = new LinesClient({ path });
    client.tell({ type: "health", id: "1" });
    assert.equal((await client.answer("1")).type, "result");
  });

  it("leaves alone what is no socket, and what another program serves", async () => {
    const file = join(folder, "c.sock");
    writeFileSync(file, "mine");
    await using first = await open(file);
    assert.match(first.outcome.kind === "refused" ? first.outcome.message : "", /a file of that/);
    const served = join(folder, "d.sock");
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(served, resolve));
    await using second = await open(served);
    assert.match(
      second.outcome.kind === "refused" ? second.outcome.message : "",
      /another program/,
    );
    await new Promise((resolve) => other.close(resolve));
  });

  it("takes a path at the system's limit and says what is wrong with a longer one", async () => {
    const fits = join(folder, "x".repeat(socketPathBytesMax - folder.length - 1));
    await using first = await open(fits);
    assert.equal(first.outcome.kind, "listening");
    await using second = await open(`${fits}y`);
    assert.match(
      second.outcome.kind === "refused" ? second.outcome.message : "",
      new RegExp(`${socketPathBytesMax + 1} bytes.*${socketPathBytesMax}`),
    );
    await using third = await open(join(folder, "ж".repeat(50)));
    assert.equal(third.outcome.kind, "refused");
  });

  it("serves HTTP as the owner too, by the first byte", async () => {
    await using door = await testDoor();
    const answer = await new Promise<string>((resolve, reject) => {
      const request = http.request({ socketPath: door.path, path: "/api/v1/usage" }, (response) => {
        let body = "";
        response.on("data", (chunk: Buffer) => (body += chunk.toString()));
        response.on("end", () => resolve(body));
      });
      request.on("error", reject);
      request.end();
    });
    assert.equal((JSON.parse(answer) as { caller: string }).caller, "owner");
  });
});

describe("connections that say nothing", () => {
  it("are so many at once; one more closes the one that has been silent for longest", async () => {
    await using door = await testDoor({}, { silentSocketsMax: 2 });
    const { linesPort: port } = door;
    using stack = new DisposableStack();
    const silent: LinesClient[] = [];
    for (const _ of [1, 2]) {
      const client = stack.use(new LinesClient({ port }));
      await once(client.socket, "connect");
      silent.push(client);
    }
    using speaking = new LinesClient({ port });
    speaking.tell({ type: "health", id: "1" });
    assert.equal((await speaking.answer("1")).type, "result");
    await silent[0]?.closed;
    silent[1]?.tell({ type: "health", id: "2" });
    assert.equal((await silent[1]?.answer("2"))?.type, "result");
    const others = [stack.use(new LinesClient({ port })), stack.use(new LinesClient({ port }))];
    for (const { socket } of others) if (socket.connecting) await once(socket, "connect");
    others[0]?.tell({ type: "health", id: "3" });
    assert.equal((await others[0]?.answer("3"))?.type, "result");
  });

  it("are closed at once when nobody listens any more", async () => {
    await using door = await testDoor();
    using unix = new LinesClient({ path: door.path });
    using tcp = new LinesClient({ port: door.linesPort });
    // Both are accepted before a later connection is.
    for (const where of [{ path: door.path }, { port: door.linesPort }]) {
      using later = new LinesClient(where);
      later.tell({ type: "health", id: "1" });
      await later.answer("1");
    }
    const startedMs = performance.now();
    await door[Symbol.asyncDispose]();
    await Promise.all([unix.closed, tcp.closed]);
    assert.ok(performance.now() - startedMs < door.door.limits.silentMsMax);
  });
});

describe("the port for lines", () => {
  it("says when it is taken", async () => {
    await using door = await testDoor();
    const speaker = { principal: local, byToken: false };
    const { linesPort: port, door: sockets } = door;
    const again = await listenOnPort({ port, host: "127.0.0.1", door: sockets, speaker });
    assert.match(again.kind === "refused" ? again.message : "", /taken/);
  });
});
