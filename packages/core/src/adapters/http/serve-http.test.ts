import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer as createHttpServer, type Server as HttpServerOfNode } from "node:http";
import { createServer, type Server } from "node:net";
import { networkInterfaces } from "node:os";
import { describe, it } from "node:test";
import { problem } from "@adyton/protocol";
import { ProblemError } from "../../domain/problem-error.ts";
import type { Call, Handler } from "../../ports/http.ts";
import {
  ask,
  asOwner,
  handlersOf,
  jsonType,
  problemOf,
  RawClient,
  requestBytes,
  testServer,
} from "./test/http-fixture.ts";
import { ListenError, listenOn } from "./listen.ts";

const say = (body: unknown) => ({
  method: "POST",
  target: "/api/v1/message",
  headers: [jsonType],
  body: JSON.stringify(body),
});

describe("answers", () => {
  it("answers a plain request with the security headers, a date and no name of the software", async () => {
    await using server = await testServer();
    const answer = await ask(server.port, say({ text: "Привет" }));
    assert.equal(answer.status, 200);
    assert.deepEqual(JSON.parse(answer.body), {
      caller: "local",
      params: {},
      query: {},
      body: { text: "Привет" },
    });
    const { headers } = answer;
    assert.equal(headers["content-type"], "application/json");
    assert.equal(headers["cache-control"], "no-store");
    assert.equal(headers["x-content-type-options"], "nosniff");
    assert.equal(headers["content-security-policy"], "default-src 'none'");
    assert.ok(Number.isFinite(Date.parse(headers["date"] ?? "")));
    for (const name of ["x-powered-by", "server", "access-control-allow-origin"])
      assert.equal(headers[name], undefined, name);
  });

  it("serves fetch and the alias /chat", async () => {
    await using server = await testServer();
    const answer = await fetch(`http://localhost:${server.port}/chat`, {
      method: "POST",
      headers: { "content-type": "application/json; charset=UTF-8" },
      body: JSON.stringify({ text: "hi" }),
    });
    assert.equal(answer.status, 200);
    await answer.body?.cancel();
  });

  it("answers HEAD like GET, without the body", async () => {
    await using server = await testServer();
    using client = new RawClient(server.port);
    client.write(
      requestBytes(server.port, {
        method: "HEAD",
        target: "/api/v1/health",
        headers: [["Connection", "close"]],
      }),
    );
    const received = await client.until((_, closed) => closed);
    assert.match(received, /^HTTP\/1\.1 200 /);
    assert.match(received, /content-length: [1-9]/i);
    assert.ok(received.endsWith("\r\n\r\n"));
  });

  it("keeps a connection for the next request, also after a refusal", async () => {
    await using server = await testServer();
    using client = new RawClient(server.port);
    client.write(requestBytes(server.port, { target: "/nothing" }));
    await client.until((received) => received.includes("not_found"));
    client.write(requestBytes(server.port, { target: "/api/v1/health" }));
    await client.until((received) => received.includes("200 OK"));
    assert.equal(server.http.openConnections, 1);
  });

  it("answers text with the route's media type and a handler's own status and headers", async () => {
    const handlers = handlersOf(() => Promise.resolve({ kind: "text", body: "Здравствуй" }), {
      getHealth: () =>
        Promise.resolve({ kind: "json", status: 503, body: {}, headers: { "X-A": "b" } }),
    });
    await using server = await testServer({ handlers });
    const root = await ask(server.port, { target: "/" });
    assert.equal(root.headers["content-type"], "text/plain; charset=utf-8");
    assert.equal(root.body, "Здравствуй");
    const health = await ask(server.port, { target: "/api/v1/health" });
    assert.equal(health.status, 503);
    assert.equal(health.headers["x-a"], "b");
  });
});

describe("failures of a handler", () => {
  const failing =
    (error: Error): Handler =>
    async () => {
      throw error;
    };

  it("answers a ProblemError as its problem, with Retry-After", async () => {
    const busy = problem("busy", { detail: "Eight wait.", retryAfterSeconds: 3 });
    await using server = await testServer({
      handlers: handlersOf(failing(new ProblemError(busy))),
    });
    const answer = await ask(server.port, say({ text: "hi" }));
    assert.deepEqual(problemOf(answer), busy);
    assert.equal(answer.headers["retry-after"], "3");
    assert.equal(server.log.length, 0);
  });

  it("answers anything else as internal, without a word of it, under the id of the log line", async () => {
    const error = new Error("token=s3cret at /home/anna/node.ts");
    await using server = await testServer({
      handlers: handlersOf(failing(error)),
      requestId: () => "r1",
    });
    const answer = await ask(server.port, say({ text: "hi" }));
    const refusal = problemOf(answer);
    assert.equal(refusal.code, "internal");
    assert.equal(refusal.detail, undefined);
    assert.equal(refusal.instance, "urn:adyton:request:r1");
    assert.doesNotMatch(answer.body, /s3cret|anna|\.ts/);
    assert.equal(server.log[0]?.fields["requestId"], "r1");
    assert.equal(server.log[0]?.fields["error"], error);
  });

  it("answers internal when a reply does not fit its schema, only if told to check", async () => {
    await using strict = await testServer({ checkResponses: true });
    assert.equal(problemOf(await ask(strict.port, say({ text: "hi" }))).code, "internal");
    assert.equal(strict.log.length, 1);
    await using lax = await testServer();
    assert.equal((await ask(lax.port, say({ text: "hi" }))).status, 200);
  });

  it("lets a fitting reply and a listed problem pass the check, and no other problem", async () => {
    const handlers = handlersOf(
      () => Promise.resolve({ kind: "problem", problem: problem("unknown_mode") }),
      {
        listTokens: () => Promise.resolve({ kind: "json", body: { tokens: [] } }),
      },
    );
    await using server = await testServer({ handlers, checkResponses: true });
    assert.equal(problemOf(await ask(server.port, say({ text: "hi" }))).code, "unknown_mode");
    const list = await ask(server.port, { target: "/api/v1/tokens", headers: [asOwner] });
    assert.equal(list.status, 200);
    const health = await ask(server.port, { target: "/api/v1/health" });
    assert.equal(problemOf(health).code, "internal");
  });
});

describe("what the handler is told", () => {
  const seen = async (request: Parameters<typeof ask>[1]): Promise<Call> => {
    let call: Call | undefined;
    const keep: Handler = (given) => {
      call = given;
      return Promise.resolve({ kind: "json", body: {} });
    };
    await using server = await testServer({ handlers: handlersOf(keep) });
    assert.equal((await ask(server.port, request)).status < 300, true);
    assert.ok(call);
    return call;
  };
  const message = say({ text: "hi" });

  it("passes the Idempotency-Key and what Prefer asks for", async () => {
    const call = await seen({
      ...message,
      headers: [jsonType, ["Idempotency-Key", "k-1"], ["Prefer", "respond-async, wait=2"]],
    });
    assert.equal(call.idempotencyKey, "k-1");
    assert.equal(call.preferAsyncAfterMs, 2_000);
    assert.equal(call.wantsStream, false);
  });

  it("gives equal requests equal fingerprints, also through the alias, and others other ones", async () => {
    const hex = async (request: Parameters<typeof ask>[1]) =>
      Buffer.from((await seen(request)).fingerprint).toString("hex");
    const first = await hex(message);
    assert.equal(first, await hex({ ...message, target: "/chat" }));
    assert.notEqual(first, await hex(say({ text: "ho" })));
    const cancel = (id: string) => hex({ method: "POST", target: `/api/v1/runs/${id}/cancel` });
    assert.equal(await cancel("run_aaaaaaaa"), await cancel("run_aaaaaaaa"));
    assert.notEqual(await cancel("run_aaaaaaaa"), await cancel("run_bbbbbbbb"));
  });

  it("decodes path parameters and the query, and reads Last-Event-ID on streams only", async () => {
    const call = await seen({
      target: "/api/v1/events?after=5&type=turn.%61sked",
      headers: [asOwner, ["Last-Event-ID", "7"], ["Accept", "text/event-stream"]],
    });
    assert.deepEqual(call.query, { after: 5, type: "turn.asked" });
    assert.equal(call.lastEventId, 7);
    assert.equal(call.wantsStream, true);
    const run = await seen({
      target: "/api/v1/runs/run_0000%30000",
      headers: [["Last-Event-ID", "x"]],
    });
    assert.deepEqual(run.params, { id: "run_00000000" });
  });

  it("passes a search in Russian", async () => {
    const q = encodeURIComponent("подключить телеграм");
    const call = await seen({ target: `/api/v1/memory/search?q=${q}`, headers: [asOwner] });
    assert.deepEqual(call.query, { q: "подключить телеграм" });
  });
});

describe("listening", () => {
  it("takes the same free port on both loopback addresses", async () => {
    await using server = await testServer({ hosts: ["127.0.0.1", "::1"] });
    const { http } = server;
    assert.deepEqual(
      [...http.addresses, ...http.missing],
      http.missing.length === 0
        ? [`http://127.0.0.1:${http.port}`, `http://[::1]:${http.port}`]
        : [`http://127.0.0.1:${http.port}`, "::1"],
    );
    for (const address of http.addresses) {
      const answer = await fetch(`${address}/api/v1/health`);
      assert.equal(answer.status, 200);
      await answer.body?.cancel();
    }
  });

  it("works without an address the machine does not have, and says so", async () => {
    await using server = await testServer({ hosts: ["127.0.0.1", "192.0.2.1"] });
    assert.deepEqual(server.http.missing, ["192.0.2.1"]);
    assert.equal((await ask(server.port, { target: "/api/v1/health" })).status, 200);
  });

  const hasIpv6 = Object.values(networkInterfaces()).some((addresses) =>
    addresses?.some((address) => address.address === "::1"),
  );
  it(
    "tries another port when the one found is taken on the second address",
    { skip: hasIpv6 ? false : "this machine has no ::1" },
    async () => {
      const made: HttpServerOfNode[] = [];
      const blockers: Server[] = [];
      const listening = await listenOn(
        () => {
          const [first] = made;
          const taken = first?.address();
          // Its listen is called first, so the port of the first address is gone on the second.
          if (made.length === 1 && typeof taken === "object" && taken !== null)
            blockers.push(createServer().listen({ host: "::1", port: taken.port }));
          const server = createHttpServer();
          made.push(server);
          return server;
        },
        ["127.0.0.1", "::1"],
        0,
      );
      assert.equal(blockers.length, 1);
      assert.equal(made.length, 4);
      assert.equal(listening.servers.length, 2);
      assert.equal(made[0]?.listening, false);
      for (const server of [...listening.servers, ...blockers]) {
        server.close();
        await once(server, "close");
      }
    },
  );

  it("refuses when no address exists", async () => {
    await assert.rejects(testServer({ hosts: ["192.0.2.1"] }), { code: "address_unavailable" });
  });

  for (const order of [
    ["127.0.0.1", "::1"],
    ["::1", "127.0.0.1"],
  ])
    it(`names a taken port when it listens on ${order.join(" and ")}, and leaves nothing open`, async () => {
      const other = createServer().listen(0, "127.0.0.1");
      await once(other, "listening");
      const { port } = other.address() as { port: number };
      await assert.rejects(
        testServer({ hosts: order, port }),
        (error) =>
          error instanceof ListenError && error.code === "address_in_use" && error.port === port,
      );
      other.close();
      await once(other, "close");
      await using server = await testServer({ hosts: order, port });
      assert.equal(server.port, port);
    });
});
