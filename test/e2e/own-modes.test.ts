import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import type { OpenAiEmulator } from "@adyton/emulators";
import { NodeProcess, startWithEmulator, until } from "./node-process.ts";

// Modes that the owner defines in files, on a live node, through its doors.

const summary = "summary: {en: A mode., ru: Режим.}";

const editor = `id: editor
version: "1"
aliases: [mend]
base: direct
${summary}
prompt: Исправь ошибки и больше ничего.
temperature: 0.1
top_p: 0.5
answer_tokens: 300
tools: false
`;

const ticket = `id: ticket
version: "1"
base: direct
${summary}
output:
  type: object
  required: [topic]
  properties: {topic: {enum: [heating, light]}}
  additionalProperties: false
`;

const house = `id: house
version: "1"
base: rag
${summary}
prompt: Answer like a plumber.
retrieval: {k: 1, sources: [house/]}
`;

const wary = `id: wary
version: "1"
base: recursia
${summary}
budget: {calls: 2}
`;

const inner = `id: inner
version: "1"
base: direct
min_tier: member
${summary}
prompt: Only the family sees this.
`;

const quick = `id: quick
version: "1"
base: direct
${summary}
budget: {wall_seconds: 1}
`;

const files = {
  "editor.yaml": editor,
  "ticket.yaml": ticket,
  "house.yaml": house,
  "wary.yaml": wary,
  "inner.yaml": inner,
  "quick.yaml": quick,
};

// oxlint-disable-next-line typescript/no-explicit-any
const asked = (emulator: OpenAiEmulator): readonly any[] =>
  emulator.requests.filter(({ endpoint }) => endpoint === "chat").map(({ body }) => body);

const open = (emulation: Parameters<typeof startWithEmulator>[0] = {}) =>
  startWithEmulator(emulation, { modes: files });

describe("a mode of the owner's", () => {
  it("tells the model its prompt behind the core prompt, and how to generate", async () => {
    await using both = await open({ rules: [{ reply: "ok" }] });
    const { node, emulator } = both;
    const before = await node.say({ text: "превет" });
    const answer = await node.say({ text: "превет", mode: "MEND" });
    assert.deepEqual([before.json.mode, answer.json.mode], ["DIRECT", "editor"]);
    const [direct, mended] = asked(emulator);
    const core: string = direct.messages[0].content;
    assert.equal(mended.messages[0].content, `${core}\n\nИсправь ошибки и больше ничего.`);
    assert.deepEqual([mended.temperature, mended.top_p, mended.max_tokens], [0.1, 0.5, 300]);
    assert.equal(direct.temperature, undefined);
  });

  it("is a model of OpenAI's clients, and keeps their tools and settings to itself", async () => {
    await using both = await open({ rules: [{ reply: "ok" }] });
    const { node, emulator } = both;
    const models = await node.ask("/v1/models");
    const ids: readonly string[] = models.json.data.map(({ id }: { id: string }) => id);
    assert.ok(ids.includes("adyton/editor"));
    const body = (model: string) => ({
      model,
      messages: [{ role: "user", content: "hi" }],
      temperature: 1.5,
      tools: [{ type: "function", function: { name: "clock", parameters: {} } }],
    });
    for (const model of ["adyton/direct", "adyton/editor"])
      assert.equal((await node.ask("/v1/chat/completions", { body: body(model) })).status, 200);
    const [direct, mended] = asked(emulator);
    assert.deepEqual([direct.temperature, direct.tools?.length], [1.5, 1]);
    assert.deepEqual([mended.temperature, mended.tools], [0.1, undefined]);
    assert.match(mended.messages[0].content, /Исправь ошибки/);
  });

  it("holds for a conversation under an alias, and is over where its file is gone", async () => {
    await using both = await open({ rules: [{ reply: "ok" }] });
    const { node } = both;
    const conversation = "c";
    const switched = await node.say({ text: "/mode mend", conversation });
    assert.equal(switched.json.data.mode, "editor");
    assert.equal((await node.say({ text: "hi", conversation })).json.mode, "editor");
    const { headers: _headers, json: before } = await node.ask("/api/v1/self");
    await node.stop();
    rmSync(join(node.home, "modes", "editor.yaml"));
    await node.start();
    assert.equal((await node.say({ text: "hi", conversation })).json.mode, "DIRECT");
    const { json: after } = await node.ask("/api/v1/self");
    assert.notEqual(before.subject.configHash, after.subject.configHash);
    const refused = await node.say({ text: "hi", mode: "editor" });
    assert.deepEqual([refused.status, refused.json.code], [422, "unknown_mode"]);
    assert.match(refused.json.detail, /DIRECT, EXTRACTIVE, RAG, RECURSIA.*house/);
  });

  it("has its answer's form checked, and asks once more", async () => {
    const rules = [
      { callIndex: 0, reply: "The topic is heating." },
      { callIndex: 1, reply: 'Here it is:\n```json\n{"topic": "heating"}\n```' },
      { callIndex: 2, reply: '{"topic": "noise"}' },
      { callIndex: 3, reply: '{"topic": "noise", "sure": true}' },
    ];
    await using both = await open({ rules });
    const { node, emulator } = both;
    const answer = await node.say({ text: "Батарея холодная.", mode: "ticket" });
    assert.deepEqual(
      [answer.json.text, answer.json.data],
      ['{"topic":"heating"}', { topic: "heating" }],
    );
    const [first, second] = asked(emulator);
    assert.equal(first.response_format.json_schema.schema.required[0], "topic");
    assert.match(second.messages.at(-1).content, /только JSON/);
    const refused = await node.say({ text: "The lamp is dark.", mode: "ticket" });
    assert.deepEqual([refused.status, refused.json.code], [502, "backend_invalid"]);
    assert.match(refused.json.detail, /ticket.*\/sure: unknown/);
    assert.equal(asked(emulator).length, 4);
  });

  it("reads only its own sources, and as many passages as it may", async () => {
    const json = {
      found: true,
      answer: "300 litres.",
      citations: [{ passage: 1, quote: "holds 300 litres" }],
    };
    await using both = await open({ rules: [{ schema: /grounded/, reply: { json } }] });
    const { node, emulator } = both;
    const documents = [
      { source: "house/boiler.md", text: "The boiler in the cellar holds 300 litres." },
      { source: "house/tank.md", text: "The boiler of the old tank held 80 litres." },
      { source: "other/boiler.md", text: "The boiler in the cellar holds 500 litres." },
    ];
    for (const { source, text } of documents) {
      const body = { title: source, source, text, mediaType: "text/plain" };
      const added = await node.ask("/api/v1/memory/documents", { token: node.owner, body });
      assert.ok(added.status < 300, added.text);
    }
    const text = "How many litres does the boiler in the cellar hold?";
    const answer = await node.say({ text, mode: "house" });
    assert.match(answer.json.text, /house\/boiler\.md/);
    await node.say({ text, mode: "RAG" });
    const [own, all] = asked(emulator).map(({ messages }) => String(messages[0].content));
    assert.match(own ?? "", /^Answer like a plumber\.\n\n<passage 1>/);
    assert.doesNotMatch(own ?? "", /500|<passage 2>/);
    assert.match(all ?? "", /500/);
    assert.match(all ?? "", /<passage 2>/);
  });

  it("keeps RECURSIA to its budget", async () => {
    const reply = (_request: unknown, { callIndex }: { callIndex: number }): string =>
      "word ".repeat(40 - callIndex) + callIndex;
    await using both = await open({ rules: [{ reply }] });
    const text = "Describe a house in at most 3 words.";
    const answer = await both.node.say({ text, mode: "wary" });
    assert.deepEqual([answer.json.recursia.stopReason, asked(both.emulator).length], ["calls", 2]);
  });

  it("ends a turn that asks once when its own time is over", async () => {
    await using both = await open({ rules: [{ reply: "late", fault: { kind: "timeout" } }] });
    const answer = await both.node.say({ text: "hi", mode: "quick" });
    assert.deepEqual([answer.status, answer.json.code], [504, "budget_exhausted"]);
  });

  it("is not for who is trusted less than it demands", async () => {
    await using both = await open({ rules: [{ reply: "ok" }] });
    const { node } = both;
    const stranger = { token: undefined };
    const conversation = "c";
    for (const body of [
      { text: "hi", mode: "inner" },
      { text: "/mode inner", conversation },
    ]) {
      const refused = await node.say(body, stranger);
      assert.deepEqual([refused.status, refused.json.code], [403, "forbidden"]);
      assert.match(refused.json.detail, /member/);
      assert.equal((await node.say(body)).status, 200);
    }
    const seen = async (ask: object) => {
      const models = await node.ask("/v1/models", ask);
      const self = await node.ask("/api/v1/self", ask);
      const shown = self.json.modes.find(({ id }: { id: string }) => id === "inner");
      return [models.text.includes("adyton/inner"), shown?.prompt];
    };
    assert.deepEqual(await seen({}), [false, undefined]);
    assert.deepEqual(await seen({ token: node.owner }), [true, "Only the family sees this."]);
    const member = await node.makeToken("anna", ["say", "read"], { person: true });
    assert.deepEqual(await seen({ token: member }), [true, undefined], "the prompt is the owner's");
  });

  it("that is gone ends a detached turn that waited for it", async () => {
    await using both = await open({ rules: [{ reply: "late", fault: { kind: "timeout" } }] });
    const { node, emulator } = both;
    const accepted = await node.say(
      { text: "hi", mode: "editor" },
      { token: node.owner, headers: { Prefer: "respond-async, wait=0" } },
    );
    assert.equal(accepted.status, 202);
    await until("the model is asked", () => asked(emulator).length === 1);
    await node.kill();
    rmSync(join(node.home, "modes", "editor.yaml"));
    await node.start();
    const run = await until("the run ended", async () => {
      const found = await node.ask(`/api/v1/runs/${accepted.json.id}`, { token: node.owner });
      return found.json.status !== "running" && found.json;
    });
    assert.equal(run.status, "interrupted");
    assert.equal(asked(emulator).length, 1);
  });
});

describe("a file that is wrong", () => {
  it("keeps the node from starting, and every fault is told", async () => {
    const modes = {
      "a.yaml": editor.replace("base: direct", "base: fast"),
      "b.yaml": editor.replace("temperature: 0.1", "temprature: 0.1"),
    };
    await assert.rejects(NodeProcess.start({ modes }), /config_refused: .*modes is refused/);
  });
});
