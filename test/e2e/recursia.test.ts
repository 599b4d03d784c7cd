import assert from "node:assert/strict";
import { test } from "node:test";
import type { StreamEvent } from "./http-client.ts";
import { startWithEmulator } from "./node-process.ts";

// RECURSIA, RAG and /rethink through a node's own doors.

const rules = [{ text: /17 \* 23$/, times: 1, reply: "It is 400." }, { reply: "It is 391." }];

async function events(stream: AsyncIterable<StreamEvent>): Promise<StreamEvent[]> {
  const all: StreamEvent[] = [];
  for await (const event of stream) all.push(event);
  return all;
}

test("a stream shows the steps, then the answer, and a run that is over can be looked at again", async () => {
  await using both = await startWithEmulator({ rules });
  const { node } = both;
  const body = { text: "Calculate 17 * 23", mode: "recursia", conversation: "c", stream: true };
  const sent = await events(node.stream("/api/v1/message", { body }));
  const names = sent.map(({ event }) => event);
  assert.equal(names[0], "started");
  assert.ok(names.lastIndexOf("trace") < names.indexOf("delta"), names.join());
  assert.equal(names.at(-1), "answer");
  const answer = sent.at(-1)?.data;
  assert.deepEqual([answer.text, answer.recursia.improved], ["It is 391.", "yes"]);
  const steps = sent.filter(({ event }) => event === "trace").map(({ data }) => data);
  assert.deepEqual(
    steps.map(({ seq, kind }) => [seq, kind]),
    ["draft", "check", "revise", "check", "accept", "stop"].map((kind, index) => [index + 1, kind]),
  );
  const again = await events(node.stream(answer.recursia.traceUrl));
  const told = again.filter(({ event }) => event === "trace").map(({ data }) => data);
  assert.deepEqual(told, steps, "the journal has what was told");
  assert.equal(again.at(-1)?.data.text, "It is 391.");
  const { json } = await node.ask("/v1/models");
  const ids = json.data.map(({ id }: { id: string }) => id);
  assert.ok(ids.includes("adyton/recursia") && ids.includes("adyton/rag"), ids.join());
  const self = await node.ask("/api/v1/self");
  assert.deepEqual(
    self.json.modes.map(({ id }: { id: string }) => id),
    ["DIRECT", "EXTRACTIVE", "RAG", "RECURSIA", "ECHO", "MIRROR", "FOLD"],
  );
});

test("/rethink works as text and as a typed command, once under one key", async () => {
  await using both = await startWithEmulator({ rules });
  const { node, emulator } = both;
  const none = await node.say({ text: "/rethink", conversation: "c" });
  assert.deepEqual([none.status, none.json.code], [409, "conflict"]);
  const first = await node.say({ text: "Calculate 17 * 23", conversation: "c" });
  assert.equal(first.json.text, "It is 400.");
  const typed = (body: object, key = "k1") =>
    node.ask("/api/v1/command", {
      body,
      token: node.owner,
      headers: { "idempotency-key": key },
    });
  const body = { command: "rethink", conversation: "c" };
  const rethought = await typed(body);
  assert.equal(rethought.status, 200, rethought.text);
  assert.equal(rethought.json.command, "rethink");
  assert.deepEqual(
    [rethought.json.data.answer, rethought.json.data.improved],
    ["It is 391.", "yes"],
  );
  const seen = emulator.requestsSeen;
  const repeated = await typed(body);
  assert.deepEqual(repeated.json, rethought.json);
  assert.equal(repeated.headers["idempotent-replayed"], "true");
  assert.equal(emulator.requestsSeen, seen, "a repetition asks nobody");
  const text = await node.say({ text: "/rethink 2", conversation: "c" });
  assert.equal(text.json.recursia.answer, "It is 391.", text.text);
  assert.match(text.json.text, /— Changed: /);
  const refused = await node.say({ text: "/rethink 99", conversation: "c" });
  assert.equal(refused.json.code, "invalid_body");
});

test("OpenAI's clients reach both modes by their names", async () => {
  await using both = await startWithEmulator({ rules });
  const { node } = both;
  const chat = (model: string, content: string) =>
    node.ask("/v1/chat/completions", { body: { model, messages: [{ role: "user", content }] } });
  const thought = await chat("adyton/recursia", "Calculate 17 * 23");
  assert.equal(thought.json.choices[0].message.content, "It is 391.");
  const memory = await chat("adyton/rag", "What is the capital of Mongolia?");
  assert.equal(memory.json.choices[0].message.content, "Not found in memory.");
});
