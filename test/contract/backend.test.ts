import { startOpenAiEmulator, type OpenAiEmulatorOptions } from "@adyton/emulators";
import { Secret } from "@adyton/runtime";
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  openBackend,
  type BackendOptions,
} from "../../packages/core/src/adapters/openai-compatible/backend.ts";
import type { Backend, ChatOutcome } from "../../packages/core/src/ports/backend.ts";

/** The adapter against the emulator on a real socket: what a healthy server answers. */

const never = new AbortController().signal;
const ask = (
  backend: Backend,
  text: string,
  onDelta?: (piece: string) => void,
): Promise<ChatOutcome> =>
  backend.chat({
    messages: [
      { role: "system", content: "Be brief." },
      { role: "user", content: text },
    ],
    signal: never,
    ...(onDelta === undefined ? {} : { onDelta }),
  });

async function start(emulated: OpenAiEmulatorOptions = {}, options: Partial<BackendOptions> = {}) {
  const stack = new AsyncDisposableStack();
  const emulator = stack.use(await startOpenAiEmulator(emulated));
  const backend = stack.use(
    openBackend({ name: "main", url: emulator.url, concurrency: 4, ...options }),
  );
  return { emulator, backend, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

describe("a chat", () => {
  for (const [language, question, answer] of [
    ["English", "Say hello", "Hello, “friend” 👍🏽 and 好"],
    ["Russian", "Поздоровайся", "Привет, «друг» 👍🏽 и 好"],
  ] as const)
    it(`gives the same ${language} text whole and streamed`, async () => {
      await using node = await start({ rules: [{ reply: answer }] });
      const whole = await ask(node.backend, question);
      assert.equal(whole.kind === "answered" && whole.text, answer);
      const pieces: string[] = [];
      const streamed = await ask(node.backend, question, (piece) => pieces.push(piece));
      assert.deepEqual(streamed, whole);
      assert.equal(pieces.join(""), answer);
      assert.ok(pieces.length > 1);
    });

  it("streams only when somebody listens, and asks for usage then", async () => {
    await using node = await start();
    await ask(node.backend, "one");
    await ask(node.backend, "two", () => undefined);
    const [first, second] = node.emulator.requests.filter(({ endpoint }) => endpoint === "chat");
    assert.deepEqual(first?.body, {
      model: "emulated-chat",
      messages: [
        { role: "system", content: "Be brief." },
        { role: "user", content: "one" },
      ],
    });
    const body = second?.body as Record<string, unknown>;
    assert.deepEqual([body["stream"], body["stream_options"]], [true, { include_usage: true }]);
  });

  it("reports usage, model and the end by length", async () => {
    await using node = await start({ rules: [{ reply: "one two three four five six seven" }] });
    const outcome = await node.backend.chat({
      messages: [{ role: "user", content: "Count to seven" }],
      answerTokensMax: 3,
      signal: never,
    });
    assert.equal(outcome.kind, "answered");
    assert.ok(outcome.kind === "answered");
    assert.equal(outcome.finish, "length");
    assert.equal(outcome.model, "emulated-chat");
    assert.equal(outcome.usage?.completionTokens, 3);
  });

  for (const usage of ["missing", "negative", { factor: 5 }, { factor: 0.1 }] as const)
    it(`drops usage that is ${JSON.stringify(usage)}, and keeps the answer`, async () => {
      await using node = await start();
      const question =
        "A question of a usual length, so that the estimate is near the count of the server.";
      const right = await ask(node.backend, question);
      assert.ok(right.kind === "answered" && right.usage !== undefined);
      node.emulator.setFault({ kind: "wrong_usage", usage });
      for (const onDelta of [undefined, () => undefined]) {
        const wrong = await ask(node.backend, question, onDelta);
        assert.ok(wrong.kind === "answered");
        assert.equal(wrong.usage, undefined);
        assert.equal(wrong.text, right.text);
      }
    });

  for (const reasoningIn of ["content", "field"] as const)
    it(`leaves out reasoning that comes in the ${reasoningIn}`, async () => {
      const reply = { text: "Сорок два.", reasoning: "Six times seven…", reasoningIn };
      await using node = await start({ rules: [{ reply }] });
      const pieces: string[] = [];
      for (const onDelta of [undefined, (piece: string) => pieces.push(piece)]) {
        const outcome = await ask(node.backend, "6 × 7?", onDelta);
        assert.equal(outcome.kind === "answered" && outcome.text, "Сорок два.");
      }
      assert.equal(pieces.join(""), "Сорок два.");
    });

  it("learns from the first answer that a model begins inside its reasoning", async () => {
    await using node = await start({ rules: [{ reply: "Let me think.\n</think>\n\nYes." }] });
    const shown = async (): Promise<string> => {
      const pieces: string[] = [];
      const outcome = await ask(node.backend, "?", (piece) => pieces.push(piece));
      assert.equal(outcome.kind === "answered" && outcome.text, "Yes.");
      return pieces.join("");
    };
    assert.match(await shown(), /Let me think/);
    assert.equal(await shown(), "Yes.");
  });

  it("says so when a model spent its whole answer on reasoning", async () => {
    await using node = await start({ rules: [{ reply: "<think>and so on, and so on" }] });
    for (const onDelta of [undefined, () => undefined]) {
      const outcome = await ask(node.backend, "?", onDelta);
      assert.ok(outcome.kind === "failed");
      assert.deepEqual([outcome.reason, outcome.started], ["invalid", false]);
      assert.match(outcome.detail.en, /before it wrote any text/);
    }
    assert.equal(node.backend.health().status, "ok");
  });
});

describe("what a server says of itself", () => {
  const models = [
    { id: "nomic-embed-text", contextTokens: 2_048, kind: "embedding" },
    { id: "small-chat", contextTokens: 12_288, kind: "chat" },
  ] as const;

  for (const flavour of ["llama.cpp", "ollama", "vllm", "lmstudio"] as const)
    it(`reads window and chat model of ${flavour}`, async () => {
      const served = flavour === "llama.cpp" ? models.slice(1) : models;
      await using node = await start({ flavour, models: served });
      assert.deepEqual([node.backend.model, node.backend.contextTokens], ["", 4_096]);
      await node.backend.start?.();
      assert.deepEqual([node.backend.model, node.backend.contextTokens], ["small-chat", 12_288]);
      assert.equal(node.backend.health().status, "ok");
    });

  it("prefers what is configured", async () => {
    await using node = await start(
      { flavour: "vllm", models },
      { contextTokens: 9_000, model: "small-chat" },
    );
    await node.backend.start?.();
    assert.equal(node.backend.contextTokens, 9_000);
  });

  it("assumes 4096 tokens where nothing is said", async () => {
    await using node = await start({ flavour: "tgw", models: models.slice(1) });
    await node.backend.start?.();
    assert.equal(node.backend.contextTokens, 4_096);
  });

  it("says when there is no chat model", async () => {
    await using node = await start({ flavour: "ollama", models: models.slice(0, 1) });
    const outcome = await ask(node.backend, "?");
    assert.ok(outcome.kind === "failed" && outcome.reason === "unavailable");
    assert.match(outcome.detail.en, /no chat model/);
    assert.equal(node.backend.health().status, "degraded");
  });

  for (const flavour of ["llama.cpp", "vllm", "tgw"] as const)
    it(`counts exactly by the tokenizer of ${flavour}`, async () => {
      await using node = await start({ flavour });
      assert.equal(await node.backend.countExact?.("one two"), 2);
    });

  it("counts exactly nowhere else", async () => {
    await using node = await start({ flavour: "ollama" });
    assert.equal(await node.backend.countExact?.("one two"), undefined);
  });
});

describe("keys and refusals", () => {
  it("sends the key, and tells what to do when it is wrong", async () => {
    await using emulator = await startOpenAiEmulator({ apiKey: "sk-right" });
    const options = { name: "main", url: emulator.url, model: "emulated-chat", concurrency: 1 };
    await using right = openBackend({ ...options, apiKey: new Secret("sk-right") });
    assert.equal((await ask(right, "?")).kind, "answered");
    await using wrong = openBackend({ ...options, apiKey: new Secret("sk-wrong") });
    const outcome = await ask(wrong, "?");
    assert.ok(outcome.kind === "failed" && outcome.reason === "refused");
    assert.match(outcome.detail.en, /api_key_file/);
    assert.ok(!JSON.stringify([outcome, wrong.health()]).includes("sk-wrong"));
    assert.equal(wrong.health().status, "degraded");
  });

  it("names the models that exist when the configured one does not", async () => {
    await using node = await start({}, { model: "missing" });
    node.emulator.setFault({ kind: "status", status: 404 });
    const outcome = await ask(node.backend, "?");
    assert.ok(outcome.kind === "failed" && outcome.reason === "refused");
    assert.match(outcome.detail.en, /does not have the model missing; it has emulated-chat\./);
  });

  it("corrects its estimate by what the server reports", async () => {
    await using node = await start({ rules: [{ reply: "ok" }] });
    const text = "Предложение, длина которого позволяет сравнить оценку с отчётом сервера. ".repeat(
      8,
    );
    const before = node.backend.countTokens(text);
    for (let turn = 0; turn < 8; turn += 1) {
      const outcome = await ask(node.backend, text);
      assert.ok(outcome.kind === "answered" && outcome.usage !== undefined);
    }
    const after = node.backend.countTokens(text);
    await using exact = await start({ flavour: "llama.cpp" });
    const truth = (await exact.backend.countExact?.(text)) ?? 0;
    assert.ok(
      Math.abs(after - truth) < Math.abs(before - truth),
      `${before} → ${after}, truth ${truth}`,
    );
  });
});
