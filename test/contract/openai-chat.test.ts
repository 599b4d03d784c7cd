import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { OpenAIError } from "openai";
import { until } from "../e2e/node-process.ts";
import { clock, lastAsked, refusal, reply, start, user } from "./openai-fixture.ts";

describe("chat completions by the official client", () => {
  it("answers a list of messages behind the node's own prompt, and keeps question and answer", async () => {
    await using both = await start();
    const { node, owner } = both;
    const completion = await owner.chat.completions.create({
      model: "adyton",
      messages: [
        { role: "system", content: "Отвечай кратко." },
        user("Первый вопрос"),
        { role: "assistant", content: "Первый ответ" },
        user("Второй вопрос"),
      ],
      metadata: { conversation: "кухня" },
    });
    const [choice] = completion.choices;
    assert.equal(choice?.message.content, reply);
    assert.equal(choice.finish_reason, "stop");
    assert.ok((completion.usage?.prompt_tokens ?? 0) > 20);
    const { messages } = lastAsked(both);
    assert.deepEqual(
      messages.map(({ role }: { role: string }) => role),
      ["system", "user", "assistant", "user"],
    );
    assert.match(messages[0].content, /^You are the language model of a private node/);
    assert.match(messages[0].content, /\n\nОтвечай кратко\.$/);
    const [received, answered] = await node.journal("turn.");
    assert.equal(received?.["data"].text, "Второй вопрос");
    assert.equal(received["data"].conversation, "кухня");
    assert.equal(received["data"].context.messages, 4);
    assert.match(received["data"].context.sha256, /^[0-9a-f]{64}$/);
    assert.doesNotMatch(JSON.stringify(received), /Первый/, "the rest of the context is not kept");
    assert.equal(answered?.["data"].text, reply);
    const run = await node.ask(`/api/v1/runs/${answered["data"].id}`, { token: node.owner });
    assert.equal(run.json.answer.text, reply);
    const usage = await node.ask("/api/v1/usage", { token: node.owner });
    assert.equal(usage.json.rows[0].messages, 1);
    assert.equal((await node.verify()).json.clean, true);
  });

  it("takes nothing of the node's own history along, and puts intents before the client's words", async () => {
    await using both = await start();
    const { node, owner } = both;
    await node.say({ text: "remember the stove", conversation: "kitchen" });
    await node.ask("/api/v1/prompt", {
      token: node.owner,
      body: { text: "Отвечай стихами.", conversation: "kitchen" },
    });
    await owner.chat.completions.create({
      model: "adyton",
      messages: [user("And now?")],
      prompt_cache_key: "kitchen",
    });
    const { messages } = lastAsked(both);
    assert.equal(messages.length, 2);
    assert.match(messages[0].content, /Отвечай стихами\./);
    // The turn belongs to the conversation, so the node's own doors know of it.
    await node.say({ text: "What did I ask?", conversation: "kitchen" });
    assert.match(JSON.stringify(lastAsked(both).messages), /And now\?/);
  });

  it("streams, with the usage when it is asked for", async () => {
    await using both = await start();
    for (const include_usage of [true, false]) {
      const stream = await both.client.chat.completions.create({
        model: "adyton/direct",
        messages: [user("Say it")],
        stream: true,
        stream_options: { include_usage },
      });
      let text = "";
      const ends: unknown[] = [];
      const usages: unknown[] = [];
      for await (const { choices, usage } of stream) {
        text += choices[0]?.delta.content ?? "";
        if (choices[0]?.finish_reason != null) ends.push(choices[0].finish_reason);
        if (usage != null) usages.push(usage.total_tokens);
      }
      assert.equal(text, reply);
      assert.deepEqual(ends, ["stop"]);
      assert.equal(usages.length, include_usage ? 1 : 0);
    }
    const whole = both.client.chat.completions.stream({
      model: "adyton",
      messages: [user("Once more")],
    });
    assert.equal((await whole.finalChatCompletion()).choices[0]?.message.content, reply);
  });

  it("passes settings and unknown keys on, and keeps its own for itself", async () => {
    await using both = await start();
    const schema = { name: "answer", schema: { type: "object" } };
    // What programs have long been sending, and what servers have beyond OpenAI.
    const more = {
      seed: 7,
      max_tokens: 50,
      user: "ann",
      top_k: 20,
      chat_template_kwargs: { enable_thinking: false },
      // These would overrule what the node has settled.
      n_predict: 100_000,
      chat_template: "{{ messages }}",
    };
    await both.client.chat.completions.create({
      ...more,
      model: "adyton",
      messages: [user("Hi")],
      temperature: 0.3,
      top_p: 0.9,
      stop: "END",
      max_completion_tokens: 40,
      frequency_penalty: null,
      response_format: { type: "json_schema", json_schema: schema },
      store: true,
    });
    const { messages: _messages, ...asked } = lastAsked(both);
    assert.deepEqual(asked, {
      model: "emulated-chat",
      temperature: 0.3,
      top_p: 0.9,
      seed: 7,
      stop: ["END"],
      max_tokens: 40,
      response_format: { type: "json_schema", json_schema: schema },
      top_k: 20,
      chat_template_kwargs: { enable_thinking: false },
    });
  });

  for (const stream of [false, true])
    it(`has tools called and their results told, ${stream ? "streamed" : "whole"}`, async () => {
      const call = { name: "clock", arguments: { city: "Москва" } };
      await using both = await start({
        rules: [{ times: 1, reply: { toolCalls: [call] } }, { reply: "В Москве полдень." }],
      });
      const { client, node } = both;
      const request = {
        model: "adyton",
        messages: [user("Который час в Москве?")],
        tools: [{ type: "function" as const, function: clock }],
        tool_choice: "auto" as const,
      };
      const first = stream
        ? await client.chat.completions.stream(request).finalChatCompletion()
        : await client.chat.completions.create(request);
      const [choice] = first.choices;
      assert.equal(choice?.finish_reason, "tool_calls");
      const [called] = choice.message.tool_calls ?? [];
      assert.ok(called?.type === "function");
      assert.deepEqual(JSON.parse(called.function.arguments), { city: "Москва" });
      assert.deepEqual(lastAsked(both).tools, request.tools);
      assert.equal(lastAsked(both).tool_choice, "auto");
      const second = await client.chat.completions.create({
        ...request,
        messages: [
          ...request.messages,
          { role: "assistant", content: null, tool_calls: [called] },
          { role: "tool", tool_call_id: called.id, content: "12:00" },
        ],
      });
      assert.equal(second.choices[0]?.message.content, "В Москве полдень.");
      const [, , calling, result] = lastAsked(both).messages;
      assert.equal(calling.content, null);
      assert.equal(calling.tool_calls[0].id, called.id);
      assert.deepEqual(result, { role: "tool", content: "12:00", tool_call_id: called.id });
      const [asked, answered] = await node.journal("turn.");
      assert.equal(asked?.["data"].text, "Который час в Москве?");
      assert.equal(answered?.["data"].toolCalls[0].name, "clock");
    });

  it("passes pictures on, and keeps their place in the text", async () => {
    await using both = await start();
    const messages = [
      {
        role: "user" as const,
        content: [
          { type: "text" as const, text: "What is this?" },
          { type: "image_url" as const, image_url: { url: "data:image/png;base64,AAAA" } },
        ],
      },
    ];
    const ask = () => both.client.chat.completions.create({ model: "adyton", messages });
    await ask();
    assert.deepEqual(lastAsked(both).messages[1], messages[0]);
    const [received] = await both.node.journal("turn.received");
    assert.equal(received?.["data"].text, "What is this?\n[image]");
  });

  it("ends the call at the model server when the client stops reading", async () => {
    // Slower than the two looks it takes to tell that a client is gone.
    await using both = await start({ tokenDelayMs: 700 });
    const { client, emulator, node } = both;
    const stream = await client.chat.completions.create({
      model: "adyton",
      messages: [user("A long one")],
      stream: true,
    });
    for await (const { choices } of stream) if ((choices[0]?.delta.content ?? "") !== "") break;
    await until("the call's end", () => emulator.aborted === 1);
    const abort = new AbortController();
    const pending = client.chat.completions.create(
      { model: "adyton", messages: [user("Another")] },
      { signal: abort.signal },
    );
    await emulator.waitForRequests(2, { timeoutMs: 30_000, endpoint: "chat" });
    abort.abort();
    await assert.rejects(pending, OpenAIError);
    await until("the other call's end", () => emulator.aborted === 2);
    await until("both records", async () => (await node.journal("turn.failed")).length === 2);
  });

  it("answers by quotes in the mode that needs no model, also without one", async () => {
    await using both = await start();
    await both.node.restart("none");
    const completion = await both
      .clientOf("sk-none", { baseURL: `http://127.0.0.1:${both.node.port}/v1` })
      .chat.completions.create({
        model: "adyton/extractive",
        messages: [user("Как подключить Телеграм?")],
      });
    assert.ok((completion.choices[0]?.message.content ?? "").length > 20);
  });

  it("executes no text command: what a client sends is its user's business", async () => {
    await using both = await start();
    const completion = await both.owner.chat.completions.create({
      model: "adyton",
      messages: [user("describe_self")],
    });
    assert.equal(completion.choices[0]?.message.content, reply);
  });

  it("refuses what does not fit the window instead of dropping part of it", async () => {
    await using both = await start({ flavour: "llama.cpp" });
    const error = await refusal(
      both.client.chat.completions.create({
        model: "adyton",
        messages: [user("word ".repeat(100_000))],
      }),
    );
    assert.equal(error.status, 413);
    assert.equal(error.code, "payload_too_large");
    assert.equal(lastAsked(both), undefined);
  });

  it("leaves it to a server whose window nobody knows to say that a context does not fit", async () => {
    const models = [{ id: "wide", kind: "chat", contextTokens: 20_000 }] as const;
    await using both = await start({ models });
    const ask = (words: number) =>
      both.client.chat.completions.create({
        model: "adyton",
        messages: [user("word ".repeat(words))],
      });
    // More than the window that is assumed.
    assert.equal((await ask(10_000)).choices[0]?.message.content, reply);
    const error = await refusal(ask(30_000));
    assert.equal(error.code, "payload_too_large");
    assert.equal(lastAsked(both).messages.length, 2, "it was the server that refused");
  });
});
