import assert from "node:assert/strict";
import { afterEach, describe, it } from "node:test";

import { chat, json, send } from "../test/raw-client.ts";
import { flavours, startOpenAiEmulator, type Flavour, type OpenAiEmulator } from "./index.ts";

const opened: OpenAiEmulator[] = [];
afterEach(async () => {
  for (const emulator of opened.splice(0)) await emulator[Symbol.asyncDispose]();
});

async function start(flavour: Flavour): Promise<{ emulator: OpenAiEmulator; root: string }> {
  const emulator = await startOpenAiEmulator({ flavour });
  opened.push(emulator);
  return { emulator, root: emulator.url.slice(0, -"/v1".length) };
}

describe("the list of models", () => {
  for (const flavour of flavours) {
    it(`has the shape of ${flavour}`, async () => {
      const { emulator } = await start(flavour);
      const list = json(await send(`${emulator.url}/models`));
      assert.equal(list.at("data", 0, "id"), "emulated-chat");
      assert.equal(list.at("data", 0, "max_model_len"), flavour === "vllm" ? 32_768 : undefined);
      const trained = list.at("data", 0, "meta", "n_ctx_train");
      assert.equal(trained, flavour === "llama.cpp" ? 32_768 : undefined);
    });
  }
});

describe("addresses of one flavour", () => {
  const show = { body: { model: "emulated-chat" } };
  const cases: readonly [
    Flavour,
    string,
    Parameters<typeof send>[1],
    (string | number)[],
    unknown,
  ][] = [
    ["llama.cpp", "/props", {}, ["default_generation_settings", "n_ctx"], 32_768],
    ["ollama", "/api/tags", {}, ["models", 0, "name"], "emulated-chat:latest"],
    ["ollama", "/api/ps", {}, ["models", 0, "context_length"], 32_768],
    ["ollama", "/api/show", show, ["model_info", "emulator.context_length"], 32_768],
    ["tgw", "/v1/internal/model/info", {}, ["model_name"], "emulated-chat"],
    ["lmstudio", "/api/v0/models", {}, ["data", 0, "max_context_length"], 32_768],
  ];
  for (const [flavour, path, options, place, expected] of cases) {
    it(`${path} answers in ${flavour} only`, async () => {
      for (const other of flavours) {
        const { root } = await start(other);
        const answer = await send(`${root}${path}`, options);
        assert.equal(answer.status, other === flavour ? 200 : 404, other);
        if (other === flavour) assert.equal(json(answer).at(...place), expected);
      }
    });
  }

  it("/api/show refuses a model Ollama does not have", async () => {
    const { root } = await start("ollama");
    assert.equal((await send(`${root}/api/show`, { body: { model: "none" } })).status, 404);
  });

  it("a server of one model takes any name", async () => {
    for (const flavour of flavours) {
      const { emulator } = await start(flavour);
      const body = chat("hi", { model: "whatever" });
      const { status } = await send(`${emulator.url}/chat/completions`, { body });
      const takesAny = ["llama.cpp", "tgw", "lmstudio"].includes(flavour);
      assert.equal(status, takesAny ? 200 : 404, flavour);
    }
  });
});

describe("counting tokens", () => {
  for (const text of ["Привет, мир! Как дела?", "Hello, world! 🦉 café", ""]) {
    it(`agrees with usage for ${JSON.stringify(text)}`, async () => {
      const { emulator, root } = await start("openai");
      const body = chat(text);
      const answer = json(await send(`${emulator.url}/chat/completions`, { body }));
      const used = answer.number("usage", "prompt_tokens");
      const vllm = json(await send(`${root}/tokenize`, { body }));
      assert.equal(vllm.number("count"), used);
      const { text: rendered } = await send(`${root}/apply-template`, { body });
      const content: unknown = JSON.parse(rendered).prompt;
      const llama = json(await send(`${root}/tokenize`, { body: { content } }));
      assert.equal(lengthOf(llama.at("tokens")), used);
      const plain = json(await send(`${root}/tokenize`, { body: { prompt: text } }));
      assert.equal(plain.number("count"), lengthOf(plain.at("tokens")));
    });
  }

  it("is offered where the flavour has it", async () => {
    for (const flavour of flavours) {
      const { root } = await start(flavour);
      const { status } = await send(`${root}/tokenize`, { body: { content: "a" } });
      assert.equal(status, ["openai", "llama.cpp", "vllm"].includes(flavour) ? 200 : 404, flavour);
    }
    const { root } = await start("tgw");
    const counted = await send(`${root}/v1/internal/token-count`, { body: { text: "один два" } });
    assert.deepEqual(json(counted).value, { length: 2 });
    const openai = await start("openai");
    assert.equal((await send(`${openai.root}/tokenize`, { body: { what: 1 } })).status, 400);
  });
});

function lengthOf(value: unknown): number {
  return Array.isArray(value) ? value.length : -1;
}
