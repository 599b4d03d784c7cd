import assert from "node:assert/strict";
import { createServer, type RequestListener } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { describe, test } from "node:test";
import { type Fault, startOpenAiEmulator } from "@adyton/emulators";
import type { Answer } from "./http-client.ts";
import { chatsOf, NodeProcess, startWithEmulator, until } from "./node-process.ts";
import { lastingPort } from "../../packages/core/test/lasting-port.ts";

// What people get when the model server fails in every way it can, and that all is well again once it is.

const reply = "One two three, раз два три, four five six.";
const shortWall = "turns:\n  wall_seconds: 2\n";

async function health(
  node: NodeProcess,
): Promise<{ status: string; ready: boolean; text: string }> {
  const answer = await node.ask("/api/v1/health", { token: node.owner });
  return { status: answer.json.status, ready: answer.json.ready, text: answer.text };
}
const becomes = (node: NodeProcess, status: string): Promise<unknown> =>
  until(`health ${status}`, async () => (await health(node)).status === status, 20_000);

async function timed(work: Promise<Answer>): Promise<Answer & { seconds: number }> {
  const startedMs = performance.now();
  const answer = await work;
  return { ...answer, seconds: (performance.now() - startedMs) / 1_000 };
}

/** A server that answers the list of models while `isAlive`, and never a chat. */
async function deafServer(isAlive: () => boolean) {
  const listener: RequestListener = (request, response) => {
    request.resume();
    if (!isAlive() || request.url === "/v1/chat/completions") return;
    response.setHeader("content-type", "application/json");
    response.statusCode = request.url === "/v1/models" ? 200 : 404;
    response.end(JSON.stringify({ object: "list", data: [{ id: "deaf-chat", object: "model" }] }));
  };
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

describe("a failing model server", { concurrency: 3 }, () => {
  test("down from the start: said at once, degraded before anybody asks, healed by itself", async () => {
    await using stack = new AsyncDisposableStack();
    const port = await lastingPort();
    const node = stack.use(await NodeProcess.start({ backend: `http://127.0.0.1:${port}/v1` }));
    await becomes(node, "degraded");
    assert.equal((await health(node)).ready, false);
    const answer = await timed(node.say({ text: "hello" }));
    assert.equal(answer.status, 503, answer.text);
    assert.equal(answer.json.code, "backend_unavailable");
    assert.ok(answer.seconds < 20, `${answer.seconds} s`);
    assert.doesNotMatch(answer.text, /127\.0\.0\.1/);
    const quotes = await node.say({ text: "How do I connect Telegram?", mode: "extractive" });
    assert.equal(quotes.status, 200, "what needs no model works");
    assert.equal((await node.say({ text: "describe_self" })).status, 200);
    stack.use(await startOpenAiEmulator({ port, rules: [{ reply }] }));
    await becomes(node, "ok");
    assert.equal((await node.say({ text: "hello" })).json.text, reply);
  });

  test("dying in the middle of an answer: what arrived is kept and marked, nothing is doubled", async () => {
    await using both = await startWithEmulator({ rules: [{ reply }] });
    const { node, emulator } = both;
    await node.say({ text: "well" });
    for (const kind of ["cut_stream", "early_end"] as const) {
      emulator.clear();
      emulator.setFault({ kind, afterTokens: 5 }, { times: 1 });
      const events = await node.client.events("/api/v1/message", {
        token: node.owner,
        body: { text: "cut me", conversation: kind, stream: true },
      });
      const last = events.at(-1);
      const shown = events
        .filter(({ event }) => event === "delta")
        .map(({ data }) => String(data.text))
        .join("");
      assert.equal(last?.event, "answer", JSON.stringify(last));
      assert.equal(last?.data.finish, "cut");
      assert.equal(last?.data.text, shown);
      assert.ok(reply.startsWith(shown.trimEnd()) && shown.length > 0);
      assert.equal(chatsOf(emulator).length, 1, "a shown answer is not begun anew");
      await becomes(node, "ok");
    }
  });

  test("lying about usage: the answer is right and the count is the node's own", async () => {
    await using both = await startWithEmulator({ rules: [{ reply }] });
    const { node, emulator } = both;
    const honest = (await node.say({ text: "well" })).json.usage;
    assert.equal(honest.estimated, false);
    for (const usage of ["missing", "negative", { factor: 10 }] as const) {
      emulator.setFault({ kind: "wrong_usage", usage });
      const { json } = await node.say({ text: "well" });
      assert.equal(json.text, reply);
      assert.equal(json.usage.estimated, true, JSON.stringify(usage));
      const factor = json.usage.promptTokens / honest.promptTokens;
      assert.ok(factor > 0.5 && factor < 2, `${factor} of the truth`);
    }
    const rows = (await node.ask("/api/v1/usage", { token: node.owner })).json.rows;
    assert.ok(rows[0].promptTokens > 0 && rows[0].promptTokens < honest.promptTokens * 8);
  });

  const garbage: readonly [name: string, fault: Fault, codes: readonly string[]][] = [
    ["half a JSON", { kind: "invalid_json" }, ["backend_invalid"]],
    ["a web page", { kind: "html" }, ["backend_invalid"]],
    ["no choices", { kind: "empty_choices" }, ["backend_invalid"]],
    ["status 500", { kind: "status", status: 500 }, ["backend_unavailable"]],
    ["status 400", { kind: "status", status: 400 }, ["backend_invalid"]],
    ["a reset", { kind: "refuse" }, ["backend_unavailable"]],
    ["429 for ever", { kind: "status", status: 429, retryAfterS: 1 }, ["backend_unavailable"]],
  ];
  test("garbage: a problem in words, and the next answer is well", async () => {
    await using both = await startWithEmulator({ rules: [{ reply }] });
    const { node, emulator } = both;
    for (const [name, fault, codes] of garbage) {
      emulator.setFault(fault);
      const answer = await timed(node.say({ text: "hello" }));
      assert.ok(codes.includes(String(answer.json.code)), `${name}: ${answer.text}`);
      assert.ok(answer.json.detail.length > 20);
      assert.ok(answer.seconds < 20, `${name}: ${answer.seconds} s`);
      emulator.setFault(null);
      assert.equal((await node.say({ text: "hello" })).json.text, reply, `after ${name}`);
      assert.equal((await health(node)).status, "ok", `after ${name}`);
    }
  });

  test("429 with Retry-After: the node waits as told and answers once", async () => {
    await using both = await startWithEmulator({ rules: [{ reply }] });
    const { node, emulator } = both;
    await node.say({ text: "well" });
    emulator.clear();
    emulator.setFault({ kind: "status", status: 429, retryAfterS: 2 }, { times: 1 });
    const answer = await timed(node.say({ text: "hello" }));
    assert.equal(answer.json.text, reply);
    assert.ok(answer.seconds >= 1.9, `${answer.seconds} s`);
    assert.equal(chatsOf(emulator).length, 2);
  });

  test("accepting and never answering: the budget ends the turn, and stopping does not hang", async () => {
    await using stack = new AsyncDisposableStack();
    let isAlive = true;
    const server = stack.use(await deafServer(() => isAlive));
    const node = stack.use(await NodeProcess.start({ backend: server.url, config: shortWall }));
    const answer = await timed(node.say({ text: "anybody?" }));
    assert.equal(answer.status, 504, answer.text);
    assert.equal(answer.json.code, "budget_exhausted");
    assert.ok(answer.seconds < 20, `${answer.seconds} s`);
    const hanging = node.say({ text: "one more" }).then(
      ({ json }) => String(json.code),
      () => "cut",
    );
    const metrics = () => node.ask("/metrics", { token: node.owner });
    await until("it runs", async () => /^adyton_turns_running 1$/m.test((await metrics()).text));
    // A process that does not end by itself is killed, and has no status then.
    assert.equal(await node.stop(), 0);
    const code = await hanging;
    assert.ok(["interrupted", "budget_exhausted"].includes(code), code);
    // Now it does not even list its models.
    isAlive = false;
    await node.start();
    await becomes(node, "degraded");
    const refused = await timed(node.say({ text: "anybody now?" }));
    assert.ok(refused.status >= 503 && refused.seconds < 20, refused.text);
    isAlive = true;
    await becomes(node, "ok");
    const states = (await node.journal("turn.")).map(({ type }) => type);
    assert.deepEqual(
      states.filter((type) => type === "turn.answered"),
      [],
    );
    assert.equal((await node.verify()).json.clean, true);
  });

  test("a slow prefill of a live server is not given up", async () => {
    // Longer than the silence after which the node asks whether the server lives.
    const silenceMs = 24_000;
    await using both = await startWithEmulator({ rules: [{ reply }] });
    const { node, emulator } = both;
    await node.say({ text: "well" });
    emulator.clear();
    emulator.setFault({ kind: "long_prefill", firstByteDelayMs: silenceMs }, { times: 1 });
    const answer = await timed(
      node.say({ text: "think" }, { token: node.owner, timeoutMs: 60_000 }),
    );
    assert.equal(answer.json.text, reply, answer.text);
    assert.ok(answer.seconds >= silenceMs / 1_000);
    assert.equal(chatsOf(emulator).length, 1);
    assert.ok(
      emulator.requests.some(({ endpoint }) => endpoint === "models"),
      "it was asked",
    );
    assert.equal((await health(node)).status, "ok");
  });
});
