import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { describe, it } from "node:test";
import { linkFilePathPattern, otherVersionStatus } from "@adyton/protocol/link-limits";
import type { LinkClient } from "./link-client.ts";
import { dialRelay, LinkFetch } from "./link-fetch.ts";

const never = new AbortController().signal;

it("knows a relay of another version by its answer", async () => {
  for (const [status, code] of [
    [otherVersionStatus, "VERSION"],
    [200, undefined],
    [404, undefined],
  ] as const) {
    await using stack = new AsyncDisposableStack();
    const server = createServer((_request, response) => void response.writeHead(status).end());
    server.on("upgrade", (_request, socket) => {
      socket.on("error", () => socket.destroy());
      socket.end(`HTTP/1.1 ${status} X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
    });
    await once(server.listen(0, "127.0.0.1"), "listening");
    stack.defer(() => new Promise<void>((closed) => void server.close(() => closed())));
    stack.defer(() => server.closeAllConnections());
    const bound = server.address();
    const port = typeof bound === "object" && bound !== null ? bound.port : 0;
    const isNone = (): void => assert.fail("it is no relay");
    const error: unknown = await dialRelay({ host: "127.0.0.1", port }, isNone, never).catch(
      (reason: unknown) => reason,
    );
    assert.ok(error instanceof Error);
    assert.equal(Reflect.get(error, "code"), code);
  }
});

describe("a request through the link", () => {
  const paths: readonly [given: string, asked: string][] = [
    ["photos/file_1.jpg", "photos/file_1.jpg"],
    ["documents/file_2.док", "documents/file_2.%D0%B4%D0%BE%D0%BA"],
    ["documents/file_3.a (1)", "documents/file_3.a%20%281%29"],
    ["documents/file_4.~'!", "documents/file_4.%7e%27%21"],
  ];
  for (const [given, wanted] of paths)
    it(`asks for ${given} by a path that the relay takes`, async () => {
      const asked: unknown[] = [];
      const call: LinkClient["call"] = (what) => {
        asked.push(what);
        return Promise.resolve({ status: 200, body: Buffer.from("file") });
      };
      const fetched = await new LinkFetch({ call }).fetch(
        `https://api.telegram.org/file/bot0:relay/${given}`,
      );
      assert.deepEqual(asked, [{ type: "file", path: wanted }]);
      assert.match(wanted, linkFilePathPattern);
      assert.equal(fetched.bytes.toString(), "file");
    });
});
