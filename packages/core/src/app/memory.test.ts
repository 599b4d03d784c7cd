import assert from "node:assert/strict";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { Document, DocumentRequest, documentTextBytesMax, SearchResults } from "@adyton/protocol";
import { openSearch } from "../adapters/search/search-client.ts";
import { ProblemError } from "../domain/problem-error.ts";
import { type SearchClient, SearchError } from "../domain/search/search-contract.ts";
import { openApp, type OpenApp, person, question } from "./test/app-fixture.ts";
import { owner } from "./tokens.ts";

const page = (text: string, more: object = {}): DocumentRequest =>
  DocumentRequest.parse({ title: "Страница", text, source: "s.md", ...more });
const refused = (code: string) => (error: unknown) =>
  error instanceof ProblemError && error.problem.code === code;

async function found(app: OpenApp, query: string, by = owner): Promise<string[]> {
  const results = SearchResults.parse(await app.memory.search(query, by));
  return results.hits.map(({ text }) => text);
}

const added = (app: OpenApp): number => app.records.after(0, 500, "memory.document.added").length;

describe("documents", () => {
  it("are added, found in both languages, and replaced by the same source", async () => {
    await using app = await openApp();
    const first = Document.parse(await app.memory.add(page("Котёл греет воду."), owner));
    assert.deepEqual(await found(app, "котлы"), ["Котёл греет воду."]);
    const same = await app.memory.add(page("Котёл греет воду."), owner);
    assert.deepEqual(same, first);
    assert.equal(added(app), 1, "the same text changes nothing");
    const second = await app.memory.add(page("The boiler heats water."), owner);
    assert.notEqual(second.documentId, first.documentId);
    assert.deepEqual(await found(app, "котлы"), []);
    assert.deepEqual(await found(app, "boilers"), ["The boiler heats water."]);
    assert.equal(app.memory.documentCount, 1);
  });

  it("are found by their own person and, when shared, by everyone", async () => {
    await using app = await openApp();
    const [anna, boris] = [person("anna"), person("boris")];
    await app.memory.add(page("Секрет Анны: малина."), anna);
    await app.memory.add(page("Общая новость: малина.", { shared: true }), boris);
    assert.equal((await found(app, "малина", anna)).length, 2);
    for (const other of [owner, boris]) {
      assert.deepEqual(await found(app, "малина", other), ["Общая новость: малина."]);
      const { documents, total } = await app.memory.list(other);
      assert.deepEqual([documents.length, total], [1, 1]);
    }
    const quoted = await app.turns.submit(
      question("Что известно про малину?", { principal: boris }),
    ).end;
    assert.ok(quoted.kind === "answered" && !quoted.answer.text.includes("Секрет"));
  });

  it("of one source that come at once leave one, in memory and in the index", async () => {
    await using app = await openApp();
    const texts = Array.from({ length: 6 }, (_, n) => `Boiler number${n}.`);
    await Promise.all([
      ...texts.map((text) => app.memory.add(page(text), owner)),
      ...texts.map((text) => app.memory.add(page(text, { source: text }), owner)),
    ]);
    assert.equal((await app.search.stats()).documents, 7);
    assert.equal(app.memory.documentCount, 7);
    const { documents } = await app.memory.list(owner);
    assert.equal(documents.filter(({ source }) => source === "s.md").length, 1);
  });

  it("are refused over the limit, in the node's language, and taken at it", async () => {
    await using app = await openApp({ language: "ru" });
    const longest = { ...page("x"), text: "слово ".repeat(documentTextBytesMax).slice(0, 10) };
    assert.equal((await app.memory.add(longest, owner)).bytes, Buffer.byteLength(longest.text));
    const over = { ...page("x"), text: "x".repeat(documentTextBytesMax + 1) };
    await assert.rejects(app.memory.add(over, owner), refused("payload_too_large"));
    await assert.rejects(app.memory.add(over, owner), /^ProblemError: В документе может быть/);
    const at = { ...page("x"), text: "x ".repeat(documentTextBytesMax / 2) };
    assert.equal((await app.memory.add(at, owner)).bytes, documentTextBytesMax);
  });

  it("are answered from their record when their key comes again", async () => {
    await using app = await openApp();
    const dedupe = { key: Buffer.alloc(32, 1), fingerprint: Buffer.alloc(32, 1) };
    const document = await app.memory.add(page("раз"), owner, dedupe);
    await app.memory.add(page("два"), owner);
    const state = app.idempotency.look(dedupe);
    assert.ok(state.kind === "answered");
    assert.deepEqual(app.memory.addedBy(state.record), document);
    const clash = { ...dedupe, fingerprint: Buffer.alloc(32, 2) };
    await assert.rejects(
      app.memory.add(page("три"), owner, clash),
      refused("idempotency_mismatch"),
    );
    assert.equal(added(app), 2);
  });
});

describe("the index", () => {
  it("is built anew when it was lost, and rid of what was replaced behind its back", async () => {
    const home = mkdtempSync(join(tmpdir(), "adyton-app-"));
    await using before = await openApp({ home });
    await before.memory.add(page("Котёл греет воду."), owner);
    // A crash between the journal and the index: the index misses the replacement.
    const { search } = before;
    const remove = search.remove.bind(search);
    search.remove = async () => Promise.reject(new SearchError("storage", "crash"));
    await before.memory.add(page("Печь греет дом."), owner);
    search.remove = remove;
    await before.close();

    const after = await openApp({ home });
    const left = await after.search.search({
      query: "греет воду",
      owners: [owner.id],
      limit: 5,
      nowMs: 0,
    });
    assert.deepEqual(
      left.hits.map((hit) => hit.text),
      ["Котёл греет воду."],
      "as the crash left it",
    );
    assert.deepEqual(await found(after, "греет"), ["Печь греет дом."]);
    await after.close();

    for (const suffix of ["", "-wal", "-shm"])
      rmSync(join(home, `index.db${suffix}`), { force: true });
    await using rebuilt = await openApp({ home });
    assert.deepEqual(await found(rebuilt, "греет"), ["Печь греет дом."]);
    assert.ok(statSync(join(home, "index.db")).size > 0);
  });

  for (const code of ["storage", "crashed", "busy", "closed"] as const)
    it(`may fail with ${code} while a document is added: it is taken, and found later`, async () => {
      await using app = await openApp();
      await app.memory.add(page("Котёл греет воду."), owner);
      assert.equal((await found(app, "греет")).length, 1);
      const { search } = app;
      const [add, remove] = [search.add.bind(search), search.remove.bind(search)];
      let failed = 0;
      search.add = search.remove = async () => {
        failed += 1;
        throw new SearchError(code, "it does not work");
      };
      const replaced = Document.parse(await app.memory.add(page("Печь греет дом."), owner));
      const other = page("Лампа греет угол.", { source: "o.md" });
      assert.equal((await app.memory.add(other, owner)).title, "Страница");
      assert.equal((await app.memory.list(owner)).documents[0]?.documentId, replaced.documentId);
      assert.ok(failed > 0);
      Object.assign(search, { add, remove });
      assert.deepEqual((await found(app, "греет")).toSorted(), [
        "Лампа греет угол.",
        "Печь греет дом.",
      ]);
    });

  it("is tried once more when it crashed, then it is a problem with another try", async () => {
    const inner = await (async () => {
      const home = mkdtempSync(join(tmpdir(), "adyton-app-"));
      return { home, search: openSearch({ file: join(home, "index.db") }) };
    })();
    let crashes = 1;
    let code: SearchError["code"] = "crashed";
    const search: SearchClient = {
      add: (documents) => inner.search.add(documents),
      remove: (ids) => inner.search.remove(ids),
      census: () => Promise.reject(new Error("not asked here")),
      stats: () => inner.search.stats(),
      unembedded: (...args) => inner.search.unembedded(...args),
      putVectors: (...args) => inner.search.putVectors(...args),
      compact: () => inner.search.compact(),
      search: async (query) => {
        crashes -= 1;
        if (crashes >= 0) throw new SearchError(code, "it ended");
        return inner.search.search(query);
      },
      [Symbol.asyncDispose]: () => inner.search[Symbol.asyncDispose](),
    };
    await using app = await openApp({ home: inner.home, search });
    await app.memory.add(page("Котёл греет воду."), owner);
    assert.equal((await found(app, "котёл")).length, 1);
    crashes = 2;
    await assert.rejects(found(app, "котёл"), refused("busy"));
    crashes = 2;
    const end = await app.turns.submit(question("котёл")).end;
    assert.ok(
      end.kind === "failed" && end.problem.code === "busy" && end.problem.retryAfterSeconds,
    );
    assert.deepEqual(app.unexpected, []);
    code = "closed";
    crashes = 1;
    await assert.rejects(found(app, "котёл"), refused("stopping"));
    code = "storage";
    crashes = 1;
    await assert.rejects(found(app, "котёл"), refused("storage_failed"));
  });
});
