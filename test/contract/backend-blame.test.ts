import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { BackendError } from "../../packages/core/src/adapters/openai-compatible/address.ts";
import type { ServerHost } from "../../packages/core/src/ports/server-host.ts";
import { ask, briefly, messages, open, serveChat } from "./backend-fixture.ts";

describe("a backend", () => {
  it("takes a kept connection that died for no fault of the server, and asks again at once", async () => {
    let asked = 0;
    await using server = await serveChat((request, response) => {
      asked += 1;
      if (asked === 2) {
        request.socket.destroy();
        return;
      }
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ choices: [{ message: { content: "да" } }] }));
    });
    await using backend = open(server.url);
    const changes: string[] = [];
    backend.onHealthChange(({ status }) => changes.push(status));
    for (const before of [0, 1]) {
      assert.equal(asked, before);
      assert.equal(briefly((await ask(backend, false)).outcome), "answered");
    }
    assert.equal(asked, 3);
    assert.deepEqual(changes, ["ok"]);
  });

  it("does not ask a loading server for somebody who has gone", async () => {
    let asked = 0;
    await using server = await serveChat((_request, response) => {
      asked += 1;
      response.end();
    });
    const host: ServerHost = {
      url: server.url,
      name: "embedded:m",
      trouble: "is loading",
      settled: () => new Promise(() => undefined),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
    await using backend = open(server.url, { host });
    const called = new AbortController();
    const outcome = backend.chat({ messages, signal: called.signal });
    called.abort();
    assert.equal(briefly(await outcome), "cancelled");
    assert.equal(asked, 0);
  });

  it("refuses a key that would break a header in two, and does not repeat it", () => {
    const openWith = (key: string) => open("http://127.0.0.1:1", { apiKey: { reveal: () => key } });
    for (const key of ["sk-1\nX-Other: 1", "sk-1\r\n", "ключ", "two words", "\u007f"])
      assert.throws(
        () => openWith(key),
        (error: Error) => error instanceof BackendError && !error.message.includes(key),
      );
    assert.doesNotThrow(() => openWith("sk-1_~!"));
  });
});
