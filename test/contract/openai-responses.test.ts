import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { BadRequestError, NotFoundError } from "openai";
import { storedInputBytesMax } from "@adyton/protocol";
import { clock, lastAsked, refusal, reply, start, user } from "./openai-fixture.ts";

describe("responses by the official client", () => {
  it("answers a text, and items, with instructions before them", async () => {
    await using both = await start();
    const { client } = both;
    const response = await client.responses.create({
      model: "adyton",
      instructions: "Отвечай кратко.",
      input: "Привет",
      max_output_tokens: 100,
      temperature: 0.1,
      text: { format: { type: "json_schema", name: "answer", schema: { type: "object" } } },
      metadata: { place: "кухня" },
    });
    assert.equal(response.output_text, reply);
    assert.equal(response.status, "completed");
    assert.deepEqual(response.metadata, { place: "кухня" });
    assert.ok((response.usage?.total_tokens ?? 0) > 0);
    const { messages, ...asked } = lastAsked(both);
    assert.match(messages[0].content, /\n\nОтвечай кратко\.$/);
    assert.deepEqual(messages.slice(1), [{ role: "user", content: "Привет" }]);
    assert.deepEqual(asked, {
      model: "emulated-chat",
      temperature: 0.1,
      max_tokens: 100,
      response_format: {
        type: "json_schema",
        json_schema: { name: "answer", schema: { type: "object" } },
      },
    });
    await client.responses.create({
      model: "adyton",
      input: [
        { role: "developer", content: "Be brief." },
        { role: "user", content: [{ type: "input_text", text: "One" }] },
        { role: "assistant", content: "Two" },
        { role: "user", content: "Three" },
      ],
    });
    assert.deepEqual(lastAsked(both).messages.slice(1), [
      user("One"),
      { role: "assistant", content: "Two" },
      user("Three"),
    ]);
  });

  it("streams numbered events from its beginning to its whole", async () => {
    await using both = await start();
    const stream = await both.client.responses.create({
      model: "adyton",
      input: "Say it",
      stream: true,
    });
    const types: string[] = [];
    let text = "";
    let last: unknown;
    for await (const event of stream) {
      assert.equal(event.sequence_number, types.length);
      types.push(event.type);
      if (event.type === "response.output_text.delta") text += event.delta;
      if (event.type === "response.completed") last = event.response.output[0];
    }
    assert.equal(text, reply);
    const deltas = types.filter((type) => type === "response.output_text.delta").length;
    assert.ok(deltas > 0);
    assert.deepEqual(types, [
      "response.created",
      "response.in_progress",
      "response.output_item.added",
      "response.content_part.added",
      ...Array.from({ length: deltas }, () => "response.output_text.delta"),
      "response.output_text.done",
      "response.content_part.done",
      "response.output_item.done",
      "response.completed",
    ]);
    assert.equal((last as { content: { text: string }[] }).content[0]?.text, reply);
    const helped = both.client.responses.stream({ model: "adyton", input: "Once more" });
    assert.equal((await helped.finalResponse()).output_text, reply);
  });

  for (const way of ["by the whole input", "by its id", "by its id, streamed"] as const)
    it(`has functions called, and goes on ${way}`, async () => {
      await using both = await start({
        rules: [
          { times: 1, reply: { toolCalls: [{ name: "clock", arguments: { city: "Москва" } }] } },
          { reply: "Полдень." },
        ],
      });
      const { client } = both;
      const tools = [{ type: "function" as const, strict: false, ...clock }];
      const question = user("Который час в Москве?");
      const first =
        way === "by its id, streamed"
          ? await client.responses
              .stream({ model: "adyton", input: [question], tools })
              .finalResponse()
          : await client.responses.create({ model: "adyton", input: [question], tools });
      const [call] = first.output;
      assert.ok(call?.type === "function_call");
      assert.deepEqual(JSON.parse(call.arguments), { city: "Москва" });
      const output = {
        type: "function_call_output" as const,
        call_id: call.call_id,
        output: "12:00",
      };
      const second = await client.responses.create(
        way === "by the whole input"
          ? { model: "adyton", input: [question, call, output], tools, store: false }
          : { model: "adyton", input: [output], tools, previous_response_id: first.id },
      );
      assert.equal(second.output_text, "Полдень.");
      const [, asked, calling, result] = lastAsked(both).messages;
      assert.deepEqual(asked, question);
      assert.equal(calling.tool_calls[0].id, call.call_id);
      assert.deepEqual(result, { role: "tool", content: "12:00", tool_call_id: call.call_id });
    });

  it("goes on from a stored response through a restart, for its own caller alone", async () => {
    await using both = await start();
    const { node, clientOf } = both;
    const app = clientOf(await node.makeToken("app", ["say"]));
    const first = await app.responses.create({ model: "adyton", input: "Первое" });
    const second = await app.responses.create({
      model: "adyton",
      input: "Второе",
      previous_response_id: first.id,
    });
    await node.restart();
    const third = await app.responses.create({
      model: "adyton",
      input: "Третье",
      previous_response_id: second.id,
    });
    assert.equal(third.output_text, reply);
    assert.deepEqual(lastAsked(both).messages.slice(1), [
      user("Первое"),
      { role: "assistant", content: reply },
      user("Второе"),
      { role: "assistant", content: reply },
      user("Третье"),
    ]);
    const foreign = await refusal(
      both.client.responses.create({
        model: "adyton",
        input: "И?",
        previous_response_id: first.id,
      }),
    );
    assert.ok(foreign instanceof NotFoundError);
  });

  it("cannot be continued when it was not to be stored, or is too large for it, and says so", async () => {
    const models = [{ id: "wide", kind: "chat", contextTokens: 1_000_000 }] as const;
    await using both = await start({ models });
    const { client } = both;
    // A list of two messages as JSON, of so many bytes.
    const sized = (bytes: number) => {
      const messages = [user("a"), user("")];
      const rest = bytes - Buffer.byteLength(JSON.stringify(messages));
      return [user("a"), user("b".repeat(rest))];
    };
    const cases: readonly [name: string, more: object, stored: boolean][] = [
      ["store: false", { store: false }, false],
      ["at the limit", { input: sized(storedInputBytesMax) }, true],
      ["one over it", { input: sized(storedInputBytesMax + 1) }, false],
    ];
    for (const [name, more, stored] of cases) {
      const first = await client.responses.create({ model: "adyton", input: "Hi", ...more });
      assert.equal(Reflect.get(first, "store"), stored, name);
      const next = client.responses.create({
        model: "adyton",
        input: "And?",
        previous_response_id: first.id,
      });
      if (stored) assert.equal((await next).output_text, reply, name);
      else assert.equal((await refusal(next)).code, "not_found", name);
    }
    assert.equal((await both.node.journal("turn.answered")).length, 4, "all are journaled");
  });

  it("refuses what the node cannot do, by its name", async () => {
    await using both = await start();
    const create = (more: object) =>
      refusal(both.client.responses.create({ model: "adyton", input: "Hi", ...more }));
    const cases: readonly [more: object, param: string][] = [
      [{ background: true }, "background"],
      [{ tools: [{ type: "web_search" }] }, "tools[0].type"],
      [{ conversation: "conv_1" }, "conversation"],
      [{ tool_choice: { type: "allowed_tools" } }, "tool_choice"],
    ];
    for (const [more, param] of cases) {
      const error = await create(more);
      assert.ok(error instanceof BadRequestError);
      assert.equal(error.param, param);
    }
  });
});
