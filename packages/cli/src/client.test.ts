import assert from "node:assert/strict";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { after, describe, it } from "node:test";
import { problem } from "@adyton/protocol";
import { Secret } from "@adyton/runtime/secret";
import { Client } from "./client.ts";
import { Failure } from "./failure.ts";
import { en } from "./texts/en.ts";
import { ru } from "./texts/ru.ts";
import { translator } from "./texts/translate.ts";

const servers: Server[] = [];
after(() => {
  for (const server of servers) {
    server.close();
    server.closeAllConnections();
  }
});

async function serve(listener: RequestListener): Promise<number> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  return (server.address() as AddressInfo).port;
}

interface Wanted {
  readonly token?: string;
  readonly texts?: typeof ru | typeof en;
  readonly answerCharsMax?: number;
  readonly quietMs?: number;
}

function clientOf(port: number, { token, texts = en, ...limits }: Wanted = {}): Client {
  return new Client({
    address: { host: "127.0.0.1", port, text: `127.0.0.1:${port}` },
    token: token === undefined ? undefined : new Secret(token),
    t: translator(texts),
    ...limits,
  });
}

const usage = { since: "2026-11-01", rows: [] };
const json =
  (body: unknown, status = 200, type = "application/json"): RequestListener =>
  (_, response) =>
    response.writeHead(status, { "content-type": type }).end(JSON.stringify(body));

async function failureOf(work: Promise<unknown>): Promise<Failure> {
  try {
    await work;
  } catch (error) {
    assert.ok(error instanceof Failure, String(error));
    return error;
  }
  return assert.fail("it did not fail");
}

describe("the client", () => {
  it("sends method, query, token and body as the route table says", async () => {
    const seen: string[] = [];
    const port = await serve((request, response) => {
      seen.push(`${request.method} ${request.url} ${request.headers.authorization}`);
      json(usage)(request, response);
    });
    assert.deepEqual(
      await clientOf(port, { token: "tk" }).ask("getUsage", { query: { days: 7 } }),
      usage,
    );
    await failureOf(clientOf(port).ask("revokeToken", { params: { name: "a/b ё" } }));
    assert.deepEqual(seen, [
      "GET /api/v1/usage?days=7 Bearer tk",
      "DELETE /api/v1/tokens/a%2Fb%20%D1%91 undefined",
    ]);
  });

  it("says in the user's language that no node answers, and how to start one", async () => {
    const port = await serve(json(usage));
    await new Promise((resolve) => servers.pop()?.close(resolve));
    const english = await failureOf(clientOf(port).ask("getUsage"));
    assert.equal(english.code, "unreachable");
    assert.equal(english.message, `No node answers at 127.0.0.1:${port}.`);
    assert.equal(english.advice, `Start it with: adyton up --port ${port}`);
    const russian = await failureOf(clientOf(port, { texts: ru }).ask("getUsage"));
    assert.equal(russian.message, `По адресу 127.0.0.1:${port} узел не отвечает.`);
  });

  it("gives a problem as a value, and as a failure with its faults", async () => {
    const refusal = problem("invalid_body", {
      detail: "Two faults.",
      errors: [{ path: "/text", message: "is missing" }],
    });
    const port = await serve(json(refusal, 422, "application/problem+json"));
    assert.deepEqual(await clientOf(port).call("getUsage"), { kind: "problem", problem: refusal });
    const failure = await failureOf(clientOf(port, { texts: ru }).ask("getUsage"));
    assert.equal(failure.message, "Узел не принимает такие значения.");
    assert.equal(failure.detail, "Two faults.\n  /text: is missing");
    assert.deepEqual(failure.data, refusal);
  });

  it("tells when to come again", async () => {
    const busy = problem("busy", { retryAfterSeconds: 3 });
    const port = await serve(json(busy, 429, "application/problem+json"));
    assert.equal((await failureOf(clientOf(port).ask("getUsage"))).advice, "Try again in 3 s.");
  });

  const foreign: readonly (readonly [string, RequestListener])[] = [
    [
      "a page",
      (_, response) => response.writeHead(200, { "content-type": "text/html" }).end("<h1>"),
    ],
    ["JSON of another shape", json({ hello: 1 })],
    ["an unknown key", json({ ...usage, more: 1 })],
    ["a problem of no known code", json({ code: "odd" }, 400, "application/problem+json")],
    ["nothing", (_, response) => response.writeHead(204).end()],
  ];
  for (const [name, listener] of foreign)
    it(`does not take ${name} for an answer`, async () => {
      const failure = await failureOf(clientOf(await serve(listener)).ask("getUsage"));
      assert.match(failure.message, /does not speak/);
    });

  it("reads a failed health, whose status is 503", async () => {
    const report = { status: "failed", ready: false, version: "1", uptimeSeconds: 1, parts: [] };
    const outcome = await clientOf(await serve(json(report, 503))).call("getHealth");
    assert.deepEqual(outcome, { kind: "ok", status: 503, value: report });
  });

  it("takes an answer at its limit and refuses one character more", async () => {
    const port = await serve(json(usage));
    const { length } = JSON.stringify(usage);
    await clientOf(port, { answerCharsMax: length }).ask("getUsage");
    const refused = clientOf(port, { answerCharsMax: length - 1 }).ask("getUsage");
    assert.match((await failureOf(refused)).message, /does not speak/);
  });

  it("gives a silent node up, but waits for a model", async () => {
    let release: (() => void) | undefined;
    const port = await serve((request, response) => {
      if (request.url === "/api/v1/message") release = () => json({}, 200)(request, response);
    });
    const failure = await failureOf(clientOf(port, { quietMs: 30 }).ask("getUsage"));
    assert.match(failure.message, /has said nothing/);
    const patient = clientOf(port, { quietMs: 30 }).ask("sendMessage", { body: { text: "a" } });
    const first = await Promise.race([
      patient.catch(() => "ended"),
      failureOf(clientOf(port, { quietMs: 60 }).ask("getUsage")).then(() => "waiting"),
    ]);
    assert.equal(first, "waiting");
    release?.();
    await failureOf(patient);
  });

  it("says that a node broke off", async () => {
    const port = await serve((_, response) => {
      response.writeHead(200, { "content-type": "application/json", "content-length": 100 });
      response.write("{", () => response.destroy());
    });
    assert.match((await failureOf(clientOf(port).ask("getUsage"))).message, /broke off/);
  });

  it("streams events however they are cut, in Russian", async () => {
    const text =
      'id: 1\nevent: delta\ndata: {"text":"ёж"}\n\n: beat\n\nevent: answer\ndata: {}\n\n';
    const bytes = Buffer.from(text);
    const port = await serve((_, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      let at = 0;
      const next = (): void => {
        if (at < bytes.length) response.write(bytes.subarray(at, (at += 1)), next);
        else response.end();
      };
      next();
    });
    const events = [];
    for await (const event of clientOf(port).stream("sendMessage", { body: { text: "a" } }))
      events.push(`${event.id} ${event.event} ${event.data}`);
    assert.deepEqual(events, ['1 delta {"text":"ёж"}', "undefined answer {}"]);
  });

  it("refuses in a stream as elsewhere", async () => {
    const port = await serve(json(problem("busy"), 429, "application/problem+json"));
    const events = clientOf(port).stream("sendMessage", { body: { text: "a" } });
    assert.match((await failureOf(events.next())).message, /does not take this now/);
    const page = clientOf(await serve(json(usage))).stream("getEvents", {});
    assert.match((await failureOf(page.next())).message, /does not speak/);
  });

  it("lets the caller go away", async () => {
    const gone = Promise.withResolvers<void>();
    const port = await serve((request, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write("event: delta\ndata: {}\n\n");
      request.socket.on("close", () => gone.resolve());
    });
    const controller = new AbortController();
    const call = { body: { text: "a" }, signal: controller.signal };
    const events = clientOf(port).stream("sendMessage", call);
    await events.next();
    controller.abort();
    await assert.rejects(events.next(), (error) => !(error instanceof Failure));
    await gone.promise;
  });
});
