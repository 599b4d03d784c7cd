import assert from "node:assert/strict";
import { afterEach, describe, it } from "node:test";

import { chat, chunksOf, eventsOf, json, send, streamedText, textOf } from "../test/raw-client.ts";
import { requestBodyBytesMax } from "./exchange.ts";
import {
  describeEmulator,
  EmulatorError,
  startOpenAiEmulator,
  type OpenAiEmulator,
  type OpenAiEmulatorOptions,
} from "./index.ts";

const opened: OpenAiEmulator[] = [];
afterEach(async () => {
  for (const emulator of opened.splice(0)) await emulator[Symbol.asyncDispose]();
});

async function start(options: OpenAiEmulatorOptions = {}): Promise<OpenAiEmulator> {
  const emulator = await startOpenAiEmulator(options);
  opened.push(emulator);
  return emulator;
}

const ask = (emulator: OpenAiEmulator, text: string, more: Record<string, unknown> = {}) =>
  send(`${emulator.url}/chat/completions`, { body: chat(text, more) });

const hasCode = (code: EmulatorError["code"]) => (error: unknown) =>
  error instanceof EmulatorError && error.code === code;

describe("chat completions", () => {
  for (const text of ["Привет, как дела?", "Hello, how are you?"]) {
    it(`answer the same whole and streamed: ${text}`, async () => {
      const emulator = await start();
      const whole = await ask(emulator, text);
      const streamed = await ask(emulator, text, {
        stream: true,
        stream_options: { include_usage: true },
      });
      assert.equal(streamed.headers["content-type"], "text/event-stream");
      assert.equal(streamedText(streamed), textOf(whole));
      const chunks = chunksOf(streamed);
      const usage = chunks.at(-1)?.at("usage");
      assert.deepEqual(usage, json(whole).at("usage"));
      assert.deepEqual(chunks.at(-1)?.at("choices"), []);
      assert.equal(chunks.at(-2)?.at("choices", 0, "finish_reason"), "stop");
      const tokens = chunks.filter((chunk) => chunk.at("choices", 0, "delta", "content"));
      assert.equal(tokens.length, json(whole).number("usage", "completion_tokens"));
    });
  }

  it("leave usage out of a stream that did not ask for it", async () => {
    const answer = await ask(await start(), "hi", { stream: true });
    assert.ok(chunksOf(answer).every((chunk) => chunk.at("usage") === undefined));
    assert.equal(eventsOf(answer).at(-1), "[DONE]");
  });

  it("stop at the token limit and at stop texts", async () => {
    const emulator = await start({ rules: [{ reply: "one two three" }] });
    for (const [tokensMax, text, reason] of [
      [2, "one two", "length"],
      [3, "one two thre", "length"],
      [4, "one two three", "stop"],
      [5, "one two three", "stop"],
    ] as const) {
      const answer = json(await ask(emulator, "count", { max_tokens: tokensMax }));
      assert.equal(answer.at("choices", 0, "message", "content"), text);
      assert.equal(answer.at("choices", 0, "finish_reason"), reason);
    }
    assert.equal(textOf(await ask(emulator, "count", { stop: [" three", "zzz"] })), "one two");
  });

  it("read content parts, and give JSON where JSON is asked for", async () => {
    const emulator = await start();
    const content = [
      { type: "text", text: "Это " },
      { type: "image_url", image_url: { url: "data:," } },
      { type: "text", text: "кот?" },
    ];
    const messages = [{ role: "user", content }];
    assert.match(textOf(await ask(emulator, "", { messages })), /«Это кот\?»/u);
    const text = textOf(await ask(emulator, "hi", { response_format: { type: "json_object" } }));
    assert.match(JSON.parse(text).answer, /emulator/u);
  });

  it("keep the pace they are given", async () => {
    const emulator = await start({ firstTokenDelayMs: 60, tokenDelayMs: 15 });
    const streamed = await ask(emulator, "hi", { stream: true, max_tokens: 4 });
    assert.ok(streamed.totalMs >= 115, `${streamed.totalMs} ms`);
    const restMs = streamed.totalMs - streamed.firstByteMs;
    assert.ok(restMs > 40, `the head comes before the tokens, of which three took ${restMs} ms`);
    const whole = await ask(emulator, "hi", { max_tokens: 4 });
    assert.ok(whole.firstByteMs >= 115, `${whole.firstByteMs} ms`);
  });
});

describe("refusals", () => {
  const cases: readonly [string, unknown, number, string | null][] = [
    ["a list", [], 400, null],
    ["no messages", { model: "emulated-chat" }, 400, "messages"],
    ["empty messages", { model: "emulated-chat", messages: [] }, 400, "messages"],
    [
      "a strange role",
      chat("", { messages: [{ role: "king", content: "" }] }),
      400,
      "messages[0].role",
    ],
    [
      "a number as content",
      chat("", { messages: [{ role: "user", content: 1 }] }),
      400,
      "messages[0].content",
    ],
    ["stream as a text", chat("hi", { stream: "yes" }), 400, "stream"],
    ["max_tokens 0", chat("hi", { max_tokens: 0 }), 400, "max_tokens"],
    ["max_tokens 1", chat("hi", { max_tokens: 1 }), 200, null],
    ["two choices", chat("hi", { n: 2 }), 400, "n"],
    ["17 stops", chat("hi", { stop: Array.from({ length: 17 }, () => "x") }), 400, "stop"],
    ["16 stops", chat("hi", { stop: Array.from({ length: 16 }, () => "~") }), 200, null],
    [
      "a schema format without schema",
      chat("hi", { response_format: { type: "json_schema" } }),
      400,
      "response_format",
    ],
    ["no model", chat("hi", { model: undefined }), 400, "model"],
    ["an unknown model", chat("hi", { model: "gpt-99" }), 404, "model"],
    ["an embedding model", chat("hi", { model: "emulated-embedding" }), 404, "model"],
    ["an unknown key", chat("hi", { top_secret: true }), 200, null],
  ];
  for (const [name, body, status, param] of cases) {
    it(`${status} for ${name}`, async () => {
      const emulator = await start();
      const answer = await send(`${emulator.url}/chat/completions`, { body });
      assert.equal(answer.status, status, answer.text);
      if (status === 200) return;
      assert.equal(json(answer).at("error", "param"), param);
      assert.equal(json(answer).at("error", "type"), "invalid_request_error");
    });
  }

  it("for a body that is no JSON, an unknown address and a wrong method", async () => {
    const emulator = await start();
    const url = `${emulator.url}/chat/completions`;
    assert.equal((await send(url, { rawBody: "{" })).status, 400);
    assert.equal((await send(`${emulator.url}/nowhere`)).status, 404);
    assert.equal((await send(url, { method: "GET" })).status, 404);
  });

  it("for a body over the limit", async () => {
    const emulator = await start();
    const padded = (bytes: number) => {
      const body = JSON.stringify(chat("hi"));
      return `${body.slice(0, -1)}${" ".repeat(bytes - body.length)}}`;
    };
    const url = `${emulator.url}/chat/completions`;
    assert.equal((await send(url, { rawBody: padded(requestBodyBytesMax) })).status, 200);
    assert.equal((await send(url, { rawBody: padded(requestBodyBytesMax + 1) })).status, 413);
  });

  it("for a wrong key, health excepted", async () => {
    const emulator = await start({ apiKey: "correct-horse" });
    const status = async (authorization?: string) =>
      (
        await send(`${emulator.url}/models`, {
          headers: authorization === undefined ? {} : { authorization },
        })
      ).status;
    assert.equal(await status(), 401);
    assert.equal(await status("Bearer wrong"), 401);
    assert.equal(await status("Bearer correct-horse"), 200);
    assert.equal((await send(emulator.url.replace("/v1", "/health"))).status, 200);
    assert.ok(!JSON.stringify(emulator.requests).includes("correct-horse"));
    const kept = emulator.requests.map(({ callIndex, headers }) => [
      callIndex,
      headers["authorization"],
    ]);
    assert.deepEqual(kept, [
      [-1, undefined],
      [-1, "[secret]"],
      [0, "[secret]"],
      [0, undefined],
    ]);
  });

  it("for a prompt over the context, except where Ollama cuts it silently", async () => {
    const models = (contextTokens: number) => [
      { id: "emulated-chat", contextTokens, kind: "chat" as const },
    ];
    const probe = await ask(await start(), "слово ".repeat(50));
    const whole = json(probe).number("usage", "prompt_tokens");
    const text = "слово ".repeat(50);
    assert.equal((await ask(await start({ models: models(whole) }), text)).status, 200);
    const refused = await ask(await start({ models: models(whole - 1) }), text);
    assert.equal(refused.status, 400);
    assert.equal(json(refused).at("error", "code"), "context_length_exceeded");
    const cut = await ask(await start({ models: models(whole - 1), flavour: "ollama" }), text);
    assert.equal(json(cut).at("usage", "prompt_tokens"), whole - 1);
  });
});

describe("the request journal", () => {
  it("keeps requests as they came, up to its limit, and counts beyond", async () => {
    const emulator = await start({ recordedRequestsMax: 3 });
    for (const text of ["a", "b", "c"]) await ask(emulator, text);
    assert.deepEqual(
      emulator.requests.map((request) => request.index),
      [0, 1, 2],
    );
    assert.deepEqual(emulator.requests[0]?.body, chat("a"));
    assert.equal(emulator.requests[0]?.path, "/v1/chat/completions");
    await ask(emulator, "d");
    assert.deepEqual(
      emulator.requests.map((request) => request.index),
      [1, 2, 3],
    );
    assert.equal(emulator.requestsSeen, 4);
    emulator.clear();
    assert.deepEqual([emulator.requests.length, emulator.requestsSeen], [0, 0]);
    await ask(emulator, "e");
    assert.equal(emulator.requests[0]?.callIndex, 0);
  });

  it("can be switched off", async () => {
    const emulator = await start({ recordedRequestsMax: 0 });
    await ask(emulator, "a");
    assert.deepEqual([emulator.requests.length, emulator.requestsSeen], [0, 1]);
  });

  it("is waited for, by endpoint too, and not forever", async () => {
    const emulator = await start();
    const both = emulator.waitForRequests(2, { timeoutMs: 30_000 });
    const chats = emulator.waitForRequests(1, { timeoutMs: 30_000, endpoint: "chat" });
    await send(`${emulator.url}/models`);
    await ask(emulator, "a");
    await Promise.all([both, chats]);
    await emulator.waitForRequests(2, { timeoutMs: 1 });
    await assert.rejects(emulator.waitForRequests(3, { timeoutMs: 5 }), hasCode("timed_out"));
  });

  it("counts a client that leaves in mid-stream", async () => {
    const emulator = await start({ tokenDelayMs: 20 });
    const controller = new AbortController();
    const body = chat("hi", { stream: true });
    const answer = fetch(`${emulator.url}/chat/completions`, {
      method: "POST",
      body: JSON.stringify(body),
      signal: controller.signal,
    });
    await (await answer).body?.getReader().read();
    assert.equal(emulator.active, 1);
    controller.abort();
    const deadlineMs = performance.now() + 30_000;
    while (emulator.active > 0 && performance.now() < deadlineMs)
      await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual([emulator.active, emulator.aborted], [0, 1]);
    await ask(emulator, "hi", { max_tokens: 1 });
    assert.equal(emulator.aborted, 1, "a request that ends is not counted");
  });
});

describe("start and end", () => {
  it("frees the port, also with a request in flight", async () => {
    const emulator = await startOpenAiEmulator();
    emulator.setFault({ kind: "timeout" });
    const hanging = ask(emulator, "hi");
    await emulator.waitForRequests(1, { timeoutMs: 30_000 });
    await emulator[Symbol.asyncDispose]();
    await emulator[Symbol.asyncDispose]();
    assert.equal((await hanging).status, 0);
    const next = await start({ port: emulator.port });
    assert.equal(next.port, emulator.port);
  });

  it("refuses a taken port, an unknown host and senseless options", async () => {
    const { port } = await start();
    await assert.rejects(startOpenAiEmulator({ port }), hasCode("port_taken"));
    await assert.rejects(startOpenAiEmulator({ host: "192.0.2.1" }), hasCode("listen_failed"));
    const senseless: readonly OpenAiEmulatorOptions[] = [
      { tokenDelayMs: -1 },
      { recordedRequestsMax: -1 },
      { embeddingDimensions: 0 },
      { embeddingDimensions: 4_097 },
      { models: [{ id: "", contextTokens: 1, kind: "chat" }] },
      { models: [{ id: "a", contextTokens: 0, kind: "chat" }] },
      { rules: Array.from({ length: 1_001 }, () => ({ reply: "" })) },
    ];
    for (const options of senseless)
      await assert.rejects(startOpenAiEmulator(options), hasCode("option_invalid"));
    await start({ rules: Array.from({ length: 1_000 }, () => ({ reply: "" })) });
    await start({ embeddingDimensions: 4_096 });
  });

  it("describes itself to a user", async () => {
    const emulator = await start({ apiKey: "hush", persona: { kind: "oscillate" } });
    for (const [language, ...said] of [
      ["en", "Emulated openai server", "the one you chose"],
      ["ru", "Эмулятор сервера openai", "тот, что вы выбрали"],
    ] as const) {
      const text = describeEmulator(emulator, language);
      const parts = [emulator.url, "emulated-chat", "emulated-embedding", "curl", "oscillate"];
      for (const part of [...parts, ...said]) assert.ok(text.includes(part), part);
      assert.ok(!text.includes("hush"));
    }
  });
});
