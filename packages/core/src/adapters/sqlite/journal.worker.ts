import { parentPort, receiveMessageOnPort, workerData } from "node:worker_threads";
import { DatabaseError } from "./database.ts";
import {
  type EncodedGroup,
  JournalError,
  JournalWriter,
  type WriteOutcome,
} from "./journal-writer.ts";
import { type RetentionPolicy, sweepOnce } from "./retention.ts";

/**
 * The writer's thread. All groups that arrive while a commit is on its way to disk share the next one, so the
 * number of fsyncs falls as the load grows, and no caller's event loop ever waits for a disk.
 */

export interface JournalWorkerData {
  readonly file: string;
  readonly headFile: string;
  readonly headKey: Uint8Array;
  readonly nodeId: string;
  /** Milliseconds each commit is held: stands for a slow disk in measurements. */
  readonly commitDelayMs: number;
}

export type JournalRequest =
  | { readonly op: "append"; readonly key: number; readonly group: EncodedGroup }
  | { readonly op: "sweep"; readonly key: number; readonly policy: RetentionPolicy }
  | { readonly op: "token-used"; readonly name: string; readonly timeMs: number }
  | { readonly op: "rebuild"; readonly key: number }
  | { readonly op: "close" };

export type JournalReport =
  | { readonly kind: "ready"; readonly lastSeq: number }
  | { readonly kind: "refused"; readonly code: string; readonly message: string }
  | {
      readonly kind: "written";
      readonly outcomes: readonly (readonly [number, WriteOutcome])[];
      readonly lastSeq: number;
    }
  | {
      readonly kind: "swept";
      readonly key: number;
      readonly erased: number;
      readonly more: boolean;
    }
  | { readonly kind: "done"; readonly key: number }
  | { readonly kind: "closed" };

/** Groups in one commit. */
const batchGroupsMax = 512;

const port = parentPort;
if (port === null) throw new Error("this file is a worker thread");
const data = workerData as JournalWorkerData;
const report = (message: JournalReport): void => port.postMessage(message);

function open(): JournalWriter | undefined {
  try {
    return new JournalWriter(data);
  } catch (error) {
    const known = error instanceof JournalError || error instanceof DatabaseError;
    report({
      kind: "refused",
      code: known ? error.code : "storage_failed",
      message: error instanceof Error ? error.message : "unknown error",
    });
    return undefined;
  }
}

const hold = new Int32Array(new SharedArrayBuffer(4));

function write(writer: JournalWriter, batch: readonly (JournalRequest & { op: "append" })[]): void {
  if (batch.length === 0) return;
  const outcomes = writer.append(batch.map((request) => request.group));
  if (data.commitDelayMs > 0) Atomics.wait(hold, 0, 0, data.commitDelayMs);
  report({
    kind: "written",
    outcomes: outcomes.map((outcome, index) => [batch[index]?.key ?? 0, outcome] as const),
    lastSeq: writer.last.seq,
  });
}

function serve(writer: JournalWriter, request: Exclude<JournalRequest, { op: "append" }>): void {
  switch (request.op) {
    case "sweep":
      report({ kind: "swept", key: request.key, ...sweepOnce(writer, request.policy, Date.now()) });
      return;
    case "token-used":
      writer.database
        .prepare(
          "INSERT INTO token_use VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET time = excluded.time",
        )
        .run(request.name, request.timeMs);
      return;
    case "rebuild":
      writer.rebuild();
      report({ kind: "done", key: request.key });
      return;
    case "close":
      writer[Symbol.dispose]();
      report({ kind: "closed" });
      port?.close();
  }
}

const writer = open();
if (writer === undefined) port.close();
else {
  report({ kind: "ready", lastSeq: writer.last.seq });
  port.on("message", (first: JournalRequest) => {
    let batch: (JournalRequest & { op: "append" })[] = [];
    for (let next: JournalRequest | undefined = first; next !== undefined;) {
      if (next.op === "append") batch.push(next);
      else {
        write(writer, batch);
        batch = [];
        serve(writer, next);
        if (next.op === "close") return;
      }
      if (batch.length >= batchGroupsMax) break;
      next = (receiveMessageOnPort(port) as { message: JournalRequest } | undefined)?.message;
    }
    write(writer, batch);
  });
}
