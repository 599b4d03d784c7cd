import { setTimeout as delay } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import {
  SearchError,
  documentBytesMax,
  documentsPerAddMax,
  ownersMax,
  resultsMax,
  vectorsPerCallMax,
} from "../../domain/search/search-contract.ts";
import type {
  ChunkVector,
  DocumentInput,
  IndexCensus,
  SearchClient,
  SearchQuery,
  SearchResult,
  SearchStats,
  UnembeddedChunk,
} from "../../domain/search/search-contract.ts";
import { queryCharsMax } from "../../domain/search/terms.ts";
import type { SearchCallName, SearchCalls, SearchReply } from "./search-requests.ts";

/** Requests that may wait for the worker; one more is refused as "busy". */
export const pendingRequestsMax = 256;
/** An `add` goes to the worker in parts of this size, so that searches get their turn in between. */
const partBytesMax = 256 * 1024;
const workerHeapMib = 256;
/** Small, because a worker that is idle most of the time keeps its young generation resident. */
const workerYoungHeapMib = 4;
/** How long closing waits for the worker before it is ended; SQLite is safe either way. */
const closeMsMax = 2_000;

interface Pending {
  readonly worker: Worker;
  readonly resolve: (output: SearchCalls[SearchCallName]["output"]) => void;
  readonly reject: (error: SearchError) => void;
}

/**
 * Opens the search index at `file`. Nothing is read and no thread runs before the first call; the worker that a call
 * starts does not keep the process alive. When the worker ends by itself, its pending calls are rejected with "crashed"
 * and the next call starts another. `workerUrl` is for tests.
 */
export function openSearch(options: {
  readonly file: string;
  readonly workerUrl?: URL;
}): SearchClient {
  return new WorkerSearch(
    options.file,
    options.workerUrl ?? new URL("search.worker.ts", import.meta.url),
  );
}

class WorkerSearch implements SearchClient {
  readonly #file: string;
  readonly #workerUrl: URL;
  readonly #pending = new Map<number, Pending>();
  #worker: Worker | undefined;
  #lastId = 0;
  #isClosed = false;

  constructor(file: string, workerUrl: URL) {
    this.#file = file;
    this.#workerUrl = workerUrl;
  }

  /**
   * Adds documents, replacing those with the same ids. It is whole for each part of about `partBytesMax`, not for the
   * list: after a failure the watermark says how far it came, so add in the order of the journal.
   */
  async add(documents: readonly DocumentInput[]): Promise<void> {
    refuseOver(documents.length, documentsPerAddMax, "documents in one call");
    for (const document of documents)
      refuseOver(Buffer.byteLength(document.text), documentBytesMax, "bytes in a document");
    for (const part of parts(documents)) await this.#call("add", part);
  }

  async remove(documentIds: readonly string[]): Promise<void> {
    refuseOver(documentIds.length, documentsPerAddMax, "documents in one call");
    await this.#call("remove", documentIds);
  }

  async search(query: SearchQuery): Promise<SearchResult> {
    refuseOver(query.query.length, queryCharsMax, "characters in a query");
    refuseOver(query.owners.length, ownersMax, "owners in a query");
    refuseOver(query.limit, resultsMax, "results of a query");
    if (!Number.isInteger(query.limit) || query.limit < 1)
      throw new SearchError("refused", "a query asks for at least one result");
    return await this.#call("search", query);
  }

  async unembedded(model: string, limit: number): Promise<readonly UnembeddedChunk[]> {
    refuseOver(limit, vectorsPerCallMax, "chunks in one call");
    return await this.#call("unembedded", { model, limit });
  }

  async putVectors(model: string, vectors: readonly ChunkVector[]): Promise<void> {
    refuseOver(vectors.length, vectorsPerCallMax, "vectors in one call");
    await this.#call("putVectors", { model, vectors });
  }

  async stats(): Promise<SearchStats> {
    return await this.#call("stats", undefined);
  }

  async compact(): Promise<void> {
    await this.#call("compact", undefined);
  }

  async census(): Promise<IndexCensus> {
    return await this.#call("census", undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#end();
  }

  /** Ends the worker. */
  async #end(): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    if (worker === undefined) return;
    // The last call closes the database cleanly; it waits behind what is still running, but not for ever.
    const timeout = new AbortController();
    const closed = this.#send(worker, "close", undefined).catch(() => undefined);
    const late = delay(closeMsMax, undefined, { signal: timeout.signal }).catch(() => undefined);
    await Promise.race([closed, late]);
    timeout.abort();
    await worker.terminate();
  }

  async #call<K extends SearchCallName>(
    call: K,
    input: SearchCalls[K]["input"],
  ): Promise<SearchCalls[K]["output"]> {
    if (this.#isClosed) throw new SearchError("closed", "the search index is closed");
    if (this.#pending.size >= pendingRequestsMax)
      throw new SearchError("busy", `${pendingRequestsMax} search requests are waiting`);
    return await this.#send((this.#worker ??= this.#start()), call, input);
  }

  #send<K extends SearchCallName>(
    worker: Worker,
    call: K,
    input: SearchCalls[K]["input"],
  ): Promise<SearchCalls[K]["output"]> {
    const { promise, resolve, reject } = Promise.withResolvers<SearchCalls[K]["output"]>();
    this.#lastId += 1;
    this.#pending.set(this.#lastId, { worker, resolve, reject });
    worker.ref();
    worker.postMessage({ id: this.#lastId, call, input });
    return promise;
  }

  #start(): Worker {
    const worker = new Worker(this.#workerUrl, {
      workerData: { file: this.#file },
      resourceLimits: {
        maxOldGenerationSizeMb: workerHeapMib,
        maxYoungGenerationSizeMb: workerYoungHeapMib,
      },
    });
    worker.unref();
    worker.on("message", (reply: SearchReply) => this.#settle(worker, reply));
    // An error is always followed by "exit", which rejects what waits.
    worker.on("error", () => undefined);
    worker.on("exit", () => {
      if (this.#worker === worker) this.#worker = undefined;
      for (const [id, pending] of this.#pending) {
        if (pending.worker !== worker) continue;
        this.#pending.delete(id);
        pending.reject(
          new SearchError("crashed", "the search worker ended; the next request starts it again"),
        );
      }
    });
    return worker;
  }

  #settle(worker: Worker, reply: SearchReply): void {
    const pending = this.#pending.get(reply.id);
    this.#pending.delete(reply.id);
    if (this.#pending.size === 0) worker.unref();
    if (reply.kind === "done") pending?.resolve(reply.output);
    else pending?.reject(new SearchError(reply.code, reply.message));
  }
}

function refuseOver(count: number, max: number, what: string): void {
  if (count > max) throw new SearchError("refused", `at most ${max} ${what}, not ${count}`);
}

function* parts(documents: readonly DocumentInput[]): Generator<DocumentInput[]> {
  let part: DocumentInput[] = [];
  let bytes = 0;
  for (const document of documents) {
    const size = Buffer.byteLength(document.text);
    if (part.length > 0 && bytes + size > partBytesMax) {
      yield part;
      part = [];
      bytes = 0;
    }
    part.push(document);
    bytes += size;
  }
  if (part.length > 0) yield part;
}
