import assert from "node:assert/strict";
import { Worker } from "node:worker_threads";
import type { AppendOutcome, RecordGroup } from "../../domain/journal/record.ts";
import type { SeqRanges } from "../../ports/forgetting.ts";
import { encodeGroup } from "./encoded-group.ts";
import { type EraseStep, eraseStepRecordsMax } from "./erase-step.ts";
import { JournalError } from "./journal-error.ts";
import type { JournalFiles } from "./journal-files.ts";
import type { JournalReport, JournalRequest, JournalWorkerData } from "./journal.worker.ts";
import type { RetentionPolicy, SweepStep } from "./retention.ts";

export interface JournalOptions extends JournalFiles {
  /** Milliseconds each commit is held: stands for a slow disk in measurements. */
  readonly commitDelayMs?: number;
}

export type StorageState = "ok" | "storage_full" | "storage_failed";

export interface SweepOutcome {
  readonly erased: number;
  /** False while a reader still holds the write-ahead log with erased bytes in it: sweep again later. */
  readonly bytesGone: boolean;
}

/** Groups waiting for a commit. One more is refused as `storage_failed`: the disk does not keep up. */
const pendingGroupsMax = 20_000;
/** Bytes of payloads and facts waiting for a commit; what passes this is refused in the same way. */
const pendingBytesMax = 64 * 1024 * 1024;
/** The writer's heap. One batch lies in it; SQLite's pages and the messages that wait lie outside. */
const writerYoungMb = 4;
const writerOldMb = 64;
/** Milliseconds between two tries to write while the storage is not well. */
const probeEveryMs = 2_000;
/** Milliseconds before a writer that died is started again: doubled with every death until a commit succeeds. */
const restartDelayMs = 100;
const restartDelayMsMax = 10_000;
/** No later try can succeed after these: a person has to decide. */
const finalCodes: readonly JournalError["code"][] = [
  "tail_cut",
  "head_invalid",
  "head_missing",
  "newer_schema",
  "not_a_journal",
  "damaged",
];

type Answer = AppendOutcome | SweepStep | EraseStep | { readonly isEmpty: boolean };

interface Waiting {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
  readonly bytes: number;
}

/**
 * The journal as the rest of the node sees it: append, and be told what is on disk.
 *
 * The storage is `ok` until an append fails for the disk's sake or the writer's thread dies. From then on a small
 * record of its own is tried every two seconds, so the state heals by itself, also when nothing else arrives; the
 * record tells how many groups were refused. A thread that died is started again, with growing pauses.
 */
export class Journal implements AsyncDisposable {
  readonly #data: JournalWorkerData;
  #worker: Worker | undefined;
  readonly #waiting = new Map<number, Waiting>();
  #waitingBytes = 0;
  readonly #listeners = new Set<(lastSeq: number) => void>();
  readonly #storageListeners = new Set<(state: StorageState) => void>();
  #nextKey = 1;
  #lastSeq = 0;
  #storage: StorageState = "ok";
  #refused = 0;
  #refusedEver = 0;
  #probeKey: number | undefined;
  #probeTimer: NodeJS.Timeout | undefined;
  #restarts = 0;
  #restartTimer: NodeJS.Timeout | undefined;
  #closed: PromiseWithResolvers<void> | undefined;

  private constructor(data: JournalWorkerData) {
    this.#data = data;
  }

  /**
   * Opens the journal and starts its writer. Throws `JournalError` with the code of what the file has against it:
   * one of this class's own, or a `DatabaseError`'s.
   */
  static async open(options: JournalOptions): Promise<Journal> {
    const journal = new Journal({ commitDelayMs: 0, ...options });
    await journal.#start();
    return journal;
  }

  /** The newest record on disk. */
  get lastSeq(): number {
    return this.#lastSeq;
  }

  /** Groups that were refused for the disk's sake since the journal was opened. */
  get refused(): number {
    return this.#refusedEver;
  }

  get storage(): StorageState {
    return this.#storage;
  }

  /**
   * Resolves when the group is on disk, or was found to be a duplicate. Rejects with a `JournalError` when it is not
   * written: "too_large" and "invalid_record" blame the group, the other codes the storage.
   */
  async append(group: RecordGroup): Promise<AppendOutcome> {
    const encoded = encodeGroup(group);
    const full =
      this.#waiting.size >= pendingGroupsMax ||
      this.#waitingBytes + encoded.bytes > pendingBytesMax;
    if (this.#closed === undefined && (full || this.#worker === undefined)) {
      this.#countRefused();
      const reason = full
        ? "the disk does not keep up with what arrives"
        : "the journal's writer is being started again";
      throw new JournalError("storage_failed", reason);
    }
    const request = (key: number) => ({ op: "append", key, group: encoded }) as const;
    const answer = await this.#request(request, encoded.bytes);
    assert("kind" in answer);
    return answer;
  }

  /** Erases payloads that are older than the policy keeps them, one bounded step after the other. */
  async sweep(policy: RetentionPolicy, signal: AbortSignal): Promise<SweepOutcome> {
    let erased = 0;
    while (!signal.aborted) {
      const step = await this.#request((key) => ({ op: "sweep", key, policy }));
      assert("more" in step);
      if (!step.more) return { erased, bytesGone: step.bytesGone };
      erased += step.erased;
    }
    return { erased, bytesGone: false };
  }

  /** Erases the payloads of ascending ranges, one bounded step after the other; each waits for `beforeStep`. */
  async erase(
    ranges: SeqRanges,
    reason: string,
    beforeStep: () => Promise<void> = () => Promise.resolve(),
  ): Promise<void> {
    for (let at = 0; at < ranges.length; at += eraseStepRecordsMax) {
      let left = ranges.slice(at, at + eraseStepRecordsMax);
      while (left.length > 0) {
        const some = left;
        await beforeStep();
        const step = await this.#request((key) => ({ op: "erase", key, ranges: some, reason }));
        assert("through" in step);
        const next = step.through + 1;
        left = left.filter(([, to]) => to >= next).map(([from, to]) => [Math.max(from, next), to]);
      }
    }
  }

  /** Empties the write-ahead log. False while a reader holds it. */
  async emptyLog(): Promise<boolean> {
    const answer = await this.#request((key) => ({ op: "empty-log", key }));
    assert("isEmpty" in answer);
    return answer.isEmpty;
  }

  /** Notes when a token was last used; not a record, written with the next transaction. */
  noteTokenUse(name: string, timeMs: number): void {
    this.#worker?.postMessage({ op: "token-used", name, timeMs } satisfies JournalRequest);
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
    clearInterval(this.#probeTimer);
    clearTimeout(this.#restartTimer);
    if (this.#worker === undefined) this.#closed.resolve();
    this.#worker?.postMessage({ op: "close" } satisfies JournalRequest);
    await this.#closed.promise;
    await this.#worker?.terminate();
  }

  /** Starts the writer's thread. Resolves when it has the journal open, rejects when it refuses or dies before. */
  #start(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const worker = new Worker(new URL("./journal.worker.ts", import.meta.url), {
      workerData: this.#data,
      resourceLimits: {
        maxYoungGenerationSizeMb: writerYoungMb,
        maxOldGenerationSizeMb: writerOldMb,
      },
    });
    let cause: unknown;
    worker.on("message", (report: JournalReport) => {
      if (report.kind === "refused") reject(new JournalError(report.code, report.message));
      else if (report.kind === "ready") {
        this.#worker = worker;
        this.#advance(report.lastSeq);
        resolve();
      } else this.#receive(report);
    });
    worker.on("error", (error) => {
      cause = error;
    });
    worker.on("exit", () => {
      const error = new JournalError("storage_failed", "the journal's writer has stopped", {
        cause,
      });
      reject(error);
      if (this.#worker === worker) this.#lose(error);
    });
    return promise;
  }

  /** The writer is gone: nobody waits for ever, and another one is started. */
  #lose(error: JournalError): void {
    this.#worker = undefined;
    for (const waiting of this.#waiting.values()) waiting.reject(error);
    this.#waiting.clear();
    this.#waitingBytes = 0;
    if (this.#closed !== undefined) return this.#closed.resolve();
    this.#setStorage("storage_failed");
    this.#restartLater();
  }

  #restartLater(): void {
    const delayMs = Math.min(restartDelayMs * 2 ** this.#restarts, restartDelayMsMax);
    this.#restarts += 1;
    this.#restartTimer = setTimeout(() => void this.#restart(), delayMs).unref();
  }

  async #restart(): Promise<void> {
    try {
      await this.#start();
    } catch (error) {
      const final = error instanceof JournalError && finalCodes.includes(error.code);
      if (this.#closed === undefined && !final) this.#restartLater();
      return;
    }
    if (this.#closed === undefined) this.#probe();
    else await this.#worker?.terminate();
  }

  #request(build: (key: number) => JournalRequest, bytes = 0): Promise<Answer> {
    if (this.#closed !== undefined)
      return Promise.reject(new JournalError("closed", "the journal is closed"));
    if (this.#worker === undefined)
      return Promise.reject(
        new JournalError("storage_failed", "the journal's writer is being started again"),
      );
    const key = this.#nextKey++;
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    this.#waiting.set(key, { resolve, reject, bytes });
    this.#waitingBytes += bytes;
    this.#worker.postMessage(build(key));
    return promise;
  }

  #receive(report: Exclude<JournalReport, { kind: "ready" | "refused" }>): void {
    switch (report.kind) {
      case "written":
        this.#settle(report.outcomes, report.lastSeq);
        return;
      case "swept":
        this.#take(report.key)?.resolve(report.step);
        this.#advance(report.lastSeq);
        return;
      case "erased":
        this.#take(report.key)?.resolve(report.step);
        this.#advance(report.lastSeq);
        return;
      case "log":
        this.#take(report.key)?.resolve({ isEmpty: report.isEmpty });
        return;
      case "failed":
        this.#take(report.key)?.reject(new JournalError(report.code, report.message));
        return;
      case "closed":
        this.#closed?.resolve();
    }
  }

  /** Only a record that was written shows that there is room again: a duplicate writes nothing. */
  #settle(outcomes: (JournalReport & { kind: "written" })["outcomes"], lastSeq: number): void {
    let storage = this.#storage;
    for (const [key, outcome] of outcomes) {
      const waiting = this.#take(key);
      if (outcome.kind !== "failed") {
        waiting?.resolve(outcome);
        if (outcome.kind === "appended") storage = "ok";
        continue;
      }
      waiting?.reject(new JournalError(outcome.code, outcome.message));
      if (outcome.code === "invalid_record") continue;
      storage = outcome.code;
      if (key !== this.#probeKey) this.#countRefused();
    }
    this.#advance(lastSeq);
    this.#setStorage(storage);
  }

  #countRefused(): void {
    this.#refused += 1;
    this.#refusedEver += 1;
  }

  #advance(lastSeq: number): void {
    if (lastSeq === this.#lastSeq) return;
    this.#lastSeq = lastSeq;
    for (const listener of this.#listeners) listener(lastSeq);
  }

  #setStorage(state: StorageState): void {
    if (state === "ok") this.#restarts = 0;
    if (state === this.#storage) return;
    const wasWell = this.#storage === "ok";
    this.#storage = state;
    if (wasWell) this.#probeTimer = setInterval(() => this.#probe(), probeEveryMs).unref();
    if (state === "ok") {
      clearInterval(this.#probeTimer);
      // An append from elsewhere healed it: what was refused is told now.
      if (this.#probeKey === undefined) this.#probe();
    }
    for (const listener of this.#storageListeners) listener(state);
  }

  /** Appends the record that tells of the trouble: when it can be written, the trouble is over. */
  #probe(): void {
    if (this.#probeKey !== undefined || this.#worker === undefined) return;
    if (this.#closed !== undefined) return;
    const refused = this.#refused;
    const record = {
      origin: "node",
      type: "storage.recovered",
      class: "record",
      owner: "node",
      actor: "node",
      tier: "owner",
      facts: { refused },
    } as const;
    const group = encodeGroup({ records: [record] });
    const appended = this.#request((key) => {
      this.#probeKey = key;
      return { op: "append", key, group };
    }, group.bytes);
    const over = (told: number): void => {
      this.#probeKey = undefined;
      this.#refused -= told;
    };
    appended.then(
      () => over(refused),
      () => over(0),
    );
  }

  #take(key: number): Waiting | undefined {
    const waiting = this.#waiting.get(key);
    this.#waiting.delete(key);
    this.#waitingBytes -= waiting?.bytes ?? 0;
    return waiting;
  }
}
