import {
  type QueryVector,
  type SearchClient,
  vectorsPerCallMax,
} from "../domain/search/search-contract.ts";
import type { BackendPool, Lease } from "./backend-pool.ts";

/** Chunks embedded with one request. */
const batchChunks = 32;
/** Milliseconds a search waits for the vector of its question; then words alone decide. */
const queryMsMax = 1_000;
/** Between two tries while texts cannot be embedded; doubles from the first to the last. */
const retryFirstMs = 1_000;
const retryMsMax = 60_000;

export interface EmbeddingOptions {
  readonly pool: BackendPool;
  readonly search: SearchClient;
}

/**
 * Gives the chunks of memory their vectors, and questions theirs, where a server for embeddings is configured. The work
 * is taken up where it stopped: what is missing is what the index has no vector of the present model for. Nothing waits
 * for it, and nothing fails with it: without a vector words alone decide.
 */
export class Embedding {
  readonly #options: EmbeddingOptions;
  #isWoken = false;
  #resume: () => void = () => undefined;

  constructor(options: EmbeddingOptions) {
    this.#options = options;
    options.pool.onChange(() => this.wake());
  }

  /** Something may be there to embed. */
  wake(): void {
    this.#isWoken = true;
    this.#resume();
  }

  /** The vector of a question; `undefined` where nobody gives one in time. Never rejects. */
  async ofQuestion(text: string): Promise<QueryVector | undefined> {
    const { pool } = this.#options;
    if (pool.of("embeddings").length === 0 || !pool.works("embeddings")) return undefined;
    const embedded = await this.#embed([text], AbortSignal.timeout(queryMsMax));
    const values = embedded?.vectors[0];
    return embedded === undefined || values === undefined
      ? undefined
      : { model: embedded.model, values };
  }

  /** Embeds what is missing, and what comes, until the signal aborts. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    let waitMs = retryFirstMs;
    signal.addEventListener("abort", () => this.wake(), { once: true });
    while (!signal.aborted) {
      this.#isWoken = false;
      // The index fails with words of its own where somebody waits for it; here it is only tried again.
      const outcome = await this.#embedMissing(signal).catch(() => "failed" as const);
      if (outcome === "failed") await this.#sleep(waitMs);
      else if (outcome === "complete") await this.#sleep();
      waitMs = outcome === "failed" ? Math.min(waitMs * 2, retryMsMax) : retryFirstMs;
    }
  }

  async #embedMissing(signal: AbortSignal): Promise<"more" | "complete" | "failed"> {
    const { pool, search } = this.#options;
    const model = this.#model();
    if (pool.of("embeddings").length === 0) return "complete";
    if (model === undefined || !pool.works("embeddings")) return "failed";
    const chunks = await search.unembedded(model, Math.min(batchChunks, vectorsPerCallMax));
    if (chunks.length === 0) return "complete";
    const embedded = await this.#embed(
      chunks.map(({ text }) => text),
      signal,
    );
    if (embedded === undefined) return "failed";
    const vectors = chunks.flatMap(({ chunk, key }, index) => {
      const vector = embedded.vectors[index];
      return vector === undefined ? [] : [{ chunk, key, vector }];
    });
    await search.putVectors(embedded.model, vectors);
    return "more";
  }

  /** The model whose vectors count: the first server's that names one. */
  #model(): string | undefined {
    return this.#options.pool
      .of("embeddings")
      .map(({ backend }) => backend.embeddingModel ?? "")
      .find((model) => model !== "");
  }

  async #embed(
    texts: readonly string[],
    signal: AbortSignal,
  ): Promise<{ readonly model: string; readonly vectors: readonly Float32Array[] } | undefined> {
    const model = this.#model();
    if (model === undefined) return undefined;
    const servers = this.#options.pool.of("embeddings").map(({ backend }) => backend);
    const without = new Set(
      servers.filter(({ embeddingModel }) => embeddingModel !== model).map(({ name }) => name),
    );
    for (;;) {
      using lease: Lease | undefined = await this.#options.pool.lease({
        role: "embeddings",
        without,
        signal,
      });
      if (lease === undefined) return undefined;
      const outcome = await lease.backend.embed?.(texts, signal);
      if (outcome?.kind === "embedded") return { model, vectors: outcome.vectors };
      without.add(lease.backend.name);
    }
  }

  /** Until somebody wakes it, or the time is over. */
  async #sleep(ms?: number): Promise<void> {
    if (this.#isWoken) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#resume = resolve;
    const timer = ms === undefined ? undefined : setTimeout(resolve, ms).unref();
    await promise;
    clearTimeout(timer);
  }
}
