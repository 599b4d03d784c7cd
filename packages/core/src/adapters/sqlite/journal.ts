import { Worker } from "node:worker_threads";
import type { AppendOutcome, RecordGroup } from "../../domain/journal/record.ts";
import { type EncodedGroup, JournalError } from "./journal-writer.ts";
import type { JournalReport, JournalRequest, JournalWorkerData } from "./journal.worker.ts";
import type { RetentionPolicy } from "./retention.ts";

export interface JournalOptions {
  readonly file: string;
  readonly headFile: string;
  readonly headKey: Uint8Array;
  readonly nodeId: string;
  /** Milliseconds each commit is held: stands for a slow disk in measurements. */
  readonly commitDelayMs?: number;
}

export type StorageState = "ok" | "storage_full" | "storage_failed";

/** Groups waiting for a commit. One more is refused as `storage_failed`: the disk does not keep up. */
const pendingGroupsMax = 20_000;
/** The writer's heap: it holds one batch and SQLite's own pages lie outside of it. */
const writerYoungMb = 4;
const writerOldMb = 96;

interface Waiting {
  readonly resolve: (value: never) => void;
  readonly reject: (error: Error) => void;
}

/** The journal as the rest of the node sees it: append, and be told what is on disk. */
export class Journal implements AsyncDisposable {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  readonly #listeners = new Set<(lastSeq: number) => void>();
  readonly #storageListeners = new Set<(state: StorageState) => void>();
  #nextKey = 1;
  #lastSeq: number;
  #storage: StorageState = "ok";
  #closed: PromiseWithResolvers<void> | undefined;

  private constructor(worker: Worker, lastSeq: number) {
    this.#worker = worker;
    this.#lastSeq = lastSeq;
    worker.on("message", (report: JournalReport) => this.#receive(report));
    worker.on("error", (error) => this.#fail(error));
    worker.on("exit", () =>
      this.#fail(new JournalError("closed", "the journal's writer has stopped")),
    );
  }

  /**
   * Opens the journal and starts its writer. Throws `JournalError` when the file does not fit its signed head and
   * whatever SQLite has against it.
   */
  static async open(options: JournalOptions): Promise<Journal> {
    const data: JournalWorkerData = { commitDelayMs: 0, ...options };
    const worker = new Worker(new URL("./journal.worker.ts", import.meta.url), {
      workerData: data,
      resourceLimits: {
        maxYoungGenerationSizeMb: writerYoungMb,
        maxOldGenerationSizeMb: writerOldMb,
      },
    });
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    const opened = (report: JournalReport): void => {
      if (report.kind === "ready") resolve(report.lastSeq);
      else if (report.kind === "refused") {
        reject(new JournalError(report.code as JournalError["code"], report.message));
      }
    };
    worker.once("error", reject);
    worker.once("message", opened);
    const lastSeq = await promise;
    worker.off("error", reject);
    return new Journal(worker, lastSeq);
  }

  /** The newest record on disk. */
  get lastSeq(): number {
    return this.#lastSeq;
  }

  get storage(): StorageState {
    return this.#storage;
  }

  /** Resolves when the group is on disk, or was found to be a duplicate. Throws `JournalError` when it is not written. */
  append(group: RecordGroup): Promise<AppendOutcome> {
    if (this.#waiting.size >= pendingGroupsMax) {
      return Promise.reject(
        new JournalError("storage_failed", "the disk does not keep up with what arrives"),
      );
    }
    return this.#request((key) => ({ op: "append", key, group: encode(group) }));
  }

  /** Erases payloads that are older than the policy keeps them, one bounded step after the other. */
  async sweep(policy: RetentionPolicy, signal: AbortSignal): Promise<number> {
    let total = 0;
    while (!signal.aborted) {
      const { erased, more } = await this.#request<{ erased: number; more: boolean }>((key) => ({
        op: "sweep",
        key,
        policy,
      }));
      total += erased;
      if (!more) break;
    }
    return total;
  }

  /** Notes when a token was last used; not a record, written with the next transaction. */
  noteTokenUse(name: string, timeMs: number): void {
    this.#post({ op: "token-used", name, timeMs });
  }

  /** Rebuilds the state tables from the records. */
  rebuild(): Promise<void> {
    return this.#request((key) => ({ op: "rebuild", key }));
  }

  /** Calls the listener with the newest sequence number after each commit. Returns how to stop. */
  onAppended(listener: (lastSeq: number) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  onStorageChange(listener: (state: StorageState) => void): () => void {
    this.#storageListeners.add(listener);
    return () => this.#storageListeners.delete(listener);
  }

  /** Writes what is waiting, then closes the file. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed ??= Promise.withResolvers<void>();
    this.#post({ op: "close" });
    await this.#closed.promise;
    await this.#worker.terminate();
  }

  #request<T>(build: (key: number) => JournalRequest): Promise<T> {
    if (this.#closed !== undefined)
      return Promise.reject(new JournalError("closed", "the journal is closed"));
    const key = this.#nextKey++;
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    this.#waiting.set(key, { resolve: resolve as Waiting["resolve"], reject });
    this.#post(build(key));
    return promise;
  }

  #post(request: JournalRequest): void {
    this.#worker.postMessage(request);
  }

  #receive(report: JournalReport): void {
    switch (report.kind) {
      case "written":
        this.#settle(report.outcomes, report.lastSeq);
        return;
      case "swept":
      case "done":
        this.#take(report.key)?.resolve(report as never);
        return;
      case "closed":
        this.#closed?.resolve();
        return;
      case "ready":
      case "refused":
    }
  }

  #settle(outcomes: (JournalReport & { kind: "written" })["outcomes"], lastSeq: number): void {
    let storage: StorageState = "ok";
    for (const [key, outcome] of outcomes) {
      const waiting = this.#take(key);
      if (outcome.kind !== "failed") waiting?.resolve(outcome as never);
      else {
        storage = outcome.code;
        waiting?.reject(new JournalError(outcome.code, outcome.message));
      }
    }
    this.#setStorage(storage);
    if (lastSeq === this.#lastSeq) return;
    this.#lastSeq = lastSeq;
    for (const listener of this.#listeners) listener(lastSeq);
  }

  #setStorage(state: StorageState): void {
    if (state === this.#storage) return;
    this.#storage = state;
    for (const listener of this.#storageListeners) listener(state);
  }

  #take(key: number): Waiting | undefined {
    const waiting = this.#waiting.get(key);
    this.#waiting.delete(key);
    return waiting;
  }

  /** The writer is gone: nobody waits for ever, and nothing is accepted any more. */
  #fail(cause: Error): void {
    const wasClosing = this.#closed !== undefined;
    this.#closed ??= Promise.withResolvers<void>();
    this.#closed.resolve();
    const error = new JournalError("closed", "the journal's writer has stopped", { cause });
    for (const waiting of this.#waiting.values()) waiting.reject(error);
    this.#waiting.clear();
    if (!wasClosing) this.#setStorage("storage_failed");
  }
}

function encode(group: RecordGroup): EncodedGroup {
  return {
    ...group,
    records: group.records.map(({ facts, data, ...record }) => ({
      ...record,
      facts: JSON.stringify(facts),
      data: data === undefined ? undefined : JSON.stringify(data),
    })),
  };
}
