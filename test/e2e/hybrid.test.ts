import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type OpenAiEmulator, startOpenAiEmulator } from "@adyton/emulators";
import { NodeProcess, until } from "./node-process.ts";
import { lastingPort } from "../../packages/core/test/lasting-port.ts";

// A server for embeddings beside the one for chats, or without any: memory is searched by words and by vectors.

const entry = (name: string, port: number, more: string): string =>
  `  - { name: ${name}, url: "http://127.0.0.1:${port}/v1", ${more} }\n`;

const search = async (node: NodeProcess, query: string) => {
  const path = `/api/v1/memory/search?q=${encodeURIComponent(query)}`;
  const answer = await node.ask(path, { token: node.owner });
  assert.equal(answer.status, 200, answer.text);
  return answer.json;
};

/** Searches in a row after which nobody else asks for vectors any more: between two batches there is a pause. */
const quietSearches = 8;

const embedCalls = (emulator: OpenAiEmulator): number =>
  emulator.requests.filter(({ endpoint }) => endpoint === "embeddings").length;

const becomes = (node: NodeProcess, query: string, retrieval: string): Promise<unknown> =>
  until(retrieval, async () => (await search(node, query)).retrieval === retrieval, 30_000);

describe("a server for embeddings", () => {
  test("gives memory its vectors, is missed by no search, and is taken up again after a restart", async () => {
    await using stack = new AsyncDisposableStack();
    const chat = stack.use(await startOpenAiEmulator({ rules: [{ reply: "hello" }] }));
    const port = await lastingPort();
    let vectors = await startOpenAiEmulator({ port });
    stack.defer(() => vectors[Symbol.asyncDispose]());
    const config = `backends:\n${entry("chats", chat.port, "model: emulated-chat")}${entry("vectors", port, "roles: [embeddings]")}`;
    const node = stack.use(await NodeProcess.start({ backend: "configured", config }));
    await node.ask("/api/v1/memory/documents", {
      token: node.owner,
      body: { title: "Котельная", text: "Котёл стоит в подвале.", mediaType: "text/plain" },
    });
    await becomes(node, "котёл", "hybrid");
    const self = (await node.ask("/api/v1/self", { token: node.owner })).json;
    assert.equal(self.retrieval, "hybrid");
    const described = self.backends.find(({ name }: { name: string }) => name === "vectors");
    assert.deepEqual(described.roles, ["embeddings"]);
    assert.equal(described.model, vectors.models.find(({ kind }) => kind === "embedding")?.id);
    let quiet = 0;
    await until("every chunk has its vector", async () => {
      const before = embedCalls(vectors);
      await search(node, "котёл");
      quiet = embedCalls(vectors) === before + 1 ? quiet + 1 : 0;
      return quiet === quietSearches;
    });
    const hit = (await search(node, "где стоит котёл")).hits[0];
    assert.equal(hit.title, "Котельная");
    assert.equal(embedCalls(chat), 0, "chats are not asked for vectors");

    vectors.setFault({ kind: "timeout" }, { times: 1 });
    const startedMs = performance.now();
    assert.equal((await search(node, "где стоит котёл")).retrieval, "lexical");
    const waitedMs = performance.now() - startedMs;
    assert.ok(waitedMs > 900 && waitedMs < 15_000, `${waitedMs} ms`);
    assert.equal((await search(node, "где стоит котёл")).retrieval, "hybrid");

    await vectors[Symbol.asyncDispose]();
    const alone = await search(node, "где стоит котёл");
    assert.deepEqual([alone.retrieval, alone.hits[0].title], ["lexical", "Котельная"]);
    const health = (await node.ask("/api/v1/health", { token: node.owner })).json;
    assert.deepEqual([health.status, health.ready], ["degraded", true]);
    assert.equal((await node.say({ text: "hi" })).json.text, "hello");

    vectors = await startOpenAiEmulator({ port });
    await node.restart();
    await becomes(node, "котёл", "hybrid");
    const asked = vectors.requests.flatMap(({ endpoint, body }) =>
      endpoint === "embeddings" ? [(body as { input: string[] }).input] : [],
    );
    assert.ok(
      asked.every((texts) => texts.length === 1 && texts[0] === "котёл"),
      "only questions are embedded: the chunks have their vectors",
    );
  });
});
