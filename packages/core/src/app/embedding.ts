import {
  type QueryVector,
  type SearchClient,
  vectorsPerCallMax,
} from "../domain/search/search-contract.ts";
import type { BackendPool, Lease } from "./backend-pool.ts";

/** Chunks embedded with one request. */
const batchChunks = 32;
/** A text that a server does not take is shortened to its first half, as long as that has so many characters. */
const shortestChars = 200;
/** Taken by every embedding model: tells a server that refuses a text from one that refuses everything. */
const plainText = "a";
/** Milliseconds a search waits for the vector of its question; then words alone decide. */
const queryMsMax = 1_000;
/** Between two tries while texts cannot be embedded; doubles from the first to the last. */
const retryFirstMs = 1_000;
const retryMsMax = 60_000;

export interface EmbeddingOptions {
  readonly pool: BackendPool;
  readonly search: SearchClient;
}

type Embedded =
  | {
      readonly kind: "embedded";
      readonly model: string;
      readonly vectors: readonly Float32Array[];
    }
  | { readonly kind: "unfit" }
  | { readonly kind: "failed" };

const failed: Embedded = { kind: "failed" };

/**
 * Gives the chunks of memory their vectors, and questions theirs, where a server for embeddings is configured. The work
 * is taken up where it stopped: what is missing is what the index has no vector of the present model for. Nothing waits
 * for it, and nothing fails with it: without a vector words alone decide.
 */
export class Embedding {
  readonly #options: EmbeddingOptions;
  /** Chunks that no server takes, however short, until the node starts again. */
  readonly #unfit = new Set<string>();
  #isWoken = false;
  #isComplete = false;
  #resume: () => void = () => undefined;

  constructor(options: EmbeddingOptions) {
    this.#options = options;
    options.pool.onChange(() => this.wake());
  }

  /** Chunks that rightly have no vector, once every other has one; `undefined` while there is work left. */
  get leftOut(): number | undefined {
    return this.#isComplete ? this.#unfit.size : undefined;
  }

  /** Something may be there to embed. */
  wake(): void {
    this.#isComplete = false;
    this.#isWoken = true;
    this.#resume();
  }

  /** The vector of a question; `undefined` where nobody gives one in time. Never rejects. */
  async ofQuestion(text: string): Promise<QueryVector | undefined> {
    const { pool } = this.#options;
    if (pool.of("embeddings").length === 0 || !pool.works("embeddings")) return undefined;
    const embedded = await this.#embed([text], AbortSignal.timeout(queryMsMax));
    const values = embedded.kind === "embedded" ? embedded.vectors[0] : undefined;
    return embedded.kind !== "embedded" || values === undefined
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
      this.#isComplete = outcome === "complete" && !this.#isWoken;
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
    const found = await search.unembedded(model, this.#unfit.size + batchChunks);
    const chunks = found.filter(({ key }) => !this.#unfit.has(key)).slice(0, batchChunks);
    if (chunks.length === 0) return "complete";
    const texts = chunks.map(({ text }) => text);
    const embedded = await this.#embedEach(texts, signal);
    if (embedded === undefined) return "failed";
    const vectors = chunks.flatMap(({ chunk, key }, index) => {
      const vector = embedded[index];
      if (vector !== undefined) return [{ chunk, key, vector }];
      this.#leaveOut(key);
      return [];
    });
    if (vectors.length > 0) await search.putVectors(model, vectors);
    return "more";
  }

  /**
   * The vectors of texts, where one that the server does not take holds up no other: of a text that is too long, the
   * beginning's; of one that is refused altogether, none. `undefined` when nothing can be embedded now.
   */
  async #embedEach(
    texts: readonly string[],
    signal: AbortSignal,
  ): Promise<readonly (Float32Array | undefined)[] | undefined> {
    const embedded = await this.#embed(texts, signal);
    if (embedded.kind === "embedded") return embedded.vectors;
    if (embedded.kind === "failed") return undefined;
    if (texts.length > 1) {
      const half = texts.length >> 1;
      const first = await this.#embedEach(texts.slice(0, half), signal);
      const second = first && (await this.#embedEach(texts.slice(half), signal));
      return first && second && [...first, ...second];
    }
    const [text = ""] = texts;
    const half = text.slice(0, text.length >> 1);
    return half.length < shortestChars ? [undefined] : this.#embedEach([half], signal);
  }

  /** As many as one call of the index can pass over; the one left out for longest is tried again. */
  #leaveOut(key: string): void {
    this.#unfit.add(key);
    const [oldest] = this.#unfit;
    if (this.#unfit.size > vectorsPerCallMax - batchChunks && oldest !== undefined)
      this.#unfit.delete(oldest);
  }

  /** The model whose vectors count: the first server's that names one. */
  #model(): string | undefined {
    return this.#options.pool
      .of("embeddings")
      .map(({ backend }) => backend.embeddingModel ?? "")
      .find((model) => model !== "");
  }

  /** Asks one server after the other. `unfit`: a server works, and does not take these texts. */
  async #embed(texts: readonly string[], signal: AbortSignal): Promise<Embedded> {
    const model = this.#model();
    if (model === undefined) return failed;
    const servers = this.#options.pool.of("embeddings").map(({ backend }) => backend);
    const without = new Set(
      servers.filter(({ embeddingModel }) => embeddingModel !== model).map(({ name }) => name),
    );
    let isUnfit = false;
    for (;;) {
      using lease: Lease | undefined = await this.#options.pool.lease({
        role: "embeddings",
        without,
        signal,
      });
      if (lease === undefined) return isUnfit ? { kind: "unfit" } : failed;
      const { backend } = lease;
      const outcome = await backend.embed?.(texts, signal);
      if (outcome?.kind === "embedded")
        return { kind: "embedded", model, vectors: outcome.vectors };
      if (outcome?.reason === "overflow") isUnfit = true;
      else if (outcome?.reason === "refused")
        isUnfit ||= (await backend.embed?.([plainText], signal))?.kind === "embedded";
      without.add(backend.name);
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
