import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { embedTextsMax, messagesMax, stopCharsMax, stopsMax } from "./limits.ts";
import { RequestError } from "./request-error.ts";
import { readChatRequest, readEmbedRequest, readTokenizeRequest } from "./requests.ts";

const user = { role: "user", content: "Что нового?" };
const chat = (more: object): unknown => ({ messages: [user], ...more });
const takes = (read: () => unknown): boolean => {
  try {
    read();
    return true;
  } catch (error) {
    assert.ok(error instanceof RequestError);
    // What was sent is the caller's; only keys are named.
    assert.doesNotMatch(error.message, /нового/);
    return false;
  }
};

describe("a request for a chat", () => {
  it("is read into what the engine takes", () => {
    const parts = [
      { type: "text", text: "How " },
      { type: "text", text: "are you?" },
    ];
    const request = readChatRequest({
      messages: [
        { role: "developer", content: "Be brief." },
        user,
        { role: "assistant", content: "Ничего." },
        { role: "user", content: parts },
      ],
      max_tokens: 5,
      stop: "\n",
      stream: true,
      stream_options: { include_usage: true },
      unknown: 1,
    });
    assert.deepEqual(request, {
      history: [
        { type: "system", text: "Be brief." },
        { type: "user", text: "Что нового?" },
        { type: "model", response: ["Ничего."] },
        { type: "user", text: "How are you?" },
      ],
      tokensMax: 5,
      temperature: 0.8,
      topP: 0.95,
      seed: undefined,
      stops: ["\n"],
      format: { kind: "text" },
      isStreamed: true,
      withUsage: true,
    });
  });

  const many = (count: number, item: unknown) => Array.from({ length: count }, () => item);
  const schema = { type: "object" };
  const cases: ReadonlyArray<readonly [name: string, body: unknown, accepted: boolean]> = [
    ["no object", [], false],
    ["no messages", {}, false],
    ["an empty list", { messages: [] }, false],
    ["as many messages as may be", { messages: many(messagesMax, user) }, true],
    ["one message more", { messages: many(messagesMax + 1, user) }, false],
    ["a tool's message", { messages: [{ role: "tool", content: "x" }] }, false],
    ["a picture", { messages: [{ role: "user", content: [{ type: "image_url" }] }] }, false],
    ["no content", { messages: [{ role: "user" }] }, false],
    ["tools", chat({ tools: [{}] }), false],
    ["an empty list of tools", chat({ tools: [] }), true],
    ["two answers", chat({ n: 2 }), false],
    ["one token", chat({ max_tokens: 1 }), true],
    ["no token", chat({ max_tokens: 0 }), false],
    ["as many tokens as there is room for", chat({ max_tokens: -1 }), true],
    ["half a token", chat({ max_tokens: 1.5 }), false],
    ["a temperature of 5", chat({ temperature: 5 }), true],
    ["a hotter one", chat({ temperature: 5.1 }), false],
    ["a negative one", chat({ temperature: -0.1 }), false],
    ["a share over 1", chat({ top_p: 1.1 }), false],
    ["no stops", chat({ stop: null }), true],
    ["as many stops as may be", chat({ stop: many(stopsMax, "x") }), true],
    ["one stop more", chat({ stop: many(stopsMax + 1, "x") }), false],
    ["an empty stop", chat({ stop: "" }), false],
    ["a long stop", chat({ stop: "x".repeat(stopCharsMax) }), true],
    ["a longer one", chat({ stop: "x".repeat(stopCharsMax + 1) }), false],
    ["a schema", chat({ response_format: { type: "json_schema", json_schema: { schema } } }), true],
    [
      "a schema as llama.cpp takes it",
      chat({ response_format: { type: "json_object", schema } }),
      true,
    ],
    ["no schema", chat({ response_format: { type: "json_schema" } }), false],
    ["any JSON", chat({ response_format: { type: "json_object" } }), true],
    ["another format", chat({ response_format: { type: "xml" } }), false],
  ];
  for (const [name, body, accepted] of cases)
    it(`${accepted ? "accepts" : "refuses"} ${name}`, () =>
      assert.equal(
        takes(() => readChatRequest(body)),
        accepted,
      ));
});

describe("other requests", () => {
  const cases: ReadonlyArray<readonly [name: string, input: unknown, accepted: boolean]> = [
    ["one text", "привет", true],
    ["an empty text", "", false],
    ["an empty list", [], false],
    ["as many texts as may be", Array.from({ length: embedTextsMax }, () => "x"), true],
    ["one text more", Array.from({ length: embedTextsMax + 1 }, () => "x"), false],
    ["numbers", [1], false],
  ];
  for (const [name, input, accepted] of cases)
    it(`${accepted ? "embeds" : "refuses to embed"} ${name}`, () =>
      assert.equal(
        takes(() => readEmbedRequest({ input })),
        accepted,
      ));

  it("tokenizes a text and nothing else", () => {
    assert.equal(readTokenizeRequest({ content: "" }), "");
    assert.equal(
      takes(() => readTokenizeRequest({ content: 1 })),
      false,
    );
  });
});
