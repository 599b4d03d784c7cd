import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  AuthenticationError,
  BadRequestError,
  InternalServerError,
  NotFoundError,
  PermissionDeniedError,
  RateLimitError,
} from "openai";
import { conversationQueueMax, embeddingInputsMax } from "@adyton/protocol";
import { until } from "../e2e/node-process.ts";
import { lastAsked, refusal, reply, start, user } from "./openai-fixture.ts";

describe("names of models by the official client", () => {
  it("lists the node's modes and the server's models, and tells of each", async () => {
    await using both = await start();
    const { client } = both;
    const { data } = await client.models.list();
    assert.deepEqual(
      data.map(({ id, owned_by }) => [id, owned_by]),
      [
        ["adyton", "adyton"],
        ["adyton/direct", "adyton"],
        ["adyton/extractive", "adyton"],
        ["adyton/rag", "adyton"],
        ["adyton/recursia", "adyton"],
        ["adyton/echo", "adyton"],
        ["adyton/mirror", "adyton"],
        ["adyton/fold", "adyton"],
        ["emulated-chat", "backend"],
        ["emulated-embedding", "backend"],
      ],
    );
    assert.equal((await client.models.retrieve("adyton/direct")).id, "adyton/direct");
    // Other clients leave the slash as it is.
    const plain = await both.node.ask("/v1/models/adyton/direct");
    assert.equal(plain.json.id, "adyton/direct");
    const named = await client.chat.completions.create({
      model: "emulated-chat",
      messages: [user("Hi")],
    });
    assert.equal(named.choices[0]?.message.content, reply);
    const error = await refusal(client.models.retrieve("gpt-none"));
    assert.ok(error instanceof NotFoundError);
  });
});

describe("embeddings by the official client", () => {
  it("gives a vector for each text, as base64 and as numbers", async () => {
    await using both = await start();
    const { client, emulator } = both;
    const input = ["Кухня", "The kitchen"];
    // The client asks for base64 by itself and decodes it.
    const decoded = await client.embeddings.create({ model: "adyton", input });
    const plain = await client.embeddings.create({
      model: "emulated-embedding",
      input,
      encoding_format: "float",
    });
    assert.equal(decoded.data.length, 2);
    for (const [index, { embedding }] of decoded.data.entries()) {
      assert.equal(embedding.length, 256);
      const twin = plain.data[index]?.embedding ?? [];
      assert.ok(embedding.every((value, at) => Math.abs(value - (twin[at] ?? 9)) < 1e-6));
    }
    assert.ok(decoded.usage.prompt_tokens > 0);
    const single = await client.embeddings.create({ model: "adyton", input: "Кухня" });
    assert.deepEqual(single.data[0]?.embedding, decoded.data[0]?.embedding);
    const asked = emulator.requests.filter(({ endpoint }) => endpoint === "embeddings");
    assert.equal(asked.length, 3);
    assert.deepEqual(await both.node.journal("turn."), []);
  });

  it("takes texts up to the limit, and says what cannot be", async () => {
    await using both = await start();
    const { client } = both;
    const create = (more: object, input: string | string[] = "a") =>
      client.embeddings.create({ model: "adyton", input, ...more });
    const most = Array.from({ length: embeddingInputsMax }, () => "a");
    assert.equal((await create({}, most)).data.length, embeddingInputsMax);
    const over = await refusal(create({}, [...most, "a"]));
    assert.ok(over instanceof BadRequestError);
    assert.equal(over.param, "input");
    assert.ok((await refusal(create({ model: "adyton/direct" }))) instanceof NotFoundError);
    assert.equal((await create({ dimensions: 256 })).data.length, 1);
    assert.equal((await refusal(create({ dimensions: 64 }))).param, "dimensions");
  });

  it("says what to do where there is no embedding model", async () => {
    const models = [{ id: "only-chat", kind: "chat", contextTokens: 8_192 }] as const;
    await using both = await start({ models });
    const error = await refusal(both.client.embeddings.create({ model: "adyton", input: "a" }));
    assert.equal(error.status, 404);
    assert.equal(error.code, "unknown_model");
    assert.match(error.message, /load one on the model server/);
  });
});

describe("errors, as the official client raises them", () => {
  const hello = { model: "adyton", messages: [user("Hi")] };

  it("by the caller: 401 for a token that is none any more, 403 for a grant that is missing", async () => {
    await using both = await start();
    const { node, clientOf } = both;
    const app = await node.makeToken("app", ["say"]);
    const meter = await node.makeToken("meter", ["event"]);
    await clientOf(app).chat.completions.create(hello);
    const [received] = await node.journal("turn.received");
    assert.equal(received?.["tier"], "member", "a known token counts");
    await node.ask("/api/v1/tokens/app", { method: "DELETE", token: node.owner });
    const revoked = await refusal(clientOf(app).chat.completions.create(hello));
    assert.ok(revoked instanceof AuthenticationError);
    assert.equal(revoked.code, "unauthorized");
    const forbidden = await refusal(clientOf(meter).models.list());
    assert.ok(forbidden instanceof PermissionDeniedError);
    // A key of somebody else's is passed over, and is nobody's.
    await clientOf("sk-proj-0123456789").chat.completions.create(hello);
    const last = (await node.journal("turn.received")).at(-1);
    assert.equal(last?.["tier"], "local");
  });

  it("by the request: 404 for a model, 400 for a faulty part, which is named", async () => {
    await using both = await start();
    const { client } = both;
    const unknown = await refusal(
      client.chat.completions.create({ ...hello, model: "adyton/recursion" }),
    );
    assert.ok(unknown instanceof NotFoundError);
    assert.deepEqual([unknown.code, unknown.type], ["unknown_model", "invalid_request_error"]);
    assert.match(unknown.message, /adyton\/direct/);
    const two = await refusal(client.chat.completions.create({ ...hello, n: 2 }));
    assert.ok(two instanceof BadRequestError);
    assert.deepEqual([two.code, two.param], ["invalid_body", "n"]);
    const unnamed = await refusal(
      client.chat.completions.create({ ...hello, metadata: { conversation: " " } }),
    );
    assert.equal(unnamed.param, "metadata.conversation");
    const lost = await refusal(client.get("/nothing"));
    assert.ok(lost instanceof NotFoundError);
    assert.equal(lost.code, "not_found");
  });

  it("in the middle of a stream: the token's end", async () => {
    await using both = await start({ tokenDelayMs: 100 });
    const { node, clientOf } = both;
    const app = await node.makeToken("app", ["say"]);
    const stream = await clientOf(app).chat.completions.create({ ...hello, stream: true });
    const reading = (async () => {
      for await (const { choices } of stream)
        if ((choices[0]?.delta.content ?? "") !== "")
          await node.ask("/api/v1/tokens/app", { method: "DELETE", token: node.owner });
    })();
    assert.equal((await refusal(reading)).code, "unauthorized");
  });

  it("by the model server: 5xx, also where a stream was asked for", async () => {
    await using both = await start();
    const { client, emulator } = both;
    emulator.setFault({ kind: "status", status: 400 });
    for (const stream of [false, true]) {
      const error = await refusal(client.chat.completions.create({ ...hello, stream }));
      assert.ok(error instanceof InternalServerError);
      assert.deepEqual(
        [error.status, error.code, error.type],
        [502, "backend_invalid", "server_error"],
      );
    }
  });

  it("by what waits: 429, and the client's own retry gets through", async () => {
    await using both = await start({ firstTokenDelayMs: 400 });
    const { client, clientOf, emulator } = both;
    const inLine = { ...hello, metadata: { conversation: "one" } };
    const ask = (from = client) => from.chat.completions.create(inLine);
    const running = ask();
    await emulator.waitForRequests(1, { timeoutMs: 30_000, endpoint: "chat" });
    const waiting = Array.from({ length: conversationQueueMax }, () => ask());
    await until("a full queue", async () => {
      const figures = await both.node.ask("/metrics", { token: both.node.owner });
      return new RegExp(`^adyton_turns_waiting ${conversationQueueMax}$`, "m").test(figures.text);
    });
    const error = await refusal(ask());
    assert.ok(error instanceof RateLimitError);
    assert.equal(error.code, "busy");
    assert.ok(Number(error.headers?.get("retry-after")) > 0);
    const answer = await ask(clientOf("sk-none", { maxRetries: 2 }));
    assert.equal(answer.choices[0]?.message.content, reply);
    await Promise.all([running, ...waiting]);
  });

  it("gives the same answer to a repetition under its key, and asks the model once", async () => {
    await using both = await start();
    const options = { headers: { "Idempotency-Key": "once" } };
    const { client, emulator } = both;
    const first = await client.chat.completions.create(hello, options);
    const second = await client.chat.completions.create(hello, options);
    assert.deepEqual(second, first);
    const other = await refusal(
      client.chat.completions.create({ ...hello, messages: [user("Other")] }, options),
    );
    assert.equal(other.code, "idempotency_mismatch");
    assert.equal(emulator.requests.filter(({ endpoint }) => endpoint === "chat").length, 1);
  });
});

describe("scripts for text-generation-webui's former API", () => {
  it("go on from a prompt, ask for the model, and count tokens", async () => {
    await using both = await start();
    const { node } = both;
    const body = {
      prompt: "Продолжи: один, два,",
      max_new_tokens: 3,
      temperature: 0.7,
      top_k: 40,
      seed: -1,
      do_sample: true,
      typical_p: 1,
      stopping_strings: ["\nYou:"],
      truncation_length: 2_048,
    };
    const generated = await node.ask("/api/v1/generate", { body });
    const [{ text }] = generated.json.results;
    assert.ok(text.length > 0 && text.length < reply.length && reply.startsWith(text), text);
    const { messages, ...asked } = lastAsked(both);
    assert.deepEqual(asked, {
      model: "emulated-chat",
      temperature: 0.7,
      top_k: 40,
      stop: ["\nYou:"],
      max_tokens: 3,
    });
    assert.equal(messages[1].content, body.prompt);
    assert.deepEqual((await node.ask("/api/v1/model")).json, { result: "emulated-chat" });
    const list = await node.ask("/api/v1/model", { body: { action: "list" } });
    assert.ok(list.json.result.includes("adyton/direct"));
    const load = await node.ask("/api/v1/model", { body: { action: "load", model_name: "x" } });
    assert.equal(load.status, 422);
    const count = await node.ask("/api/v1/token-count", { body: { prompt: "один, два" } });
    assert.ok(count.json.results[0].tokens > 1);
  });
});
