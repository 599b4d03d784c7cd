import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { DocumentRequest, SearchResults } from "@adyton/protocol";
import { openApp, type OpenApp, person, question } from "./test/app-fixture.ts";
import { owner } from "./tokens.ts";

const dayMs = 86_400_000;
const page = (text: string, more: object = {}): DocumentRequest =>
  DocumentRequest.parse({ title: "Страница", text, source: "s.md", ...more });

async function found(app: OpenApp, query: string): Promise<string[]> {
  const results = SearchResults.parse(await app.memory.search(query, owner));
  return results.hits.map(({ text }) => text);
}

describe("a document that holds until a time", () => {
  for (const [text, word] of [
    ["Пароль от ворот на этой неделе: малина.", "малина"],
    ["The gate code of this week is raspberry.", "raspberry"],
  ] as const)
    it(`is neither found, listed nor quoted from then on: ${word}`, async () => {
      await using app = await openApp();
      app.clock.ms = Date.UTC(2026, 0, 1);
      const added = await app.memory.add(page(text, { ttlSeconds: 7 * 86_400 }), owner);
      assert.equal(added.expiresAt, "2026-01-08T00:00:00.000Z");
      app.clock.ms += 7 * dayMs - 1;
      assert.deepEqual(await found(app, word), [text]);
      assert.equal((await app.memory.list(owner)).total, 1);
      app.clock.ms += 1;
      assert.deepEqual(await found(app, word), []);
      assert.equal((await app.memory.list(owner)).total, 0);
      const end = await app.turns.submit(question(word)).end;
      assert.ok(end.kind === "answered" && end.answer.found === false, "it is not quoted");
    });

  it("holds again when it is added with another time, and for good without one", async () => {
    await using app = await openApp();
    app.clock.ms = Date.UTC(2026, 0, 1);
    const text = "Котёл греет воду.";
    const first = await app.memory.add(page(text, { expiresAt: "2026-01-02T00:00:00Z" }), owner);
    const same = await app.memory.add(page(text, { expiresAt: "2026-01-02T00:00:00Z" }), owner);
    assert.equal(same.documentId, first.documentId);
    app.clock.ms += 2 * dayMs;
    assert.deepEqual(await found(app, "котлы"), []);
    await app.memory.add(page(text, { expiresAt: "2026-01-05T00:00:00Z" }), owner);
    assert.deepEqual(await found(app, "котлы"), [text]);
    app.clock.ms += 2 * dayMs;
    assert.deepEqual(await found(app, "котлы"), []);
    const kept = await app.memory.add(page(text), owner);
    assert.equal(kept.expiresAt, undefined);
    app.clock.ms += 1_000 * dayMs;
    assert.deepEqual(await found(app, "котлы"), [text]);
  });
});

describe("every passage", () => {
  it("says where it comes from, in results and in quotations", async () => {
    await using app = await openApp();
    const anna = person("anna");
    const { seq } = await app.memory.add(page("Котёл чинили в мае.", { shared: true }), anna);
    const provenance = { source: "s.md", tier: "member", ingestedBy: anna.id, causationId: seq };
    const results = SearchResults.parse(await app.memory.search("котёл", owner));
    assert.deepEqual(results.hits[0]?.provenance, provenance);
    const end = await app.turns.submit(question("Когда чинили котёл?")).end;
    assert.ok(end.kind === "answered");
    assert.deepEqual(end.answer.citations?.[0]?.provenance, provenance);
  });
});
