import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { describe, it } from "node:test";
import { linkCallBytesMax, linkProtocol } from "@adyton/protocol/link-limits";
import { ManualClock } from "@adyton/runtime/clock";
import { readFrame, writeFrame } from "@adyton/runtime/link/link-frame";
import { linkProof, newNonce } from "@adyton/runtime/link/link-proof";
import { WebSocket } from "ws";
import { LinkHost } from "./link-host.ts";
import { LinkServer } from "./link-server.ts";
import { strangerBytesMax } from "./stranger.ts";

const key = { reveal: () => "the key" };

async function setUp(stack: AsyncDisposableStack) {
  const { promise: taken, resolve: take } = Promise.withResolvers<number>();
  const host = stack.use(
    new LinkHost({
      key,
      // Nobody is cut for being slow.
      clock: new ManualClock(),
      log: () => undefined,
      rareLog: { say: () => undefined },
      work: () => ({
        take: ({ body }) => take(body.length),
        [Symbol.dispose]: () => undefined,
      }),
    }),
  );
  const { port } = stack.use(await LinkServer.listen("127.0.0.1", 0, host));
  return { port, taken };
}

/** Asks for a WebSocket by hand, and sends bytes behind that. Tells whether their last ping is answered. */
async function isAnswered(port: number, bytes: Buffer, isAtOnce: boolean): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  const request = [
    "GET / HTTP/1.1",
    "Host: relay",
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    `Sec-WebSocket-Key: ${randomBytes(16).toString("base64")}`,
    `Sec-WebSocket-Protocol: ${linkProtocol}`,
  ];
  const asked = Buffer.from(`${request.join("\r\n")}\r\n\r\n`);
  let got = Buffer.alloc(0);
  socket.on("data", (chunk: Buffer) => {
    got = Buffer.concat([got, chunk]);
    if (got.includes(lastPong)) socket.destroy();
  });
  // A connection that is cut may be reset.
  socket.on("error", () => undefined);
  const closed = once(socket, "close");
  if (isAtOnce) socket.write(Buffer.concat([asked, bytes]));
  else {
    socket.write(asked);
    await once(socket, "data");
    socket.write(bytes);
  }
  await closed;
  return got.includes(lastPong);
}

// Frames as a client sends them, under a mask of zeros.
const lastPing = Buffer.from([0x89, 0x81, 0, 0, 0, 0, 0x71]);
const lastPong = Buffer.from([0x8a, 0x01, 0x71]);

/** The first piece of a message that does not end, and a ping: so many bytes. */
function begun(bytes: number): Buffer {
  const head = Buffer.from([0x02, 0xfe, 0, 0, 0, 0, 0, 0]);
  const size = bytes - head.length - lastPing.length;
  head.writeUInt16BE(size, 2);
  return Buffer.concat([head, Buffer.alloc(size), lastPing]);
}

describe("what the relay's door takes", () => {
  it("bounds what a stranger sends", async () => {
    await using stack = new AsyncDisposableStack();
    const { port } = await setUp(stack);
    for (const isAtOnce of [false, true]) {
      assert.equal(await isAnswered(port, begun(strangerBytesMax), isAtOnce), true);
      assert.equal(await isAnswered(port, begun(strangerBytesMax + 1), isAtOnce), false);
    }
  });

  it("takes frames of a megabyte from who has proved the key", async () => {
    await using stack = new AsyncDisposableStack();
    const { port, taken } = await setUp(stack);
    const node = new WebSocket(`ws://127.0.0.1:${port}/`, linkProtocol);
    stack.defer(() => node.terminate());
    const next = async () => readFrame(((await once(node, "message")) as [Buffer])[0])?.frame;
    const challenge = await next();
    assert.ok(challenge?.type === "challenge");
    const [nonce, said] = [newNonce(), { session: null, received: 0 }];
    const greeting = { relayNonce: challenge.nonce, coreNonce: nonce, ...said };
    const proof = linkProof(key, "core", greeting);
    node.send(writeFrame({ type: "hello", version: 1, nonce, ...said, proof }));
    assert.equal((await next())?.type, "welcome");
    const asked = { method: "sendPhoto", contentType: "image/png" } as const;
    node.send(
      writeFrame({ type: "call", seq: 1, call: 1, ...asked }, Buffer.alloc(linkCallBytesMax)),
    );
    assert.equal(await taken, linkCallBytesMax);
  });
});

const host = (say: (line: string) => void): LinkHost =>
  new LinkHost({
    key,
    clock: new ManualClock(),
    log: () => undefined,
    rareLog: { say },
    work: () => assert.fail("nobody proves the key"),
  });

it("keeps no place for a node of another version that does not go", async () => {
  using links = host(() => undefined);
  const server = await LinkServer.listen("127.0.0.1", 0, links);
  const held = Array.from({ length: 3 }, () =>
    connect({ port: server.port, host: "127.0.0.1", allowHalfOpen: true }),
  );
  for (const socket of held) {
    socket.write(upgradeTo("adyton.link.v2", "/"));
    await once(socket, "data");
  }
  await server[Symbol.asyncDispose]();
  for (const socket of held) socket.destroy();
});

describe("what the relay's door answers", () => {
  const cases: readonly [name: string, protocol: string, path: string, answer: RegExp][] = [
    ["greets a node", linkProtocol, "/", /^HTTP\/1\.1 101 /],
    ["says so to a node of another version", "adyton.link.v2", "/", /^HTTP\/1\.1 426 /],
    ["says so to a node of a version long gone", "adyton.link.v0", "/", /^HTTP\/1\.1 426 /],
    ["gives no answer to a number that is none", "adyton.link.v12345", "/", /^$/],
    ["gives no answer to another protocol", "chat", "/", /^$/],
    ["gives no answer to another path", linkProtocol, "/x", /^$/],
  ];
  for (const [name, protocol, path, answer] of cases)
    it(name, async () => {
      const told: string[] = [];
      using links = host((line) => void told.push(line));
      await using server = await LinkServer.listen("127.0.0.1", 0, links);
      const socket = connect(server.port, "127.0.0.1");
      socket.write(upgradeTo(protocol, path));
      // The greeted one is told to go on; what is said to the others ends by itself.
      socket.once("data", () => void (protocol === linkProtocol && socket.end()));
      assert.match(await text(socket).catch(() => ""), answer);
      const isOther = answer.source.includes("426");
      assert.deepEqual(
        told,
        isOther ? ["refused: another version of the link: run both in one version"] : [],
      );
    });
});

function upgradeTo(protocol: string, path: string): string {
  return (
    `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
    `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n` +
    `Sec-WebSocket-Protocol: ${protocol}\r\n\r\n`
  );
}
