import { parentPort, receiveMessageOnPort, workerData } from "node:worker_threads";
import type { SeqRanges } from "../../ports/forgetting.ts";
import { DatabaseError, emptyLog } from "./database.ts";
import type { EncodedGroup } from "./encoded-group.ts";
import { eraseOnce, type EraseStep } from "./erase-step.ts";
import { JournalError } from "./journal-error.ts";
import type { JournalFiles } from "./journal-files.ts";
import { JournalWriter, writeFailure, type WriteOutcome } from "./journal-writer.ts";
import { type RetentionPolicy, type SweepStep, sweepOnce } from "./retention.ts";

/**
 * The writer's thread. All groups that arrive while a commit is on its way to disk share the next one, so the
 * number of fsyncs falls as the load grows, and no caller's event loop ever waits for a disk.
 */

export interface JournalWorkerData extends JournalFiles {
  /** Milliseconds each commit is held: stands for a slow disk in measurements. */
  readonly commitDelayMs: number;
}

export type JournalRequest =
  | { readonly op: "append"; readonly key: number; readonly group: EncodedGroup }
  | { readonly op: "sweep"; readonly key: number; readonly policy: RetentionPolicy }
  | {
      readonly op: "erase";
      readonly key: number;
      readonly ranges: SeqRanges;
      readonly reason: string;
    }
  | { readonly op: "empty-log"; readonly key: number }
  | { readonly op: "token-used"; readonly name: string; readonly timeMs: number }
  | { readonly op: "close" };

export type JournalReport =
  | { readonly kind: "ready"; readonly lastSeq: number }
  | {
      readonly kind: "refused";
      readonly code: JournalError["code"];
      readonly message: string;
    }
  | {
      readonly kind: "written";
      readonly outcomes: readonly (readonly [number, WriteOutcome])[];
      readonly lastSeq: number;
    }
  | {
      readonly kind: "swept";
      readonly key: number;
      readonly step: SweepStep;
      readonly lastSeq: number;
    }
  | {
      readonly kind: "erased";
      readonly key: number;
      readonly step: EraseStep;
      readonly lastSeq: number;
    }
  | { readonly kind: "log"; readonly key: number; readonly isEmpty: boolean }
  | {
      readonly kind: "failed";
      readonly key: number;
      readonly code: "storage_full" | "storage_failed" | "invalid_record";
      readonly message: string;
    }
  | { readonly kind: "closed" };

type Append = JournalRequest & { readonly op: "append" };
type Other = Exclude<JournalRequest, Append>;

/** Groups in one commit. */
const batchGroupsMax = 512;
/**
 * A batch smaller than the one before waits for more, so often and so many milliseconds each time: under load half as many
 * commits serve the same callers, and a caller alone never waits. PostgreSQL's `commit_delay` does the same.
 */
const gatherTimesMax = 5;
const gatherMs = 0.1;
/** Bytes after which a batch takes no further group: the thread's heap holds one batch. */
const batchBytesMax = 4 * 1024 * 1024;

const port = parentPort;
if (port === null) throw new Error("this file is a worker thread");
const data: unknown = workerData;
if (!isWorkerData(data)) throw new Error("the journal's writer was started without its files");
const { commitDelayMs } = data;
const report = (message: JournalReport): void => port.postMessage(message);

function open(files: JournalFiles): JournalWriter | undefined {
  try {
    return new JournalWriter(files);
  } catch (error) {
    const known = error instanceof JournalError || error instanceof DatabaseError;
    report({
      kind: "refused",
      code: known ? error.code : "storage_failed",
      message: known ? error.message : writeFailure(error).message,
    });
    return undefined;
  }
}

const hold = new Int32Array(new SharedArrayBuffer(4));
let groupsBefore = 0;

function write(writer: JournalWriter, batch: readonly Append[]): void {
  if (batch.length === 0) return;
  groupsBefore = batch.length;
  const outcomes = writer.append(batch.map((request) => request.group));
  if (commitDelayMs > 0) Atomics.wait(hold, 0, 0, commitDelayMs);
  report({
    kind: "written",
    outcomes: outcomes.map((outcome, index) => [batch[index]?.key ?? 0, outcome] as const),
    lastSeq: writer.last.seq,
  });
}

/** Milliseconds the writer waits for readers to let go of the log when it is asked to empty it; whoever asks tries again. */
const emptyLogWaitMs = 10;

/** A step that fails is answered as failed; the thread lives on, because the next append may well succeed. */
function serve(writer: JournalWriter, request: Exclude<Other, { op: "close" }>): void {
  try {
    if (request.op === "token-used") writer.noteTokenUse(request.name, request.timeMs);
    else if (request.op === "empty-log")
      report({
        kind: "log",
        key: request.key,
        isEmpty: emptyLog(writer.database, emptyLogWaitMs),
      });
    else if (request.op === "erase") {
      const step = eraseOnce(writer, request.ranges, request.reason);
      report({ kind: "erased", key: request.key, step, lastSeq: writer.last.seq });
    } else {
      const step = sweepOnce(writer, request.policy, Date.now());
      report({ kind: "swept", key: request.key, step, lastSeq: writer.last.seq });
    }
  } catch (error) {
    const { code, message } = writeFailure(error);
    // When a token was last used is a courtesy; without it nothing is wrong.
    if (request.op !== "token-used") report({ kind: "failed", key: request.key, code, message });
  }
}

function close(writer: JournalWriter): void {
  try {
    writer[Symbol.dispose]();
  } finally {
    report({ kind: "closed" });
    port?.close();
  }
}

const writer = open(data);
if (writer === undefined) port.close();
else {
  report({ kind: "ready", lastSeq: writer.last.seq });
  const received = (): JournalRequest | undefined => {
    const waiting: { message: JournalRequest } | undefined = receiveMessageOnPort(port);
    return waiting?.message;
  };
  port.on("message", (first: JournalRequest) => {
    let batch: Append[] = [];
    let bytes = 0;
    let gathered = 0;
    for (let next: JournalRequest | undefined = first; next !== undefined;) {
      if (next.op === "append") {
        batch.push(next);
        bytes += next.group.bytes;
      } else {
        write(writer, batch);
        batch = [];
        bytes = 0;
        if (next.op === "close") return close(writer);
        serve(writer, next);
      }
      if (batch.length >= batchGroupsMax || bytes >= batchBytesMax) break;
      next = received();
      while (next === undefined && batch.length < groupsBefore && gathered < gatherTimesMax) {
        gathered += 1;
        Atomics.wait(hold, 0, 0, gatherMs);
        next = received();
      }
    }
    write(writer, batch);
  });
}

/** By hand: a schema would cost this thread several megabytes and a tenth of a second. */
function isWorkerData(value: unknown): value is JournalWorkerData {
  return (
    typeof value === "object" &&
    value !== null &&
    ["file", "headFile", "nodeId"].every((name) => typeof Reflect.get(value, name) === "string") &&
    Reflect.get(value, "headKey") instanceof Uint8Array &&
    typeof Reflect.get(value, "commitDelayMs") === "number"
  );
}
