import assert from "node:assert/strict";
import { test } from "node:test";
import { startOpenAiEmulator } from "@adyton/emulators";
import { chatsOf, NodeProcess, startWithEmulator, until } from "../e2e/node-process.ts";

test("an answer that takes four minutes to begin arrives whole, once", async () => {
  await using both = await startWithEmulator({ rules: [{ reply: "At last, наконец." }] });
  const { node, emulator } = both;
  await node.say({ text: "well" });
  emulator.clear();
  emulator.setFault({ kind: "long_prefill", firstByteDelayMs: 240_000 }, { times: 1 });
  const token = node.owner;
  const answer = await node.say({ text: "think long" }, { token, timeoutMs: 300_000 });
  assert.equal(answer.json.text, "At last, наконец.", answer.text);
  assert.ok(answer.json.ms >= 240_000);
  assert.equal(chatsOf(emulator).length, 1);
  assert.equal((await node.ask("/api/v1/health")).json.status, "ok");
});

test("a server that goes silent and answers no probe either is given up in about a minute, then heals", async () => {
  await using stack = new AsyncDisposableStack();
  const emulator = await startOpenAiEmulator({ rules: [{ reply: "well" }] });
  const node = stack.use(await NodeProcess.start({ backend: emulator.url }));
  assert.equal((await node.say({ text: "first" })).status, 200);
  emulator.setFault({
    kind: "timeout",
    endpoints: ["chat", "models", "health", "tokenize", "other"],
  });
  const startedMs = performance.now();
  const answer = await node.say({ text: "hello?" }, { token: node.owner, timeoutMs: 150_000 });
  const seconds = (performance.now() - startedMs) / 1_000;
  assert.equal(answer.status, 503, answer.text);
  assert.equal(answer.json.code, "backend_unavailable");
  assert.ok(seconds > 20 && seconds < 120, `${seconds} s`);
  const status = async () => (await node.ask("/api/v1/health")).json.status;
  assert.equal(await status(), "degraded");
  emulator.setFault(null);
  await until("healed", async () => (await status()) === "ok", 60_000);
  assert.equal((await node.say({ text: "again" })).status, 200);
  await emulator[Symbol.asyncDispose]();
});
