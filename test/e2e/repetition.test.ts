import assert from "node:assert/strict";
import { test } from "node:test";
import { overlaysActiveMax } from "@adyton/protocol";
import type { Answer } from "./http-client.ts";
import { chatsOf, NodeProcess, startWithEmulator, until } from "./node-process.ts";

// Requests that arrive at the same moment, or again: each limit holds, each key has one effect and one answer.

const atOnce = (count: number, work: (index: number) => Promise<Answer>): Promise<Answer[]> =>
  Promise.all(Array.from({ length: count }, (_, index) => work(index)));

test("a key has one effect and one answer, also when its repetitions come at once", async () => {
  await using both = await startWithEmulator({
    rules: [{ reply: (_, { callIndex }) => `answer ${callIndex}` }],
    tokenDelayMs: 5,
  });
  const { node, emulator } = both;
  const token = node.owner;
  const post = (path: string, key: string, body: object, more: object = {}) =>
    node.ask(path, { token, body, headers: { "idempotency-key": key, ...more } });

  const message = { text: "once", conversation: "k" };
  const said = await atOnce(8, () => post("/api/v1/message", "m", message));
  for (const answer of said) assert.deepEqual(answer.json, said[0]?.json);
  assert.equal(chatsOf(emulator).length, 1);
  const later = await post("/api/v1/message", "m", message);
  assert.deepEqual(later.json, said[0]?.json);
  assert.equal(later.headers["idempotent-replayed"], "true");

  const prompt = { text: "Be brief.", conversation: "k" };
  const inserted = await atOnce(8, () => post("/api/v1/prompt", "p", prompt));
  for (const answer of inserted) {
    assert.equal(answer.status, 200, answer.text);
    assert.deepEqual(answer.json, inserted[0]?.json);
  }
  const command = { command: "switch_mode", args: { mode: "EXTRACTIVE" }, conversation: "k" };
  const switched = await atOnce(8, () => post("/api/v1/command", "c", command));
  for (const answer of switched) assert.deepEqual(answer.json, switched[0]?.json);
  const text = { text: "/new", conversation: "k" };
  const fresh = await atOnce(8, () => post("/api/v1/message", "t", text));
  for (const answer of fresh) assert.equal(answer.json.id, fresh[0]?.json.id);

  const types = (await node.journal()).map(({ type }) => type);
  const count = (wanted: string): number => types.filter((type) => type === wanted).length;
  assert.deepEqual(
    ["turn.answered", "overlay.added", "mode.changed", "conversation.reset"].map(count),
    [1, 1, 1, 1],
  );
  const clash = await post("/api/v1/message", "m", { text: "another", conversation: "k" });
  assert.equal(clash.json.code, "idempotency_mismatch");
  const strangers = await node.ask("/api/v1/message", {
    body: message,
    headers: { "idempotency-key": "m" },
  });
  assert.notEqual(strangers.json.id, said[0]?.json.id, "keys are each caller's own");
});

test("a repeated key without an answer yet, after a crash, joins the turn that is resumed", async () => {
  let calls = 0;
  await using both = await startWithEmulator({
    rules: [{ reply: () => (++calls === 1 ? new Promise<string>(() => undefined) : "resumed") }],
    tokenDelayMs: 300,
  });
  const { node, emulator } = both;
  const token = node.owner;
  const body = { text: "long work", conversation: "r" };
  const headers = { "idempotency-key": "crash", prefer: "respond-async" };
  const first = await node.ask("/api/v1/message", { token, body, headers });
  assert.equal(first.status, 202);
  await until("the model works", () => emulator.active === 1);
  await node.kill();
  await node.start();
  const again = await atOnce(4, (index) =>
    node.ask("/api/v1/message", {
      token,
      body,
      headers: index % 2 === 0 ? headers : { "idempotency-key": "crash" },
    }),
  );
  for (const answer of again) assert.equal(answer.json.id, first.json.id, answer.text);
  const run = await until("the run's end", async () => {
    const answer = await node.ask(`/api/v1/runs/${first.json.id}`, { token });
    return answer.json.status === "answered" && answer;
  });
  const last = await node.ask("/api/v1/message", { token, body, headers });
  assert.deepEqual(last.json, run.json.answer);
  assert.equal((await node.journal("turn.answered")).length, 1);
  assert.equal((await node.journal("turn.received")).length, 1);
});

test("a client that went away and comes back under its key is answered, not told of its own leaving", async () => {
  await using both = await startWithEmulator({ rules: [{ reply: "at last" }], tokenDelayMs: 400 });
  const { node, emulator } = both;
  const token = node.owner;
  const body = { text: "patience", conversation: "back", stream: true };
  const headers = { "idempotency-key": "back" };
  const away = new AbortController();
  const left = node.ask("/api/v1/message", { token, body, headers, signal: away.signal });
  await until("the model works", () => emulator.active === 1);
  away.abort();
  await assert.rejects(left);
  const events = await node.client.events("/api/v1/message", { token, body, headers });
  assert.equal(events.at(-1)?.event, "answer", JSON.stringify(events));
  assert.equal(events.at(-1)?.data.text, "at last");
  const answered = (await node.journal("turn.answered")).length;
  assert.equal(answered, 1);
});

test("what may be there only so often stays within its bound when requests race", async () => {
  await using node = await NodeProcess.start();
  const token = node.owner;
  const inserted = await atOnce(10, (index) =>
    node.ask("/api/v1/prompt", { token, body: { text: `intent ${index}`, conversation: "race" } }),
  );
  const taken = inserted.filter(({ status }) => status === 200).length;
  assert.equal(taken, overlaysActiveMax);
  for (const { status, json } of inserted) if (status !== 200) assert.equal(json.code, "conflict");

  const tokens = await atOnce(10, () =>
    node.ask("/api/v1/tokens", { token, body: { name: "same", may: ["say"] } }),
  );
  const statuses = tokens.map(({ status }) => status);
  assert.equal(statuses.filter((status) => status === 201).length, 1);
  assert.equal(statuses.filter((status) => status === 409).length, 9);
  const made = tokens.find(({ status }) => status === 201)?.json.secret;
  assert.equal((await node.say({ text: "/mode" }, { token: made })).status, 200);

  const text = "Boiler. Котёл.";
  const documents = await atOnce(6, () =>
    node.ask("/api/v1/memory/documents", { token, body: { title: "T", text, source: "s.md" } }),
  );
  for (const answer of documents) assert.equal(answer.status, 201, answer.text);
  assert.equal(new Set(documents.map(({ json }) => json.documentId)).size, 1, "one document");
  const events = await atOnce(10, (index) =>
    node.ask("/api/v1/events", {
      token,
      body: { specversion: "1.0", id: "1", source: "/s", type: "a.b", data: index % 2 },
    }),
  );
  assert.equal(
    events.reduce((sum, { json }) => sum + json.accepted, 0),
    1,
  );
  assert.equal((await node.verify()).json.clean, true);
  assert.equal((await node.ask("/api/v1/health")).json.status, "ok");
});
