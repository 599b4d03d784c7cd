import assert from "node:assert/strict";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { describe, it } from "node:test";
import { linkProtocol } from "@adyton/protocol/link-limits";
import { systemClock } from "@adyton/runtime/clock";
import { LinkHost } from "./link-host.ts";
import { LinkServer } from "./link-server.ts";

const host = (log: (message: string) => void): LinkHost =>
  new LinkHost({
    key: { reveal: () => "the key" },
    clock: systemClock,
    log,
    work: () => assert.fail("nobody proves the key"),
  });

describe("the door of the relay", () => {
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
      using links = host((message) => void told.push(message));
      await using server = await LinkServer.listen("127.0.0.1", 0, links);
      const socket = connect(server.port, "127.0.0.1");
      socket.write(
        `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
          `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n` +
          `Sec-WebSocket-Protocol: ${protocol}\r\n\r\n`,
      );
      // The greeted one is told to go on; what is said to the others ends by itself.
      socket.once("data", () => void (protocol === linkProtocol && socket.end()));
      assert.match(await text(socket).catch(() => ""), answer);
      const isOther = answer.source.includes("426");
      assert.deepEqual(told, isOther ? ["refused: another version of the link"] : []);
    });
});
