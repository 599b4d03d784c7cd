import assert from "node:assert/strict";
import { createServer, get, type IncomingMessage } from "node:http";
import { connect, createServer as createTcpServer, type Server } from "node:net";
import { describe, it } from "node:test";
import fc from "fast-check";
import { headBytesMax, ResponseParser } from "./response-parser.ts";

interface Read {
  readonly accepted: boolean;
  readonly whole: boolean;
  readonly status: number | undefined;
  readonly body: string;
  readonly keepsAlive: boolean | undefined;
}

/** Feeds the pieces, then the end of the connection. */
function read(...pieces: readonly (string | Buffer)[]): Read {
  const body: Buffer[] = [];
  let status: number | undefined;
  let keepsAlive: boolean | undefined;
  let whole = false;
  const parser = new ResponseParser({
    onHead: (head) => ({ status, keepsAlive } = head),
    onData: (bytes) => body.push(bytes),
    onEnd: () => {
      assert.equal(whole, false, "a response ends once");
      whole = true;
    },
  });
  const accepted = pieces.every((piece) => parser.feed(Buffer.from(piece)));
  if (accepted) parser.finish();
  return { accepted, whole, status, keepsAlive, body: Buffer.concat(body).toString("utf8") };
}

const head = (...lines: readonly string[]): string => `HTTP/1.1 200 OK\r\n${lines.join("")}\r\n`;
const counted = `${head("Content-Length: 12\r\n")}Привет`;
const chunked =
  head("Transfer-Encoding: chunked\r\n") +
  `3;name="a b"\r\nabc\r\nA\r\n0123456789\r\n0\r\nX-Trailer: 1\r\n\r\n`;

describe("ResponseParser", () => {
  it("reads counted, chunked and unbounded bodies", () => {
    assert.equal(read(`${head("content-length:3\r\n")}abc`).body, "abc");
    assert.deepEqual(read(chunked), {
      accepted: true,
      whole: true,
      status: 200,
      keepsAlive: true,
      body: "abc0123456789",
    });
    const unbounded = read(`${head()}until the end`);
    assert.deepEqual([unbounded.whole, unbounded.body], [true, "until the end"]);
    for (const status of ["204 No Content", "304 Not Modified"])
      assert.equal(read(`HTTP/1.1 ${status}\r\n\r\n`).whole, true, status);
  });

  it("passes over interim responses", () => {
    const early = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n";
    assert.equal(read(`${early}${counted}`).status, 200);
  });

  it("tells a response that was cut off", () => {
    for (const text of [counted.slice(0, -1), chunked.slice(0, -1), chunked.slice(0, -4)])
      assert.equal(read(text).whole, false, JSON.stringify(text));
    assert.equal(read("HTTP/1.1 200 OK\r\nContent-Le").whole, false);
  });

  it("tells whether the server keeps the connection", () => {
    assert.equal(read(head("Connection: close\r\n", "content-length: 0\r\n")).keepsAlive, false);
    assert.equal(read("HTTP/1.0 200 OK\r\ncontent-length: 0\r\n\r\n").keepsAlive, false);
    const kept = "HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\ncontent-length: 0\r\n\r\n";
    assert.equal(read(kept).keepsAlive, true);
  });

  it("refuses what can be read in two ways", () => {
    const refused = [
      "SSH-2.0-OpenSSH_9.6\r\n",
      "HTTP/2 200 OK\r\n\r\n",
      "HTTP/1.1 099 Low\r\n\r\n",
      "HTTP/1.1 101 Switching Protocols\r\n\r\n",
      head("Content-Length: 1\r\n", "Content-Length: 2\r\n"),
      head("Content-Length: +1\r\n"),
      head("Content-Length: 1, 1\r\n"),
      head("Content-Length: 9999999999999999\r\n"),
      head("Content-Length: 1\r\n", "Transfer-Encoding: chunked\r\n"),
      head("Transfer-Encoding: gzip, chunked\r\n"),
      head("Content-Length : 1\r\n"),
      head("X-Folded: a\r\n", " b\r\n"),
      head("no colon\r\n"),
      `${head("Transfer-Encoding: chunked\r\n")}x\r\n`,
      `${head("Transfer-Encoding: chunked\r\n")}-1\r\n`,
      `${head("Transfer-Encoding: chunked\r\n")}1\r\nabc`,
      `${counted}HTTP/1.1 200 OK\r\n`,
    ];
    for (const text of refused) assert.equal(read(text).accepted, false, JSON.stringify(text));
    assert.equal(read(counted).accepted, true);
  });

  it("bounds the head, a chunk's line and the trailers", () => {
    const padding = (bytes: number): string => `X: ${"x".repeat(bytes - 5)}\r\n`;
    const start = "HTTP/1.1 204 Gone\r\n";
    const exact = `${start}${padding(headBytesMax - start.length + 2)}\r\n`;
    assert.equal(read(exact).whole, true);
    assert.equal(read(exact.replace("X: ", "X:  ")).accepted, false);
    const open = head("Transfer-Encoding: chunked\r\n");
    assert.equal(read(`${open}1;${"x".repeat(4_094)}\r\n`).accepted, true);
    assert.equal(read(`${open}1;${"x".repeat(4_095)}\r\n`).accepted, false);
    assert.equal(read(`${open}1;${"x".repeat(5_000)}`).accepted, false);
    assert.equal(read(`${open}0\r\n${padding(headBytesMax / 2).repeat(3)}`).accepted, false);
  });

  it("reads the same however the bytes are cut", () => {
    const texts = [counted, chunked, `${head()}until the end`, `${counted}x`, "SSH-2.0\r\n"];
    const cuts = fc.array(fc.nat(120), { maxLength: 12 });
    fc.assert(
      fc.property(fc.constantFrom(...texts), cuts, (text, places) => {
        const bytes = Buffer.from(text);
        const at = [0, ...places.toSorted((a, b) => a - b), bytes.length];
        const pieces = at.slice(1).map((end, index) => bytes.subarray(at[index], end));
        assert.deepEqual(read(...pieces), read(bytes));
      }),
    );
    for (const text of texts) {
      const bytes = [...Buffer.from(text)].map((byte) => Buffer.of(byte));
      assert.deepEqual(read(...bytes), read(text), JSON.stringify(text));
    }
  });

  it("reads what node:http writes as node:http reads it", async () => {
    for (const body of ["", "x", "Привет, мир", "y".repeat(200_000)])
      for (const isChunked of [true, false]) {
        const server = createServer((_request, response) => {
          if (!isChunked) response.setHeader("Content-Length", Buffer.byteLength(body));
          for (const part of body.match(/.{1,7000}/gsu) ?? []) response.write(part);
          response.end();
        });
        const bytes = await answerOf(server);
        const ours = read(bytes);
        assert.deepEqual([ours.status, ours.whole, ours.body], [200, true, body]);
        assert.equal(await asNodeReads(bytes), body);
      }
  });
});

async function portOf(server: Server): Promise<number> {
  const listening = Promise.withResolvers<void>();
  server.listen(0, "127.0.0.1", listening.resolve);
  await listening.promise;
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  return address.port;
}

const joined = (chunks: readonly unknown[]): Buffer =>
  Buffer.concat(chunks.filter((chunk) => chunk instanceof Uint8Array));

/** The bytes of a server's answer to one request. */
async function answerOf(server: Server): Promise<Buffer> {
  const socket = connect(await portOf(server), "127.0.0.1");
  socket.end("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  const bytes = joined(await socket.toArray());
  server.close();
  return bytes;
}

async function asNodeReads(bytes: Buffer): Promise<string> {
  const server = createTcpServer((socket) => socket.end(bytes).resume());
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  get({ port: await portOf(server), host: "127.0.0.1", agent: false }, resolve).on("error", reject);
  const body = joined(await (await promise).toArray());
  server.close();
  return body.toString("utf8");
}
