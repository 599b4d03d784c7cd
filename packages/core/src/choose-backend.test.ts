import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { FoundBackend } from "./adapters/openai-compatible/discover.ts";
import { chooseBackend, type ChoiceOptions } from "./choose-backend.ts";
import { NodeConfig } from "./config.ts";
import { StartError } from "./start-error.ts";

const server = (port: number, ...models: string[]): FoundBackend => ({
  kind: "model_server",
  url: `http://127.0.0.1:${port}`,
  software: "ollama",
  models: models.map((id) => ({ id, kind: id.startsWith("embed") ? "embedding" : "chat" })),
});
const other: FoundBackend = {
  kind: "something_else",
  url: "http://127.0.0.1:8080",
  usually: "llama.cpp",
  detail: "another program",
};
const configured = NodeConfig.parse({ backends: [{ url: "http://configured:1", model: "c" }] });
const two = [server(1, "a:latest", "b"), server(2, "b")];

interface Case {
  readonly name: string;
  readonly options: Partial<ChoiceOptions>;
  readonly found?: readonly FoundBackend[];
  /** The choice's kind, address, model and whether it is kept. */
  readonly chosen: readonly [kind: string, url?: string, model?: string, pin?: boolean];
}

const cases: readonly Case[] = [
  { name: "none by flag", options: { backend: "none", config: configured }, chosen: ["none"] },
  {
    name: "the flag's address over the configured one",
    options: { backend: "http://flag:1", config: configured },
    chosen: ["configured", "http://flag:1"],
  },
  {
    name: "the flag's address and model",
    options: { backend: "flag:1", model: "m" },
    chosen: ["configured", "flag:1", "m"],
  },
  {
    name: "the configured one, without a search",
    options: { config: configured },
    chosen: ["configured", "http://configured:1", "c"],
  },
  {
    name: "the configured one with the flag's model",
    options: { config: configured, model: "m" },
    chosen: ["configured", "http://configured:1", "m"],
  },
  {
    name: "a search by flag, although one is configured",
    options: { backend: "auto", config: configured, ask: async () => 1 },
    found: two,
    chosen: ["found", "http://127.0.0.1:1", "a:latest", false],
  },
  {
    name: "the only one, without asking",
    options: { ask: () => Promise.reject(new Error("asked")) },
    found: [server(1, "embed", "a")],
    chosen: ["found", "http://127.0.0.1:1", "a", true],
  },
  {
    name: "what the person says",
    options: { ask: async () => 1 },
    found: two,
    chosen: ["found", "http://127.0.0.1:2", "b", true],
  },
  {
    name: "the first when the person says something else",
    options: { ask: async () => 7 },
    found: two,
    chosen: ["found", "http://127.0.0.1:1", "a:latest", true],
  },
  {
    name: "the first when nobody can be asked",
    options: {},
    found: two,
    chosen: ["found", "http://127.0.0.1:1", "a:latest", false],
  },
  {
    name: "a server that has the model",
    options: { model: "b", ask: async () => 1 },
    found: two,
    chosen: ["found", "http://127.0.0.1:2", "b", true],
  },
  {
    name: "a model by its name without the tag",
    options: { model: "a" },
    found: two,
    chosen: ["found", "http://127.0.0.1:1", "a:latest", false],
  },
  {
    name: "nothing that has the model",
    options: { model: "z" },
    found: two,
    chosen: ["nothing_found"],
  },
  {
    name: "nothing that can chat",
    options: {},
    found: [server(1, "embed"), other],
    chosen: ["nothing_found"],
  },
];

describe("the choice of a model server", () => {
  for (const { name, options, found, chosen } of cases)
    it(`takes ${name}`, async () => {
      const choice = await chooseBackend({
        backend: undefined,
        model: undefined,
        config: NodeConfig.parse({}),
        discover: async () => found ?? assert.fail("no search"),
        ...options,
      });
      const [backend] =
        choice.kind === "found"
          ? [choice.backend]
          : choice.kind === "configured"
            ? choice.backends
            : [];
      const pin = choice.kind === "found" ? choice.pin : undefined;
      assert.deepEqual(
        [choice.kind, backend?.url, backend?.model, pin],
        [...chosen, ...Array.from({ length: 4 - chosen.length }, () => undefined)],
      );
      if (choice.kind === "nothing_found" && found?.includes(other) === true)
        assert.deepEqual(choice.others, ["http://127.0.0.1:8080: another program"]);
    });

  const vectors = { url: "http://vectors:1", roles: ["embeddings"] };
  const several = NodeConfig.parse({
    backends: [
      { name: "a", url: "http://a:1", model: "m" },
      { name: "b", url: "http://b:1" },
      { ...vectors, name: "v" },
    ],
  });
  it("takes all that are configured for chats, with the flag's model for each", async () => {
    const discover = async () => assert.fail("no search");
    for (const [model, models] of [
      [undefined, ["m", undefined]],
      ["w", ["w", "w"]],
    ] as const) {
      const choice = await chooseBackend({ backend: undefined, model, config: several, discover });
      assert.ok(choice.kind === "configured");
      assert.deepEqual(
        choice.backends.map((each) => each.name),
        ["a", "b"],
      );
      assert.deepEqual(
        choice.backends.map((each) => each.model),
        models,
      );
    }
  });

  it("looks for a server to chat with where none is configured for it, and names it apart", async () => {
    const config = NodeConfig.parse({ backends: [vectors] });
    const discover = async () => [server(1, "a")];
    const choice = await chooseBackend({ backend: undefined, model: undefined, config, discover });
    assert.ok(choice.kind === "found");
    assert.equal(choice.backend.name, "chat");
  });

  const refused: ReadonlyArray<
    readonly [backend: string, model: string | undefined, says: RegExp]
  > = [
    ["http://anna:geheim@host", undefined, /api_key_file/],
    ["ftp://geheim", undefined, /http/],
    ["http://host/?key=geheim", undefined, /query/],
    ["http://host", "", /model's name/],
  ];
  for (const [backend, model, says] of refused)
    it(`refuses ${backend}${model === undefined ? "" : " without a model"}, without repeating it`, async () => {
      const choice = chooseBackend({
        backend,
        model,
        config: NodeConfig.parse({}),
        discover: async () => [],
      });
      await assert.rejects(choice, (error) => {
        assert.ok(error instanceof StartError && error.code === "backend_refused");
        assert.match(error.message, says);
        assert.doesNotMatch(error.message, /geheim/);
        return true;
      });
    });
});
