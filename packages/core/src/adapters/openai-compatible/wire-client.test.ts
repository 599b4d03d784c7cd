import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { ManualClock } from "@adyton/runtime/clock";
import { parseAddress } from "./address.ts";
import { readBody, WireClient, type WireResponse } from "./wire-client.ts";

/** A server whose every answer is written by hand: `answers[n]` goes to the n-th request, whatever it asks. */
class Scripted implements AsyncDisposable {
  readonly server: Server;
  readonly sockets: Socket[] = [];
  readonly requests: string[] = [];

  constructor(answers: readonly string[]) {
    this.server = createServer((socket) => {
      this.sockets.push(socket);
      socket.setEncoding("utf8");
      socket.on("error", () => socket.destroy());
      socket.on("data", (text: string) => {
        socket.write(answers[this.requests.length] ?? "");
        this.requests.push(text);
        this.server.emit("asked");
      });
    });
  }

  async at(path?: string): Promise<string> {
    const target = path === undefined ? { port: 0, host: "127.0.0.1" } : { path };
    this.server.listen(target);
    await once(this.server, "listening");
    const address = this.server.address();
    if (typeof address === "string") return `unix:${address}`;
    return `http://127.0.0.1:${address?.port}/base`;
  }

  /** Resolves when so many requests have arrived. */
  async asked(count: number): Promise<void> {
    while (this.requests.length < count) await once(this.server, "asked");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
    await once(this.server, "close");
  }
}

const ok = (...headers: readonly string[]): string =>
  `HTTP/1.1 200 OK\r\n${headers.map((line) => `${line}\r\n`).join("")}Content-Length: 2\r\n\r\nok`;

function clientOf(url: string, clock = new ManualClock()): WireClient {
  return new WireClient({ address: parseAddress(url), connectMsMax: 1_000, clock });
}

async function textOf(got: WireResponse): Promise<string> {
  if (got.kind === "fault") return got.fault;
  const body = await readBody(got.response, 100);
  return body.kind === "complete" ? body.text : body.kind;
}

const get = { method: "GET", path: "/v1/models" } as const;

describe("WireClient", () => {
  it("sends one request after the other on one connection, and says who it is", async () => {
    await using server = new Scripted([ok(), ok()]);
    using client = new WireClient({
      address: parseAddress(await server.at()),
      connectMsMax: 1_000,
      clock: new ManualClock(),
      apiKey: { reveal: () => "sk-1" },
    });
    assert.equal(await textOf(await client.send(get).response), "ok");
    const post = { method: "POST", path: "/v1/x", body: '{"ё":1}' } as const;
    assert.equal(await textOf(await client.send(post).response), "ok");
    assert.equal(server.sockets.length, 1);
    assert.match(server.requests[0] ?? "", /^GET \/base\/v1\/models HTTP\/1\.1\r\nHost: 127/);
    assert.match(server.requests[1] ?? "", /Bearer sk-1\r\n.*Content-Length: 8\r\n\r\n{"ё":1}$/s);
  });

  it("uses a connection no longer than its server announced", async () => {
    await using server = new Scripted([ok("Keep-Alive: timeout=5"), ok(), ok()]);
    const clock = new ManualClock();
    using client = clientOf(await server.at(), clock);
    await textOf(await client.send(get).response);
    await clock.advance(3_999);
    await textOf(await client.send(get).response);
    assert.equal(server.sockets.length, 1);
    await using other = new Scripted([ok("Keep-Alive: timeout=5"), ok()]);
    using late = clientOf(await other.at(), clock);
    await textOf(await late.send(get).response);
    await clock.advance(4_000);
    await textOf(await late.send(get).response);
    assert.equal(other.sockets.length, 2);
  });

  it("does not keep a connection that the server closes, or on which it says more than asked", async () => {
    for (const first of [ok("Connection: close"), `${ok()}HTTP/1.1 408 Late\r\n\r\n`]) {
      await using server = new Scripted([first, ok()]);
      using client = clientOf(await server.at());
      assert.equal(await textOf(await client.send(get).response), "ok");
      assert.equal(await textOf(await client.send(get).response), "ok");
      assert.equal(server.sockets.length, 2);
    }
  });

  it("closes a connection of its own after its answer", async () => {
    await using server = new Scripted([ok(), ok()]);
    using client = clientOf(await server.at());
    assert.equal(await textOf(await client.send({ ...get, isSeparate: true }).response), "ok");
    const [socket] = server.sockets;
    if (socket !== undefined && !socket.closed) await once(socket, "close");
    assert.equal(await textOf(await client.send(get).response), "ok");
    assert.equal(server.sockets.length, 2);
  });

  it("tells a kept connection that had died from an answer that did not come", async () => {
    await using server = new Scripted([ok()]);
    using client = clientOf(await server.at());
    const first = client.send(get);
    assert.equal(await textOf(await first.response), "ok");
    const second = client.send(get);
    server.sockets[0]?.resetAndDestroy();
    assert.equal(await textOf(await second.response), "stale");
    const third = client.send(get);
    await server.asked(2);
    server.sockets[1]?.resetAndDestroy();
    assert.equal(await textOf(await third.response), "reset");
  });

  it("gives up a connection that does not come up in time", async () => {
    const clock = new ManualClock();
    // Of the documentation's range (RFC 5737): nobody answers, or the system has no way there.
    using client = clientOf("http://192.0.2.1:9", clock);
    const { response } = client.send(get);
    await clock.advance(1_000);
    assert.deepEqual(await response, { kind: "fault", fault: "unreachable" });
  });

  it("tells a closed exchange, before and within the answer", async () => {
    await using server = new Scripted(["", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"]);
    using client = clientOf(await server.at());
    const early = client.send(get);
    await server.asked(1);
    early.close();
    assert.deepEqual(await early.response, { kind: "fault", fault: "closed" });
    const late = client.send(get);
    const got = await late.response;
    const text = textOf(got);
    late.close();
    assert.equal(await text, "broken");
  });

  it("tells a reader that closes within what came early once that it is over, and nothing more", async () => {
    const pieces = "2\r\nab\r\n".repeat(3);
    await using server = new Scripted([
      `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${pieces}`,
    ]);
    using client = clientOf(await server.at());
    const got = await client.send(get).response;
    assert.ok(got.kind === "response");
    const told: (string | boolean)[] = [];
    got.response.read({
      onData: (bytes) => {
        told.push(bytes.toString());
        got.response.close();
      },
      onEnd: (isWhole) => told.push(isWhole),
    });
    assert.deepEqual(told, ["ab", false]);
  });

  it("speaks over a unix socket", async () => {
    await using server = new Scripted([ok()]);
    const path = join(tmpdir(), `adyton-wire-${process.pid}.sock`);
    using client = clientOf(await server.at(path));
    assert.equal(await textOf(await client.send(get).response), "ok");
    using nobody = clientOf(`unix:${path}.gone`);
    assert.equal(await textOf(await nobody.send(get).response), "unreachable");
  });
});
