import assert from "node:assert/strict";
import { afterEach, describe, it } from "node:test";

import { chat, chunksOf, eventsOf, json, send, streamedText, textOf } from "../test/raw-client.ts";
import { startOpenAiEmulator, type Fault, type OpenAiEmulator } from "./index.ts";

const opened: OpenAiEmulator[] = [];
afterEach(async () => {
  for (const emulator of opened.splice(0)) await emulator[Symbol.asyncDispose]();
});

async function start(fault: Fault | null, times?: number): Promise<OpenAiEmulator> {
  const emulator = await startOpenAiEmulator();
  opened.push(emulator);
  emulator.setFault(fault, times === undefined ? {} : { times });
  return emulator;
}

const ask = (emulator: OpenAiEmulator, more: Record<string, unknown> = {}, text = "Как дела?") =>
  send(`${emulator.url}/chat/completions`, { body: chat(text, more) });
const stream = { stream: true, stream_options: { include_usage: true } };

/** What the same requests give without a fault: the control of every case. */
async function healthy(text = "Как дела?") {
  const emulator = await start(null);
  const plain = await ask(emulator, {}, text);
  const streamed = await ask(emulator, stream, text);
  assert.equal(streamedText(streamed), textOf(plain));
  assert.equal(eventsOf(streamed).at(-1), "[DONE]");
  return { text: textOf(plain), tokens: json(plain).number("usage", "completion_tokens") };
}

describe("faults before the answer", () => {
  for (const status of [429, 500, 503]) {
    it(`answers ${status} in OpenAI's shape`, async () => {
      const emulator = await start({ kind: "status", status });
      for (const more of [{}, stream]) {
        const answer = await ask(emulator, more);
        assert.equal(answer.status, status);
        assert.equal(json(answer).text("error", "message"), `scripted status ${status}`);
        assert.equal(answer.headers["retry-after"], status === 429 ? "1" : undefined);
      }
    });
  }

  it("says when to try again", async () => {
    const emulator = await start({ kind: "status", status: 503, retryAfterS: 7 });
    assert.equal((await ask(emulator)).headers["retry-after"], "7");
  });

  it("never answers, and counts the client that gave up", async () => {
    const emulator = await start({ kind: "timeout" });
    const controller = new AbortController();
    const answer = send(`${emulator.url}/chat/completions`, {
      body: chat("?"),
      signal: controller.signal,
    });
    await emulator.waitForRequests(1, { timeoutMs: 30_000 });
    assert.equal(emulator.active, 1);
    controller.abort();
    assert.equal((await answer).status, 0);
    await until(() => emulator.active === 0);
    assert.equal(emulator.aborted, 1);
  });

  it("refuses by breaking the connection", async () => {
    const emulator = await start({ kind: "refuse" });
    const answer = await ask(emulator);
    assert.deepEqual([answer.status, answer.isComplete], [0, false]);
    assert.equal(emulator.requestsSeen, 1);
    await until(() => emulator.active === 0);
    assert.equal(emulator.aborted, 0, "what the emulator breaks is no client that left");
  });

  it("answers a web page with 200", async () => {
    const answer = await ask(await start({ kind: "html" }));
    assert.equal(answer.status, 200);
    assert.equal(answer.headers["content-type"], "text/html");
    assert.match(answer.text, /^<!doctype html>/u);
  });

  it("keeps silent before the first byte", async () => {
    const emulator = await start({ kind: "long_prefill", firstByteDelayMs: 120 });
    for (const more of [{}, stream]) {
      const answer = await ask(emulator, more);
      assert.ok(answer.firstByteMs >= 118, `the first byte came after ${answer.firstByteMs} ms`);
      assert.equal(answer.status, 200);
    }
  });
});

describe("faults inside the answer", () => {
  it("drips", async () => {
    const emulator = await start({ kind: "slow_drip", tokenDelayMs: 20 });
    const streamed = await ask(emulator, { ...stream, max_tokens: 6 });
    assert.ok(streamed.firstByteMs < streamed.totalMs - 60, "the headers come before the tokens");
    assert.ok(streamed.totalMs >= 115, `six tokens took ${streamed.totalMs} ms`);
    const plain = await ask(emulator, { max_tokens: 6 });
    assert.ok(plain.firstByteMs >= 115, `six tokens took ${plain.firstByteMs} ms`);
  });

  for (const afterTokens of [0, 3]) {
    it(`cuts the stream after ${afterTokens} tokens`, async () => {
      const answer = await ask(await start({ kind: "cut_stream", afterTokens }), stream);
      assert.equal(answer.isComplete, false);
      assert.equal(contentChunks(answer), afterTokens);
      assert.ok(!eventsOf(answer).includes("[DONE]"));
    });

    it(`ends the stream early after ${afterTokens} tokens`, async () => {
      const answer = await ask(await start({ kind: "early_end", afterTokens }), stream);
      assert.equal(answer.isComplete, true);
      assert.equal(contentChunks(answer), afterTokens);
      assert.ok(!eventsOf(answer).includes("[DONE]"));
      assert.ok(
        chunksOf(answer).every((chunk) => chunk.at("choices", 0, "finish_reason") === null),
      );
    });
  }

  it("cuts before the end even when the answer is shorter than the cut", async () => {
    const { tokens } = await healthy();
    for (const kind of ["cut_stream", "early_end"] as const) {
      const answer = await ask(await start({ kind, afterTokens: tokens + 100 }), stream);
      assert.equal(contentChunks(answer), tokens);
      assert.ok(!eventsOf(answer).includes("[DONE]"));
    }
  });

  it("cuts an answer that is not streamed half-way", async () => {
    const answer = await ask(await start({ kind: "cut_stream", afterTokens: 3 }));
    assert.equal(answer.isComplete, false);
    assert.ok(
      answer.bytes.length > 0 && answer.bytes.length < Number(answer.headers["content-length"]),
    );
  });

  it("sends a body that is not JSON", async () => {
    for (const kind of ["invalid_json", "early_end"] as const) {
      const fault: Fault = kind === "early_end" ? { kind, afterTokens: 1 } : { kind };
      const answer = await ask(await start(fault));
      assert.deepEqual([answer.status, answer.isComplete], [200, true]);
      assert.throws(() => json(answer), SyntaxError);
    }
    const streamed = await ask(await start({ kind: "invalid_json" }), stream);
    assert.throws(() => json(streamed), SyntaxError);
  });

  it("sends one broken event and goes on", async () => {
    const answer = await ask(await start({ kind: "invalid_chunk", afterTokens: 2 }), stream);
    const broken = eventsOf(answer).filter((data) => data !== "[DONE]" && !isJson(data));
    assert.equal(broken.length, 1);
    assert.equal(eventsOf(answer).at(-1), "[DONE]");
  });

  it("sends one token twice", async () => {
    const { tokens } = await healthy();
    const answer = await ask(await start({ kind: "duplicate_chunk", afterTokens: 2 }), stream);
    assert.equal(contentChunks(answer), tokens + 1);
    const texts = chunksOf(answer).map((chunk) => JSON.stringify(chunk.value));
    assert.equal(texts[3], texts[4], "the third token, after the opening chunk, comes twice");
  });

  it("leaves out the choices", async () => {
    const emulator = await start({ kind: "empty_choices" });
    assert.deepEqual(json(await ask(emulator)).at("choices"), []);
    const chunks = chunksOf(await ask(emulator, stream));
    assert.ok(chunks.length > 0 && chunks.every((chunk) => chunk.at("choices", 0) === undefined));
  });

  it("miscounts", async () => {
    const control = json(await ask(await start(null)));
    const right = control.number("usage", "prompt_tokens");
    const cases: readonly [Extract<Fault, { kind: "wrong_usage" }>["usage"], number | undefined][] =
      [
        ["missing", undefined],
        ["negative", -right],
        [{ factor: 0.5 }, Math.round(right / 2)],
        [{ factor: 3 }, right * 3],
      ];
    for (const [usage, expected] of cases) {
      const emulator = await start({ kind: "wrong_usage", usage });
      assert.equal(json(await ask(emulator)).at("usage", "prompt_tokens"), expected);
      const last = chunksOf(await ask(emulator, stream)).at(-1);
      assert.equal(last?.at("usage", "prompt_tokens"), expected);
    }
  });

  it("sends bytes that are no UTF-8", async () => {
    const emulator = await start({ kind: "garbage_utf8" });
    for (const more of [{}, stream]) {
      const answer = await ask(emulator, more);
      assert.throws(
        () => new TextDecoder("utf-8", { fatal: true }).decode(answer.bytes),
        TypeError,
      );
      assert.ok(answer.text.includes("\uFFFD"), "a lenient decoder sees a replacement mark");
    }
    const control = await ask(await start(null));
    assert.doesNotThrow(() => new TextDecoder("utf-8", { fatal: true }).decode(control.bytes));
  });

  it("splits characters across writes and loses nothing", async () => {
    for (const question of ["Как дела, Ёж?", "Hi “there” 🦉"]) {
      const control = await healthy(question);
      const emulator = await start({ kind: "split_utf8" });
      for (const more of [{}, stream]) {
        const answer = await ask(emulator, more, question);
        const splits = answer.chunks.filter((chunk) => ((chunk[0] ?? 0) & 0xc0) === 0x80);
        assert.ok(splits.length > 0, "at least one read starts inside a character");
        assert.equal(more === stream ? streamedText(answer) : textOf(answer), control.text);
      }
      const whole = await ask(await start(null), {}, question);
      assert.ok(whole.chunks.every((chunk) => ((chunk[0] ?? 0) & 0xc0) !== 0x80));
    }
  });
});

describe("the scope of a fault", () => {
  it("strikes so many times", async () => {
    const emulator = await start({ kind: "status", status: 500 }, 2);
    const statuses = [];
    for (let call = 0; call < 4; call++) statuses.push((await ask(emulator)).status);
    assert.deepEqual(statuses, [500, 500, 200, 200]);
  });

  it("strikes the named calls, and can be lifted", async () => {
    const emulator = await start({ kind: "status", status: 503, calls: [1, 3] });
    const statuses = [];
    for (let call = 0; call < 4; call++) statuses.push((await ask(emulator)).status);
    assert.deepEqual(statuses, [200, 503, 200, 503]);
    emulator.setFault({ kind: "status", status: 429 });
    assert.equal((await ask(emulator)).status, 429);
    emulator.setFault(null);
    assert.equal((await ask(emulator)).status, 200);
  });

  it("strikes the named endpoints only", async () => {
    const emulator = await start({ kind: "status", status: 500, endpoints: ["models"] });
    assert.equal((await ask(emulator)).status, 200);
    assert.equal((await send(`${emulator.url}/models`)).status, 500);
    emulator.setFault({ kind: "status", status: 500 });
    assert.equal((await ask(emulator)).status, 500);
    assert.equal((await send(`${emulator.url}/models`)).status, 200);
  });

  it("belongs to a rule where the rule says so", async () => {
    const emulator = await start(null);
    emulator.setRules([
      { text: /сломай|break/iu, reply: "never seen", fault: { kind: "status", status: 503 } },
    ]);
    assert.equal((await ask(emulator, {}, "сломай")).status, 503);
    assert.equal((await ask(emulator, {}, "break")).status, 503);
    assert.equal((await ask(emulator, {}, "привет")).status, 200);
  });

  it("reaches embeddings and responses", async () => {
    const emulator = await start({ kind: "empty_choices" });
    const body = { model: "emulated-embedding", input: "слово" };
    assert.deepEqual(json(await send(`${emulator.url}/embeddings`, { body })).at("data"), []);
    const request = { model: "emulated-chat", input: "слово" };
    const answer = await send(`${emulator.url}/responses`, { body: request });
    assert.deepEqual(json(answer).at("output"), []);
    emulator.setFault({ kind: "wrong_usage", usage: "missing" });
    assert.equal(json(await send(`${emulator.url}/embeddings`, { body })).at("usage"), undefined);
    emulator.setFault({ kind: "cut_stream", afterTokens: 2 });
    const cut = await send(`${emulator.url}/responses`, { body: { ...request, stream: true } });
    assert.equal(cut.isComplete, false);
    assert.equal(cut.text.split("response.output_text.delta\ndata").length - 1, 2);
  });
});

function contentChunks(answer: Parameters<typeof chunksOf>[0]): number {
  return chunksOf(answer).filter((chunk) => chunk.at("choices", 0, "delta", "content")).length;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

async function until(holds: () => boolean): Promise<void> {
  const deadlineMs = performance.now() + 30_000;
  while (!holds()) {
    assert.ok(performance.now() < deadlineMs, "the condition never held");
    await new Promise((resolve) => setImmediate(resolve));
  }
}
