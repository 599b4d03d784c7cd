import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as z from "zod";
import { clientEnvelopes, serverEnvelopes } from "./envelopes.ts";
import {
  envelopeExamples,
  messageTable,
  type MessageType,
  messageType,
  routeOf,
  wishKeys,
} from "./messages.ts";
import type { Route } from "./route.ts";
import { routes } from "./routes.ts";
import { openAiRoutes } from "./routes/openai.ts";
import { textGenerationRoutes } from "./routes/text-generation.ts";

const table: readonly MessageType[] = messageTable;

/** Interfaces of other programs, whose clients speak HTTP, and the greeting for a person with a browser. */
const spokenOverHttp = new Set<string>([
  ...openAiRoutes.map(({ id }) => id),
  ...textGenerationRoutes.map(({ id }) => id),
  "root",
]);
const ownRoutes = (routes as readonly Route[]).filter(({ id }) => !spokenOverHttp.has(id));

describe("the table of messages", () => {
  it("has every operation of the Reverse API", () => {
    const asked = new Set<string>(table.map(({ route }) => route));
    const missing = ownRoutes.map(({ id }) => id).filter((id) => !asked.has(id));
    assert.deepEqual(missing, [], "add them to messages.ts");
    assert.ok(ownRoutes.length > 20);
  });

  it("gives each type once, and none that a connection has words of its own for", () => {
    const types = table.map(({ type }) => type);
    assert.equal(new Set(types).size, types.length);
    for (const type of types) assert.ok(!Object.hasOwn(clientEnvelopes, type), type);
    assert.equal(messageType("message")?.route, "sendMessage");
    assert.equal(messageType("__proto__"), undefined);
  });

  it("puts no two parts of an operation under one key", () => {
    for (const message of table) {
      const route = routeOf(message);
      const keyOf = new Map(Object.entries(message.names ?? {}).map(([key, name]) => [name, key]));
      const named = [route.params, route.query].flatMap((schema) =>
        Object.keys(schema?.shape ?? {}).map((name) => keyOf.get(name) ?? name),
      );
      const body = route.body?.schema;
      const said =
        message.bodyKey !== undefined
          ? [message.bodyKey]
          : body instanceof z.ZodObject
            ? Object.keys(body.shape)
            : [];
      if (body !== undefined && message.bodyKey === undefined)
        assert.ok(body instanceof z.ZodObject, `${message.type}: its body needs a key of its own`);
      const wishes = Object.entries(wishKeys(route)).flatMap(([key, isTaken]) =>
        isTaken ? [key] : [],
      );
      const keys = ["type", "id", ...named, ...said, ...wishes];
      assert.equal(new Set(keys).size, keys.length, `${message.type}: ${keys.join(", ")}`);
    }
  });

  it("has an example of each message", () => {
    for (const message of table) {
      const [example] = envelopeExamples(message);
      assert.ok(example, message.type);
      assert.equal(Reflect.get(example.envelope, "type"), message.type);
    }
  });

  it("throws for a message of a route that does not exist", () => {
    assert.throws(() => routeOf({ type: "x", route: "nothing" as "getSelf" }), TypeError);
  });
});

describe("what is said about a connection", () => {
  const cases: readonly [name: keyof typeof clientEnvelopes, value: object, accepted: boolean][] = [
    ["hello", { type: "hello" }, true],
    ["hello", { type: "hello", token: "x", resume: "y", lastSeq: 0 }, true],
    ["hello", { type: "hello", lastSeq: -1 }, false],
    ["hello", { type: "hello", lastSeq: 1.5 }, false],
    ["hello", { type: "hello", token: "" }, false],
    ["hello", { type: "hello", resume: "x".repeat(64) }, true],
    ["hello", { type: "hello", resume: "x".repeat(65) }, false],
    ["hello", { type: "hello", other: 1 }, false],
    ["ack", { type: "ack", seq: 0 }, true],
    ["ack", { type: "ack" }, false],
    ["stop", { type: "stop", id: "x".repeat(64) }, true],
    ["stop", { type: "stop", id: "x".repeat(65) }, false],
    ["stop", { type: "stop", id: "" }, false],
    ["stop", { type: "stop", id: "два" }, false],
  ];
  for (const [name, value, accepted] of cases)
    it(`${accepted ? "accepts" : "refuses"} ${JSON.stringify(value).slice(0, 60)}`, () =>
      assert.equal(clientEnvelopes[name].safeParse(value).success, accepted));

  it("has a description of every word of the node", () => {
    for (const [type, schema] of Object.entries(serverEnvelopes))
      assert.ok((schema.description ?? "").length > 10, type);
  });
});
