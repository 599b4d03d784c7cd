import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { openSearch } from "../adapters/search/search-client.ts";
import type { EmbedOutcome } from "../ports/backend.ts";
import { BackendPool } from "./backend-pool.ts";
import { Embedding } from "./embedding.ts";
import { HeldBackend } from "./test/app-fixture.ts";

/** A server for embeddings that takes only what `takes` says. */
class Picky extends HeldBackend {
  readonly embeddingModel = "picky-1";
  readonly asked: (readonly string[])[] = [];
  readonly #takes: (text: string) => boolean;
  readonly #reason: "overflow" | "refused";

  constructor(reason: "overflow" | "refused", takes: (text: string) => boolean) {
    super();
    this.#reason = reason;
    this.#takes = takes;
  }

  async embed(texts: readonly string[]): Promise<EmbedOutcome> {
    this.asked.push(texts);
    const words = { en: "no", ru: "нет" };
    if (!texts.every(this.#takes)) return { kind: "failed", reason: this.#reason, detail: words };
    const vectors = texts.map((text) => Float32Array.of(text.length, 1));
    return { kind: "embedded", vectors, model: this.embeddingModel };
  }
}

/** Embeds three documents, the second of which is `middle`; answers how many chunks have no vector in the end. */
async function missingAfter(server: Picky, middle: string): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "adyton-embedding-"));
  try {
    await using search = openSearch({ file: join(folder, "index.db") });
    const texts = ["Котёл стоит в подвале.", middle, "The boiler is in the cellar."];
    await search.add(
      texts.map((text, index) => ({
        documentId: `doc_${index}`,
        owner: null,
        title: "A",
        source: `${index}`,
        mediaType: "text/plain",
        tier: "owner",
        ingestedBy: "owner",
        cause: 1,
        expiresMs: null,
        seq: index + 1,
        text,
      })),
    );
    const pool = new BackendPool();
    pool.add({ backend: server, roles: ["embeddings"], weight: 1 });
    const abort = new AbortController();
    const embedding = new Embedding({ pool, search });
    const run = embedding.run(abort.signal);
    const isOver = (asked: number): boolean => asked > 0 && server.asked.length === asked;
    for (let asked = 0; !isOver(asked);) {
      asked = server.asked.length;
      await search.unembedded("picky-1", 8);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const left = await search.unembedded("picky-1", 8);
    abort.abort();
    await run;
    return left.length;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe("a text that a server for embeddings does not take", () => {
  const long = "длинный текст ".repeat(100);

  it("is embedded by its beginning when it is too long", async () => {
    const server = new Picky("overflow", (text) => text.length < 700);
    assert.equal(await missingAfter(server, long), 0);
    const shortest = Math.min(...server.asked.flat().map(({ length }) => length));
    assert.ok(shortest < 700);
  });

  it("holds up no other when it is refused however short it is", async () => {
    const server = new Picky("refused", (text) => !text.includes("длинный"));
    assert.equal(await missingAfter(server, long), 1);
  });

  it("is not looked for in a server that refuses everything", async () => {
    const server = new Picky("refused", () => false);
    assert.equal(await missingAfter(server, "short"), 3);
    assert.deepEqual(server.asked.at(-1), ["a"], "one plain text told it");
  });
});
