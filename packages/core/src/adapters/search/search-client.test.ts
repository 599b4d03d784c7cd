import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { pathToFileURL } from "node:url";
import {
  documentBytesMax,
  documentsPerAddMax,
  ownersMax,
  resultsMax,
} from "../../domain/search/search-contract.ts";
import type { DocumentInput, SearchQuery } from "../../domain/search/search-contract.ts";
import { queryCharsMax } from "../../domain/search/terms.ts";
import { openSearch, pendingRequestsMax } from "./search-client.ts";

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "adyton-search-"));
  file = join(folder, "index.db");
});
afterEach(() => rmSync(folder, { recursive: true }));

const note = (text: string): DocumentInput => ({
  documentId: "a",
  owner: null,
  title: "A",
  source: "a",
  mediaType: "text/plain",
  tier: "owner",
  ingestedBy: "owner",
  cause: 1,
  expiresMs: null,
  seq: 1,
  text,
});
const query = (rest: Partial<SearchQuery> = {}): SearchQuery => ({
  query: "boiler",
  owners: [],
  limit: 1,
  nowMs: 0,
  ...rest,
});

/** A worker that ends when it is asked to search and otherwise never answers. */
function crashingWorker(): URL {
  const script = join(folder, "crash.mjs");
  writeFileSync(
    script,
    `import { parentPort } from "node:worker_threads";
     parentPort.on("message", (request) => { if (request.call === "search") process.exit(3); });`,
  );
  return pathToFileURL(script);
}

describe("openSearch", () => {
  it("opens nothing before the first call", async () => {
    await using search = openSearch({ file });
    assert.equal(existsSync(file), false);
    assert.deepEqual((await search.stats()).documents, 0);
    assert.equal(existsSync(file), true);
  });

  it("adds, searches, removes", async () => {
    await using search = openSearch({ file });
    await search.add([note("The boiler is old. Котёл старый.")]);
    const result = await search.search(query({ query: "старого котла" }));
    assert.deepEqual(
      [result.found, result.retrieval, result.hits[0]?.documentId],
      [true, "lexical", "a"],
    );
    await search.remove(["a"]);
    assert.equal((await search.search(query())).found, false);
    assert.equal((await search.stats()).watermarkSeq, 1);
  });

  it("answers searches while a long add is going on", async () => {
    await using search = openSearch({ file });
    const many = Array.from({ length: 40 }, (_, number) => ({
      ...note("The boiler is old. ".repeat(3_000)),
      documentId: `d${number}`,
    }));
    let isAdded = false;
    const adding = search.add(many).then(() => (isAdded = true));
    await search.search(query());
    assert.equal(isAdded, false);
    await adding;
  });

  it("rejects what waits when the worker ends, and starts it again on the next call", async () => {
    await using search = openSearch({ file, workerUrl: crashingWorker() });
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const waiting = search.stats();
      await Promise.all([
        assert.rejects(search.search(query()), { name: "SearchError", code: "crashed" }),
        assert.rejects(waiting, { code: "crashed" }),
      ]);
    }
  });

  it("refuses the request that is one too many", async () => {
    const search = openSearch({ file, workerUrl: crashingWorker() });
    const waiting = Array.from({ length: pendingRequestsMax }, () =>
      assert.rejects(search.stats(), { code: "crashed" }),
    );
    await assert.rejects(search.search(query()), { code: "busy" });
    // The worker never answers: disposing does not wait for it.
    await search[Symbol.asyncDispose]();
    await Promise.all(waiting);
  });

  it("reports a folder that does not exist without naming it", async () => {
    await using search = openSearch({ file: join(folder, "missing", "index.db") });
    await assert.rejects(search.stats(), (error: Error) => {
      assert.match(error.message, /^the search index failed \(SQLite 14\)$/u);
      return true;
    });
  });

  it("is closed once and for all", async () => {
    const search = openSearch({ file });
    await search.add([note("Boiler.")]);
    await search[Symbol.asyncDispose]();
    await search[Symbol.asyncDispose]();
    assert.equal(existsSync(`${file}-wal`), false);
    await assert.rejects(search.stats(), { code: "closed" });
  });
});

describe("limits", () => {
  const cases: ReadonlyArray<[name: string, at: Partial<SearchQuery>, over: Partial<SearchQuery>]> =
    [
      [
        "characters",
        { query: "x".repeat(queryCharsMax) },
        { query: "x".repeat(queryCharsMax + 1) },
      ],
      ["results", { limit: resultsMax }, { limit: resultsMax + 1 }],
      ["at least one result", { limit: 1, nowMs: 0 }, { limit: 0, nowMs: 0 }],
      [
        "owners",
        { owners: Array.from({ length: ownersMax }, String) },
        { owners: Array.from({ length: ownersMax + 1 }, String) },
      ],
    ];
  for (const [name, at, over] of cases)
    it(`of ${name}`, async () => {
      await using search = openSearch({ file });
      await search.search(query(at));
      await assert.rejects(search.search(query(over)), { code: "refused" });
    });

  it("of a document's bytes", async () => {
    await using search = openSearch({ file });
    const line = `${"ж".repeat(511)}\n `;
    const text = line.repeat(documentBytesMax / Buffer.byteLength(line));
    assert.equal(Buffer.byteLength(text), documentBytesMax);
    await search.add([note(text)]);
    await assert.rejects(search.add([note(`${text}x`)]), { code: "refused" });
  });

  it("of documents in one call", async () => {
    await using search = openSearch({ file });
    const ids = Array.from({ length: documentsPerAddMax }, String);
    await search.remove(ids);
    await assert.rejects(search.remove([...ids, "x"]), { code: "refused" });
    await assert.rejects(search.add([...ids, "x"].map(() => note("x"))), { code: "refused" });
  });
});
