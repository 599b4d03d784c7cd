import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type * as z from "zod";
import {
  ChatCompletionRequest,
  CloudEvent,
  commandTable,
  CommandRequest,
  ConversationName,
  DocumentRequest,
  FoldArgs,
  EmbeddingsRequest,
  EventType,
  JournalQuery,
  Lifetime,
  MessageRequest,
  PromptRequest,
  ResponseRequest,
  routes,
  SearchQuery,
  TokenRequest,
  UsageQuery,
} from "./index.ts";
import * as limits from "./limits.ts";

const event = { specversion: "1.0", id: "1", source: "s", type: "t" };
const postEvents = routes.find((route) => route.id === "postEvents");
assert.ok(postEvents?.id === "postEvents");
const promptCommand = commandTable.find((command) => command.name === "prompt");
assert.ok(promptCommand);
const resonance = commandTable.find((command) => command.name === "resonance");
assert.ok(resonance);

const chat = { model: "adyton", messages: [{ role: "user", content: "a" }] };
const said = (content: unknown) => ({ ...chat, messages: [{ role: "user", content }] });
const many = (size: number, item: unknown) => Array.from({ length: size }, () => item);

const brought = (attachments: unknown) => ({ text: "a", attachments });
const attached = (text: string, name = "a") => ({ kind: "text", text, name });
const picture = (size: number) => ({
  kind: "picture",
  mediaType: "image/png",
  data: "A".repeat(size),
});

const letters = (count: number) => "ж".repeat(count);
const ascii = (count: number) => "a".repeat(count);

/** A schema, the value of a given size, and the greatest size that is accepted. */
const bounds: readonly [string, z.ZodType, (size: number) => unknown, number][] = [
  ["a message's text", MessageRequest, (size) => ({ text: letters(size) }), 32_000],
  ["attachments", MessageRequest, (size) => brought(many(size, attached("a"))), 10],
  ["an attached text", MessageRequest, (size) => brought([attached(letters(size))]), 200_000],
  ["an attachment's name", MessageRequest, (size) => brought([attached("a", letters(size))]), 300],
  ["a quotation", MessageRequest, (size) => ({ text: "a", quote: letters(size) }), 4_096],
  ["a conversation's name", ConversationName, letters, 128],
  ["an intent", PromptRequest, (size) => ({ text: letters(size), conversation: "k" }), 2_000],
  ["an intent as a command", promptCommand.args, (size) => ({ text: letters(size) }), 2_000],
  ["a text led to a command", resonance.args, (size) => ({ text: letters(size) }), 500],
  ["turns", Lifetime, (turns) => ({ turns }), 1_000],
  ["seconds", Lifetime, (seconds) => ({ seconds }), 2_592_000],
  ["lines that are folded", FoldArgs, (size) => ({ lines: letters(size).split("") }), 20_000],
  ["a command's name", CommandRequest, (size) => ({ command: ascii(size) }), 64],
  ["a batch", postEvents.body.schema, (size) => Array.from({ length: size }, () => event), 500],
  ["an event's id", CloudEvent, (size) => ({ ...event, id: letters(size) }), 256],
  ["an event's source", CloudEvent, (size) => ({ ...event, source: ascii(size) }), 512],
  ["an event's type", EventType, ascii, 128],
  ["an extension's name", CloudEvent, (size) => ({ ...event, [ascii(size)]: "" }), 32],
  ["a document's text", DocumentRequest, (size) => ({ title: "a", text: ascii(size) }), 4_194_304],
  ["a document's title", DocumentRequest, (size) => ({ title: letters(size), text: "a" }), 300],
  ["a page of the journal", JournalQuery, (size) => ({ limit: String(size) }), 500],
  ["the newest records", JournalQuery, (size) => ({ last: String(size) }), 500],
  ["a question to memory", SearchQuery, (size) => ({ q: letters(size) }), 1_000],
  ["results", SearchQuery, (size) => ({ q: "a", limit: String(size) }), 20],
  ["days of usage", UsageQuery, (size) => ({ days: String(size) }), 366],
  ["a token's name", TokenRequest, (size) => ({ name: ascii(size), may: ["say"] }), 63],
  [
    "a client's messages",
    ChatCompletionRequest,
    (size) => ({ ...chat, messages: many(size, chat.messages[0]) }),
    4_096,
  ],
  [
    "a response's items",
    ResponseRequest,
    (size) => ({ model: "adyton", input: many(size, { role: "user", content: "a" }) }),
    4_096,
  ],
  ["a model's name", ChatCompletionRequest, (size) => ({ ...chat, model: ascii(size) }), 256],
  ["texts to embed", EmbeddingsRequest, (size) => ({ model: "a", input: many(size, "a") }), 256],
  ["grants", TokenRequest, (size) => ({ name: "a", may: Array(size).fill("say") }), 32],
];

describe("the bounds of the contract", () => {
  for (const [name, schema, make, most] of bounds)
    it(`${name}: ${most} and no more, one and no less`, () => {
      assert.equal(schema.safeParse(make(most)).success, true, "at the limit");
      assert.equal(schema.safeParse(make(most + 1)).success, false, "one above");
      assert.equal(schema.safeParse(make(1)).success, true, "at the least");
      assert.equal(schema.safeParse(make(0)).success, false, "none");
    });

  it("takes an extension's text up to its limit, and an empty one", () => {
    const room = (size: number) => CloudEvent.safeParse({ ...event, room: letters(size) }).success;
    assert.deepEqual([0, 1_024, 1_025].map(room), [true, true, false]);
  });

  it("takes parts, tools and stops of a client's request up to their limits, and none", () => {
    const tool = { type: "function", function: { name: "clock" } };
    const cases: readonly [(size: number) => unknown, number][] = [
      [(size) => said(many(size, { type: "text", text: "a" })), 256],
      [(size) => ({ ...chat, tools: many(size, tool) }), 128],
      [(size) => ({ ...chat, stop: many(size, "a") }), 16],
    ];
    for (const [make, most] of cases)
      assert.deepEqual(
        [0, most, most + 1].map((size) => ChatCompletionRequest.safeParse(make(size)).success),
        [true, true, false],
      );
  });

  it("takes pictures up to their limit, and of all that comes along so many bytes", () => {
    const fits = (...all: unknown[]) => MessageRequest.safeParse(brought(all)).success;
    const most = limits.pictureCharsMax;
    assert.deepEqual([fits(picture(most)), fits(picture(most + 4))], [true, false]);
    const three = [picture(most), picture(most), picture(most - 200_000)];
    const left = limits.attachmentsBytesMax - (3 * most - 200_000);
    assert.equal(fits(...three, attached(ascii(left))), true);
    assert.equal(fits(...three, attached(ascii(left + 1))), false);
  });

  it("takes lines of a log up to their limit, empty ones too", () => {
    const line = (size: number) => FoldArgs.safeParse({ lines: [letters(size)] }).success;
    assert.deepEqual([0, 65_536, 65_537].map(line), [true, true, false]);
  });

  it("counts a document's text in bytes, whatever its language", () => {
    const fits = (text: string) => DocumentRequest.safeParse({ title: "a", text }).success;
    const half = limits.documentTextBytesMax / 2;
    assert.equal(fits(letters(half)), true);
    assert.equal(fits(`${letters(half)}a`), false);
    assert.equal(fits("€".repeat(Math.floor(limits.documentTextBytesMax / 3))), true);
    assert.equal(fits("€".repeat(Math.ceil(limits.documentTextBytesMax / 3))), false);
  });

  it("gives every limit a whole positive number and a name that ends in its bound or unit", () => {
    for (const [name, value] of Object.entries(limits)) {
      assert.ok(Number.isSafeInteger(value) && value > 0, name);
      assert.match(name, /(?:Max|Default|Ms|Days)$/, name);
    }
  });

  it("gives bodies room for what they may carry", () => {
    // A character of a message takes at most six bytes as JSON writes it.
    assert.ok(limits.jsonBodyBytesMax > limits.messageTextCharsMax * 6);
    assert.ok(limits.documentBodyBytesMax > limits.documentTextBytesMax);
    for (const [low, high] of [
      [limits.modeTurnsDefault, limits.modeTurnsMax],
      [limits.modeSecondsDefault, limits.modeSecondsMax],
      [limits.searchResultsDefault, limits.searchResultsMax],
      [limits.conversationQueueMax, limits.principalQueueMax],
      [limits.principalQueueMax, limits.nodeQueueMax],
    ] as const)
      assert.ok(low < high);
  });
});
