import assert from "node:assert/strict";
import { afterEach, describe, it } from "node:test";

import { chat, chunksOf, json, send, streamedText, textOf } from "../test/raw-client.ts";
import { startOpenAiEmulator, type OpenAiEmulator, type Rule } from "./index.ts";

const opened: OpenAiEmulator[] = [];
afterEach(async () => {
  for (const emulator of opened.splice(0)) await emulator[Symbol.asyncDispose]();
});

async function start(rules: readonly Rule[]): Promise<OpenAiEmulator> {
  const models = ["emulated-chat", "other"].map((id) => ({
    id,
    contextTokens: 10_000,
    kind: "chat" as const,
  }));
  const emulator = await startOpenAiEmulator({ rules, models });
  opened.push(emulator);
  return emulator;
}

const ask = (emulator: OpenAiEmulator, text: string, more: Record<string, unknown> = {}) =>
  send(`${emulator.url}/chat/completions`, { body: chat(text, more) });
const say = async (emulator: OpenAiEmulator, text: string, more: Record<string, unknown> = {}) =>
  textOf(await ask(emulator, text, more));

describe("a rule", () => {
  it("answers where its text matches; the first one wins", async () => {
    const emulator = await start([
      { text: /погод/giu, reply: "Ясно." },
      { text: /weather/iu, reply: "Clear." },
      { text: /weather today/iu, reply: "never" },
    ]);
    for (let call = 0; call < 2; call++) {
      assert.equal(await say(emulator, "Какая погода?"), "Ясно.");
      assert.equal(await say(emulator, "The weather today?"), "Clear.");
    }
    assert.match(await say(emulator, "Something else"), /emulator/u);
  });

  it("looks at the last user text, the system text, the model, the call and the schema", async () => {
    const emulator = await start([
      { callIndex: 0, reply: "first" },
      { callIndex: [1, 3], reply: "second or fourth" },
      { system: /judge/u, reply: "judged" },
      { model: "other", reply: "other" },
      { model: /^nobody/u, reply: "never" },
      { schema: /verdict/u, reply: { json: { verdict: "yes" } } },
      { schema: false, text: /last/u, reply: "no schema" },
    ]);
    const last = [
      { role: "user", content: "last" },
      { role: "assistant", content: "x" },
      { role: "user", content: "hello" },
    ];
    const schema = { name: "verdict", schema: { type: "object" } };
    const asked = { response_format: { type: "json_schema", json_schema: schema } };
    const system = [{ role: "system", content: "You judge." }, ...last];
    assert.equal(await say(emulator, "a"), "first");
    assert.equal(await say(emulator, "a"), "second or fourth");
    assert.equal(await say(emulator, "", { messages: system }), "judged");
    assert.equal(await say(emulator, "a"), "second or fourth");
    assert.equal(await say(emulator, "a", { model: "other" }), "other");
    assert.equal(await say(emulator, "last", asked), '{"verdict":"yes"}');
    assert.equal(await say(emulator, "last"), "no schema");
    assert.match(await say(emulator, "", { messages: last }), /emulator/u);
  });

  it("is spent after so many answers, until rules are set or cleared", async () => {
    const rules: readonly Rule[] = [{ reply: "once", times: 1 }, { reply: "then" }];
    const emulator = await start(rules);
    assert.deepEqual([await say(emulator, "a"), await say(emulator, "a")], ["once", "then"]);
    emulator.clear();
    assert.equal(await say(emulator, "a"), "once");
    emulator.setRules(rules);
    assert.equal(await say(emulator, "a"), "once");
  });

  it("answers by a function that sees the request and the call", async () => {
    const emulator = await start([
      {
        reply: async (request, { callIndex, random, promptTokens }) => ({
          json: { heard: request.lastUserText, callIndex, promptTokens, random: random() },
        }),
      },
    ]);
    const answer = JSON.parse(await say(emulator, "эхо"));
    assert.equal(answer.heard, "эхо");
    assert.equal(answer.callIndex, 0);
    assert.ok(answer.random >= 0 && answer.random < 1 && answer.promptTokens > 0);
  });

  it("whose function throws becomes a 500, and the server lives on", async () => {
    const emulator = await start([
      {
        times: 1,
        reply: () => {
          throw new Error("planted");
        },
      },
    ]);
    const answer = await ask(emulator, "a");
    assert.equal(answer.status, 500);
    assert.match(json(answer).text("error", "message"), /planted/u);
    assert.equal((await ask(emulator, "a")).status, 200);
  });
});

describe("what a rule can say", () => {
  it("reasoning inside the text or in its own field", async () => {
    const emulator = await start([
      { text: /inside/u, reply: { reasoning: "let me think", text: "42" } },
      { text: /field/u, reply: { reasoning: "let me think", reasoningIn: "field", text: "42" } },
    ]);
    assert.equal(await say(emulator, "inside"), "<think>let me think</think>\n\n42");
    const answer = json(await ask(emulator, "field"));
    assert.equal(answer.at("choices", 0, "message", "content"), "42");
    assert.equal(answer.at("choices", 0, "message", "reasoning_content"), "let me think");
    assert.equal(answer.at("usage", "completion_tokens_details", "reasoning_tokens"), 4);
    const streamed = await ask(emulator, "field", { stream: true });
    const reasoning = chunksOf(streamed).map((chunk) =>
      chunk.at("choices", 0, "delta", "reasoning_content"),
    );
    assert.equal(reasoning.filter((piece) => typeof piece === "string").join(""), "let me think");
    assert.equal(streamedText(streamed), "42");
  });

  it("tool calls, whole and streamed", async () => {
    const toolCalls = [
      { name: "search", arguments: { query: "ёж", limit: 3 } },
      { name: "broken", arguments: "{not json" },
    ];
    const emulator = await start([{ reply: { toolCalls } }]);
    const whole = json(await ask(emulator, "a"));
    const message = ["choices", 0, "message"] as const;
    assert.equal(whole.at(...message, "content"), null);
    assert.equal(whole.at(...message, "tool_calls", 0, "function", "name"), "search");
    assert.deepEqual(JSON.parse(whole.text(...message, "tool_calls", 0, "function", "arguments")), {
      query: "ёж",
      limit: 3,
    });
    assert.equal(whole.at("choices", 0, "finish_reason"), "tool_calls");
    const streamed = chunksOf(await ask(emulator, "a", { stream: true }));
    const calls = streamed.map((chunk) => chunk.at("choices", 0, "delta", "tool_calls", 0));
    const pieces = ["", ""];
    for (const call of calls) {
      if (typeof call !== "object" || call === null || !("index" in call)) continue;
      const text = streamedArguments(call);
      pieces[Number(call.index)] += text;
    }
    assert.deepEqual(pieces, ['{"query":"ёж","limit":3}', "{not json"]);
  });
});

describe("the responses endpoint", () => {
  const respond = (emulator: OpenAiEmulator, body: Record<string, unknown>) =>
    send(`${emulator.url}/responses`, { body: { model: "emulated-chat", ...body } });

  it("takes a text or messages with instructions, and shares the count of calls", async () => {
    const emulator = await start([
      { system: /кратко/u, reply: "Да." },
      { callIndex: 2, reply: "third" },
    ]);
    const parts = [{ role: "user", content: [{ type: "input_text", text: "Ты тут?" }] }];
    const answer = json(await respond(emulator, { input: parts, instructions: "кратко" }));
    assert.equal(answer.at("status"), "completed");
    assert.equal(answer.at("output", 0, "content", 0, "text"), "Да.");
    assert.ok(answer.number("usage", "input_tokens") > 0);
    await ask(emulator, "between");
    const third = json(await respond(emulator, { input: "?" }));
    assert.equal(third.at("output", 0, "content", 0, "text"), "third");
    assert.equal((await respond(emulator, {})).status, 400);
  });

  it("streams and marks a cut answer incomplete", async () => {
    const emulator = await start([{ reply: "one two three" }]);
    const streamed = await respond(emulator, { input: "?", stream: true });
    const names = [...streamed.text.matchAll(/^event: (.+)$/gmu)].map(([, name]) => name);
    assert.deepEqual(names, [
      "response.created",
      ...Array.from({ length: 4 }, () => "response.output_text.delta"),
      "response.output_text.done",
      "response.completed",
    ]);
    const deltas = chunksOf(streamed).map((event) => event.at("delta"));
    assert.equal(deltas.filter((delta) => typeof delta === "string").join(""), "one two three");
    const cut = json(await respond(emulator, { input: "?", max_output_tokens: 2 }));
    assert.equal(cut.at("status"), "incomplete");
  });
});

function streamedArguments(call: object): string {
  const inner: unknown = "function" in call ? call.function : null;
  if (typeof inner !== "object" || inner === null || !("arguments" in inner)) return "";
  return typeof inner.arguments === "string" ? inner.arguments : "";
}
