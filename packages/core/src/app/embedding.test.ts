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

/** Embeds three documents, the second of which is `middle`, until it is over by how many chunks have no vector. */
async function embedUntil(
  isOver: (missing: number) => boolean,
  server: Picky,
  middle: string,
): Promise<void> {
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
    const missing = async () => (await search.unembedded("picky-1", 8)).length;
    for (const endMs = performance.now() + 30_000; !isOver(await missing());)
      assert.ok(performance.now() < endMs, `${await missing()} have no vector`);
    abort.abort();
    await run;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe("a text that a server for embeddings does not take", () => {
  const long = "длинный текст ".repeat(100);

  it("is embedded by its beginning when it is too long", async () => {
    const server = new Picky("overflow", (text) => text.length < 700);
    await embedUntil((missing) => missing === 0, server, long);
    const shortest = Math.min(...server.asked.flat().map(({ length }) => length));
    assert.ok(shortest < 700);
  });

  it("holds up no other when it is refused however short it is", async () => {
    const server = new Picky("refused", (text) => !text.includes("длинный"));
    await embedUntil((missing) => missing === 1, server, long);
  });

  it("is not looked for in a server that refuses everything", async () => {
    const server = new Picky("refused", () => false);
    // One plain text tells it.
    const isTold = (): boolean => server.asked.at(-1)?.join() === "a";
    await embedUntil((missing) => isTold() && missing === 3, server, "short");
  });
});
