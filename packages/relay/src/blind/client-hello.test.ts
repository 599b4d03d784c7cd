import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { before, describe, it } from "node:test";
import { connect } from "node:tls";
import * as fc from "fast-check";
import { helloBytesMax, readClientHello } from "./client-hello.ts";

/** The greeting that Node's own client sends. */
async function helloOf(servername: string): Promise<Buffer> {
  await using server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const client = connect({ port, host: "127.0.0.1", servername, rejectUnauthorized: false });
  client.on("error", () => undefined);
  const [socket] = await once(server, "connection");
  const [bytes] = await once(socket, "data");
  client.destroy();
  socket.destroy();
  assert.ok(Buffer.isBuffer(bytes));
  return bytes;
}

/** The same greeting in records of so many bytes. */
function inRecords(hello: Buffer, bytes: number): Buffer {
  const message = hello.subarray(5);
  const records: Buffer[] = [];
  for (let at = 0; at < message.length; at += bytes) {
    const part = message.subarray(at, at + bytes);
    records.push(Buffer.from([22, 3, 1, part.length >> 8, part.length & 255]), part);
  }
  return Buffer.concat(records);
}

describe("reading a greeting", () => {
  let hello: Buffer;
  before(async () => {
    hello = await helloOf("API.telegram.org");
  });

  it("names the server, in lower case", () => {
    assert.deepEqual(readClientHello(hello), { kind: "named", server: "api.telegram.org" });
  });

  it("waits for the rest at every cut, and never guesses", () => {
    for (let end = 0; end < hello.length; end += 1)
      assert.deepEqual(readClientHello(hello.subarray(0, end)), { kind: "more" }, `${end} bytes`);
  });

  for (const bytes of [1, 7, 100])
    it(`reads it in records of ${bytes} bytes`, () => {
      const read = readClientHello(inRecords(hello, bytes));
      assert.deepEqual(read, { kind: "named", server: "api.telegram.org" });
    });

  it("refuses what is no TLS, or has no name", async () => {
    const notTls = { kind: "refused", reason: "not_tls" };
    assert.deepEqual(readClientHello(Buffer.from("GET / HTTP/1.1\r\n")), notTls);
    assert.deepEqual(readClientHello(Buffer.from([22, 3, 1, 0, 4, 2, 0, 0, 0])), notTls);
    const nameless = await helloOf("");
    assert.deepEqual(readClientHello(nameless), { kind: "refused", reason: "no_name" });
  });

  it("refuses a greeting that does not end", () => {
    const endless = Buffer.alloc(helloBytesMax);
    endless.set([22, 3, 1, 255, 255, 1, 255, 255, 255]);
    assert.equal(readClientHello(endless.subarray(0, -1)).kind, "more");
    assert.deepEqual(readClientHello(endless), { kind: "refused", reason: "too_long" });
  });

  it("answers to any bytes at all, and any damage", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
        assert.ok(readClientHello(Buffer.from(bytes)).kind);
      }),
    );
    const flips = fc.array(fc.tuple(fc.nat(hello.length - 1), fc.nat(255)), { maxLength: 8 });
    fc.assert(
      fc.property(flips, (changes) => {
        const damaged = Buffer.from(hello);
        for (const [at, value] of changes) damaged[at] = value;
        assert.ok(readClientHello(damaged).kind);
      }),
    );
  });
});
