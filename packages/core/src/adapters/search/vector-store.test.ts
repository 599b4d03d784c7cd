import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import {
  type DocumentInput,
  type SearchClient,
  vectorsPerCallMax,
} from "../../domain/search/search-contract.ts";
import { dimensionsMax } from "../../domain/search/vectors.ts";
import { openIndexFile } from "./index-file.ts";
import { IndexWriter } from "./index-writer.ts";
import { openSearch } from "./search-client.ts";
import { VectorStore } from "./vector-store.ts";

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "adyton-vectors-"));
  file = join(folder, "index.db");
});
afterEach(() => rmSync(folder, { recursive: true }));

const note = (documentId: string, text: string, owner: string | null = null): DocumentInput => ({
  documentId,
  owner,
  title: documentId,
  source: documentId,
  mediaType: "text/plain",
  tier: "owner",
  ingestedBy: "owner",
  cause: 1,
  expiresMs: null,
  seq: 1,
  text,
});

/** Two meanings: what warms and what drives, whatever the words. */
const meaning = (text: string): Float32Array =>
  Float32Array.from([
    /boiler|stove|heat|котёл|печь/iu.test(text) ? 1 : -1,
    /car|engine|motor|машина/iu.test(text) ? 1 : -1,
    0.1,
  ]);

async function embedAll(search: SearchClient, model = "m"): Promise<number> {
  let count = 0;
  for (;;) {
    const chunks = await search.unembedded(model, 2);
    if (chunks.length === 0) return count;
    count += chunks.length;
    const vectors = chunks.map(({ chunk, key, text }) => ({ chunk, key, vector: meaning(text) }));
    await search.putVectors(model, vectors);
  }
}

const notes = [
  note("a", "The boiler stands in the cellar."),
  note("b", "The car stands in the yard."),
  note("c", "Печь стоит на кухне.", "someone"),
];
const ask = async (search: SearchClient, query: string, owners: string[] = [], model = "m") => {
  const vector = { model, values: meaning(query) };
  const { hits, retrieval, found } = await search.search({
    query,
    owners,
    limit: 3,
    nowMs: 0,
    vector,
  });
  return { ids: hits.map(({ documentId }) => documentId), retrieval, found };
};

describe("search by vectors", () => {
  it("finds by meaning what words do not, in another language too, and only for its owner", async () => {
    await using search = openSearch({ file });
    await search.add(notes);
    assert.equal((await ask(search, "heat")).retrieval, "lexical", "nothing is embedded yet");
    assert.deepEqual((await ask(search, "heat")).ids, []);
    assert.equal(await embedAll(search), 3);
    const everybody = await ask(search, "heat");
    assert.deepEqual(everybody, { ids: ["a", "b"], retrieval: "hybrid", found: false });
    const someone = await ask(search, "heat", ["someone"]);
    assert.deepEqual(new Set(someone.ids.slice(0, 2)), new Set(["a", "c"]));
    assert.deepEqual((await ask(search, "motor")).ids[0], "b");
  });

  it("keeps what words find for sure in front, and says that it was found", async () => {
    await using search = openSearch({ file });
    await search.add(notes);
    await embedAll(search);
    const vector = { model: "m", values: meaning("car") };
    const result = await search.search({
      query: "boiler cellar",
      owners: [],
      limit: 3,
      nowMs: 0,
      vector,
    });
    assert.deepEqual([result.hits[0]?.documentId, result.found], ["a", true]);
  });

  it("embeds anew for another model, and for another length of the same", async () => {
    await using search = openSearch({ file });
    await search.add(notes);
    await embedAll(search);
    assert.deepEqual(await search.unembedded("m", 9), []);
    assert.equal((await search.unembedded("n", 9)).length, 3);
    assert.equal((await ask(search, "heat", [], "n")).retrieval, "lexical");
    assert.equal(await embedAll(search, "n"), 3);
    assert.equal((await ask(search, "heat", [], "n")).retrieval, "hybrid");
    const [first] = await search.unembedded("m", 1);
    assert.ok(first !== undefined, "the former model's are gone");
    const [one] = await search.unembedded("other", 1);
    assert.ok(one !== undefined);
    await search.putVectors("n", [{ ...one, vector: new Float32Array(5).fill(1) }]);
    assert.equal((await search.unembedded("n", 9)).length, 2);
  });

  it("survives a restart, and forgets a document without a trace", async () => {
    const secret = Float32Array.from([0.123, -0.456, 0.789]);
    {
      await using search = openSearch({ file });
      await search.add(notes);
      const [chunk] = await search.unembedded("m", 1);
      assert.ok(chunk !== undefined);
      await search.putVectors("m", [{ ...chunk, vector: secret }]);
    }
    await using search = openSearch({ file });
    assert.equal((await search.unembedded("m", 9)).length, 2);
    assert.equal((await ask(search, "heat")).retrieval, "hybrid");
    await search.remove(["a"]);
    assert.equal((await ask(search, "heat")).retrieval, "lexical");
    using database = new DatabaseSync(file, { readOnly: true });
    for (const table of ["signs", "vectors"])
      assert.equal(database.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.["n"], 0);
  });

  it("sees what comes between two searches, and reads nothing else again", () => {
    using database = openIndexFile(file);
    const store = new VectorStore(database);
    const writer = new IndexWriter(database, store);
    const near = (owners: readonly string[] = []) =>
      store.nearest({ model: "m", values: meaning("heat") }, new Set(owners), 9);
    const put = (count: number): void => {
      const chunks = store.missing("m", count);
      assert.equal(chunks.length, count);
      store.put(
        "m",
        chunks.map(({ chunk, key, text }) => ({ chunk, key, vector: meaning(text) })),
      );
    };
    for (const each of notes) writer.add(each);
    // More than there is room for at first.
    for (let index = 0; index < 1_100; index += 1) writer.add(note(`n${index}`, `A car ${index}.`));
    put(1);
    assert.deepEqual(near(), [1]);
    let signsRead = 0;
    const prepare = database.prepare.bind(database);
    database.prepare = (sql) => {
      const statement = prepare(sql);
      const all = statement.all.bind(statement);
      const counted = (...values: SQLInputValue[]) => {
        const rows = all(...values);
        for (const row of rows) if (row["bits"] instanceof Uint8Array) signsRead += 1;
        return rows;
      };
      Object.defineProperty(statement, "all", { value: counted });
      return statement;
    };
    put(2);
    assert.deepEqual(near(), [1, 2]);
    assert.equal(signsRead, 2);
    assert.deepEqual(near(["someone"]), [1, 3, 2]);
    assert.equal(signsRead, 2);
    put(1_100);
    assert.equal(near()?.[0], 1);
    assert.equal(signsRead, 1_102);
    writer.remove("a");
    assert.notEqual(near()?.[0], 1, "what goes is not seen any more");
    assert.equal(signsRead, 1_102 + 1_102);
  });

  it("drops a vector whose chunk was replaced meanwhile", async () => {
    await using search = openSearch({ file });
    await search.add([note("a", "The boiler.")]);
    const [stale] = await search.unembedded("m", 1);
    assert.ok(stale !== undefined);
    await search.remove(["a"]);
    await search.add([note("a", "A car with the same number.")]);
    const [fresh] = await search.unembedded("m", 1);
    assert.equal(fresh?.chunk, stale.chunk, "the number is used again");
    await search.putVectors("m", [{ ...stale, vector: meaning(stale.text) }]);
    assert.equal((await search.unembedded("m", 1)).length, 1);
  });

  it("holds its limits", async () => {
    await using search = openSearch({ file });
    await search.add([note("a", "The boiler.")]);
    const [chunk] = await search.unembedded("m", vectorsPerCallMax);
    assert.ok(chunk !== undefined);
    await assert.rejects(search.unembedded("m", vectorsPerCallMax + 1), { code: "refused" });
    const many = Array.from({ length: vectorsPerCallMax + 1 }, () => ({
      ...chunk,
      vector: meaning(""),
    }));
    await assert.rejects(search.putVectors("m", many), { code: "refused" });
    const put = (length: number) =>
      search.putVectors("m", [{ ...chunk, vector: new Float32Array(length).fill(1) }]);
    await assert.rejects(put(dimensionsMax + 1), { code: "refused" });
    await put(dimensionsMax);
    assert.deepEqual(await search.unembedded("m", 1), []);
  });
});
