import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  embedBytesMax,
  toolCallsMax,
} from "../../packages/core/src/adapters/openai-compatible/limits.ts";
import type { Backend, ChatRequest } from "../../packages/core/src/ports/backend.ts";
import {
  briefly,
  messages,
  never,
  open,
  quick,
  serve,
  serveChat,
  start,
} from "./backend-fixture.ts";

/** What programs bring along: settings, tools, pictures, and texts to embed. */

const tools = [{ name: "clock", parameters: { type: "object" } }];
const call = { name: "clock", arguments: { city: "Москва" } };

const ask = (backend: Backend, isStreamed: boolean, more: Partial<ChatRequest> = {}) =>
  backend.chat({
    messages,
    tools,
    signal: never,
    ...(isStreamed ? { onDelta: () => undefined } : {}),
    ...more,
  });

/** A server that answers with these messages, whole or as one event each. */
const scripted = (pieces: readonly object[], finish_reason = "tool_calls") =>
  serveChat((_request, response) => {
    const events = pieces.map((delta) => ({ choices: [{ index: 0, delta }] }));
    const end = { choices: [{ index: 0, delta: {}, finish_reason }] };
    response.setHeader("content-type", "text/event-stream");
    for (const event of [...events, end]) response.write(`data: ${JSON.stringify(event)}\n\n`);
    response.end("data: [DONE]\n\n");
  });

describe("tools", () => {
  for (const isStreamed of [false, true])
    it(`are called ${isStreamed ? "piece by piece" : "in a whole answer"}, with or without words`, async () => {
      await using node = await start();
      for (const text of [undefined, "Смотрю на часы."]) {
        const reply = { toolCalls: [call, { ...call, id: "own" }], ...(text ? { text } : {}) };
        node.emulator.setRules([{ reply }]);
        const outcome = await ask(node.backend, isStreamed);
        assert.ok(outcome.kind === "answered", JSON.stringify(outcome));
        assert.equal(outcome.finish, "tool_calls");
        assert.equal(outcome.text, text ?? "");
        const [first, second] = outcome.toolCalls ?? [];
        assert.deepEqual(JSON.parse(first?.arguments ?? ""), call.arguments);
        assert.deepEqual([first?.name, second?.id], ["clock", "own"]);
      }
    });

  it("are told to the server as it expects them, with what they answered", async () => {
    await using node = await start();
    await ask(node.backend, false, {
      messages: [
        { role: "user", content: "Час?" },
        {
          role: "assistant",
          content: "",
          toolCalls: [{ id: "1", name: "clock", arguments: "{}" }],
        },
        { role: "tool", content: "12:00", toolCallId: "1" },
      ],
      settings: { temperature: 0, stop: ["\n"], top_k: 3, model: "another", stream: true },
      toolChoice: "required",
      answerTokensMax: 9,
    });
    assert.deepEqual(node.emulator.requests.at(-1)?.body, {
      temperature: 0,
      stop: ["\n"],
      top_k: 3,
      stream: true,
      model: "emulated-chat",
      messages: [
        { role: "user", content: "Час?" },
        {
          role: "assistant",
          content: null,
          tool_calls: [{ id: "1", type: "function", function: { name: "clock", arguments: "{}" } }],
        },
        { role: "tool", content: "12:00", tool_call_id: "1" },
      ],
      tools: [{ type: "function", function: tools[0] }],
      tool_choice: "required",
      max_tokens: 9,
    });
  });

  it("are understood from servers that number nothing, give objects, or say stop", async () => {
    const pieces = [
      { tool_calls: [{ id: "a", function: { name: "clock", arguments: { city: "Рим" } } }] },
      { tool_calls: [{ id: "b", function: { name: "clock", arguments: "{}" } }] },
      { tool_calls: [{ function: { arguments: "" } }] },
    ];
    await using server = await scripted(pieces, "stop");
    await using backend = open(server.url);
    const outcome = await ask(backend, true);
    assert.ok(outcome.kind === "answered");
    assert.equal(outcome.finish, "tool_calls");
    assert.deepEqual(outcome.toolCalls, [
      { id: "a", name: "clock", arguments: '{"city":"Рим"}' },
      { id: "b", name: "clock", arguments: "{}" },
    ]);
  });

  it("are not called by half: a broken stream calls nothing", async () => {
    await using node = await start();
    node.emulator.setRules([{ reply: { text: "Смотрю на часы сейчас", toolCalls: [call] } }]);
    node.emulator.setFault({ kind: "cut_stream", afterTokens: 8 });
    const outcome = await ask(node.backend, true);
    assert.ok(outcome.kind === "answered", JSON.stringify(outcome));
    assert.equal(outcome.finish, "cut");
    assert.equal(outcome.toolCalls, undefined);
  });

  for (const [count, kind] of [
    [toolCallsMax, "answered"],
    [toolCallsMax + 1, "failed"],
  ] as const)
    it(`may be called ${count} times at once: ${kind}`, async () => {
      const calls = Array.from({ length: count }, (_, index) => ({
        index,
        id: `c${index}`,
        function: { name: "clock", arguments: "{}" },
      }));
      await using server = await scripted([{ tool_calls: calls }]);
      await using backend = open(server.url);
      assert.equal((await ask(backend, true)).kind, kind);
    });

  it("in a shape nobody knows are an unusable answer", async () => {
    await using server = await scripted([{ tool_calls: "clock()" }]);
    await using backend = open(server.url);
    const outcome = await ask(backend, true);
    assert.ok(outcome.kind === "failed" && outcome.reason === "invalid");
  });
});

describe("pictures", () => {
  const picture = {
    role: "user",
    content: "What is this?",
    parts: [
      { type: "text", text: "What is this?" },
      { type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } },
    ],
  } as const;

  it("go to the server as they are", async () => {
    await using node = await start();
    await ask(node.backend, false, { messages: [picture] });
    const body = node.emulator.requests.at(-1)?.body as { messages: { content: unknown }[] };
    assert.deepEqual(body.messages[0]?.content, picture.parts);
  });

  for (const [status, message] of [
    [500, "image input is not supported - hint: you may need to provide the mmproj"],
    [400, "emulated-chat is not a multimodal model"],
  ] as const)
    it(`are refused clearly, at once, by a model that takes none (${status})`, async () => {
      let asked = 0;
      await using server = await serveChat((_request, response) => {
        asked += 1;
        response.statusCode = status;
        response.setHeader("content-type", "application/json");
        response.end(JSON.stringify({ error: { message } }));
      });
      await using backend = open(server.url);
      const outcome = await ask(backend, false, { messages: [picture] });
      assert.ok(outcome.kind === "failed" && outcome.reason === "refused");
      assert.match(outcome.detail.en, /takes no pictures/);
      assert.match(outcome.detail.ru, /не принимает изображений/);
      assert.equal(asked, 1);
    });
});

describe("embeddings", () => {
  it("come for each text, in order, with the server's count", async () => {
    await using node = await start();
    const { backend } = node;
    assert.equal(backend.embeddingModel, "emulated-embedding");
    const outcome = await backend.embed?.(["Кухня", "The kitchen"], never);
    assert.ok(outcome?.kind === "embedded");
    assert.deepEqual(
      outcome.vectors.map(({ length }) => length),
      [256, 256],
    );
    assert.ok((outcome.promptTokens ?? 0) > 0);
    const again = await backend.embed?.(["The kitchen"], never);
    assert.ok(again?.kind === "embedded");
    assert.deepEqual(again.vectors[0], outcome.vectors[1]);
  });

  it("fail in words, and end with their caller", async () => {
    await using node = await start();
    const { backend, emulator } = node;
    const failing = async (signal = never) => {
      const outcome = await backend.embed?.(["a"], signal);
      return outcome?.kind === "failed" ? outcome.reason : outcome?.kind;
    };
    emulator.setFault({ kind: "empty_choices" });
    assert.equal(await failing(), "invalid");
    emulator.setFault({ kind: "status", status: 503 });
    assert.equal(await failing(), "unavailable");
    emulator.setFault({ kind: "refuse" });
    assert.equal(await failing(), "unavailable");
    emulator.setFault({ kind: "timeout" });
    const abort = new AbortController();
    const seen = emulator.requests.length;
    const pending = failing(abort.signal);
    await emulator.waitForRequests(seen + 1, { timeoutMs: 30_000 });
    abort.abort();
    assert.equal(await pending, "cancelled");
    emulator.setFault(null);
    assert.equal(await failing(), "embedded");
  });

  it("have their time, and no more", async () => {
    await using node = await start({ timeouts: { ...quick, embedMsMax: 50 } });
    node.emulator.setFault({ kind: "timeout" });
    const outcome = await node.backend.embed?.(["a"], never);
    assert.ok(outcome?.kind === "failed" && outcome.reason === "timed_out");
    node.emulator.setFault(null);
    assert.equal(briefly(await ask(node.backend, false)), "answered", "the next call is another");
  });

  it("are taken up to the bytes of an answer", async () => {
    for (const [bytes, kind] of [
      [embedBytesMax, "embedded"],
      [embedBytesMax + 1, "failed"],
    ] as const) {
      await using server = await serve((request, response) => {
        const data = [{ index: 0, embedding: [0.5] }];
        const list = { data: [{ id: "nomic-embed-text" }] };
        const isList = request.url === "/v1/models";
        const text = JSON.stringify(isList ? list : { data });
        response.statusCode = isList || request.url === "/v1/embeddings" ? 200 : 404;
        response.setHeader("content-type", "application/json");
        request.resume().once("end", () => response.end(isList ? text : text.padEnd(bytes, " ")));
      });
      await using backend = open(server.url);
      await backend.start?.();
      assert.equal((await backend.embed?.(["a"], never))?.kind, kind, `${bytes} bytes`);
    }
  });

  it("are refused where the server has no model for them", async () => {
    await using server = await serveChat(() => undefined);
    await using backend = open(server.url);
    await backend.start?.();
    const outcome = await backend.embed?.(["a"], never);
    assert.ok(outcome?.kind === "failed" && outcome.reason === "refused");
  });
});
