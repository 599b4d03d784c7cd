import { close, fstatSync, open, rename, write } from "node:fs";
import { promisify } from "node:util";
import { systemClock, type Clock } from "./clock.ts";

/**
 * Where log lines go, without ever stopping the event loop.
 *
 * Lines wait in a buffer of `queueBytesMax`; one write is under way at a time, in Node's thread pool. When the sink is
 * slower than the program, new lines are dropped and counted, and the count is written once there is room again: a
 * log that loses lines says so, and a full disk never stops the node from here.
 */

export type LogTarget =
  | { readonly kind: "descriptor"; readonly descriptor: number }
  | {
      readonly kind: "file";
      readonly path: string;
      /** The file is renamed to `PATH.1` before it would grow over this. */
      readonly bytesMax: number;
      /** Files kept, the current one included. */
      readonly filesMax: number;
    };

export interface SinkOptions {
  readonly target: LogTarget;
  /** The line that reports `count` lost lines. */
  readonly droppedLine: (count: number) => string;
  readonly clock?: Clock;
  readonly queueBytesMax?: number;
}

const batchBytesMax = 64 * 1024;
const againMs = 20;

const openAsync = promisify(open);
const closeAsync = promisify(close);
const renameAsync = promisify(rename);
const writeAsync = promisify(write);

export class LogSink {
  readonly #options: SinkOptions;
  readonly #clock: Clock;
  readonly #queueBytesMax: number;
  readonly #file: RotatingFile | undefined;
  #lines: Buffer[] = [];
  #queuedBytes = 0;
  #dropped = 0;
  #droppedTotal = 0;
  #pump: Promise<void> | undefined;
  #closed = false;
  /** The code of the last failed write, `undefined` once a write succeeds. */
  errorCode: string | undefined;

  constructor(options: SinkOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#queueBytesMax = options.queueBytesMax ?? 1024 * 1024;
    this.#file = options.target.kind === "file" ? new RotatingFile(options.target) : undefined;
  }

  get dropped(): number {
    return this.#droppedTotal;
  }

  /** Takes a line, newline included. Drops and counts it when the buffer is full or the sink is closed. */
  write(line: string): void {
    const bytes = Buffer.from(line);
    if (this.#closed || this.#queuedBytes + bytes.length > this.#queueBytesMax) {
      this.#drop(1);
      return;
    }
    this.#lines.push(bytes);
    this.#queuedBytes += bytes.length;
    this.#pump ??= this.#run();
  }

  /** Resolves when everything taken so far is written or dropped. */
  async flush(): Promise<void> {
    while (this.#pump !== undefined) await this.#pump;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.flush();
    await this.#file?.close();
  }

  async #run(): Promise<void> {
    // Lines of the same turn of the event loop share one write.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#lines.length > 0) {
      const batch = this.#takeBatch();
      try {
        await this.#writeAll(batch.bytes);
        this.errorCode = undefined;
        if (this.#dropped > 0) this.#queueDroppedLine();
      } catch (error) {
        this.errorCode = codeOf(error);
        this.#drop(batch.count);
      }
    }
    this.#pump = undefined;
  }

  #takeBatch(): { readonly bytes: Buffer; readonly count: number } {
    const limit = Math.min(batchBytesMax, this.#file?.bytesMax ?? batchBytesMax);
    let count = 0;
    let size = 0;
    for (const line of this.#lines) {
      if (count > 0 && size + line.length > limit) break;
      count += 1;
      size += line.length;
    }
    const bytes = Buffer.concat(this.#lines.slice(0, count), size);
    this.#lines = this.#lines.slice(count);
    this.#queuedBytes -= size;
    return { bytes, count };
  }

  async #writeAll(bytes: Buffer): Promise<void> {
    const { target } = this.#options;
    const descriptor =
      target.kind === "descriptor"
        ? target.descriptor
        : await this.#file?.descriptorFor(bytes.length);
    if (descriptor === undefined) return;
    for (let offset = 0; offset < bytes.length;) {
      try {
        const { bytesWritten } = await writeAsync(
          descriptor,
          bytes,
          offset,
          bytes.length - offset,
          null,
        );
        offset += bytesWritten;
        this.#file?.grew(bytesWritten);
      } catch (error) {
        // A pipe whose reader is slow: the lines wait here, the buffer above takes or drops what follows.
        if (codeOf(error) !== "EAGAIN") throw error;
        await this.#clock.sleep(againMs);
      }
    }
  }

  #drop(count: number): void {
    this.#dropped += count;
    this.#droppedTotal += count;
  }

  #queueDroppedLine(): void {
    const line = Buffer.from(this.#options.droppedLine(this.#dropped));
    this.#dropped = 0;
    this.#lines.unshift(line);
    this.#queuedBytes += line.length;
  }
}

/** `PATH`, `PATH.1` … `PATH.(filesMax − 1)`, the higher the older. */
class RotatingFile {
  readonly bytesMax: number;
  readonly #path: string;
  readonly #filesMax: number;
  #descriptor: number | undefined;
  #size = 0;

  constructor({ path, bytesMax, filesMax }: Extract<LogTarget, { kind: "file" }>) {
    if (bytesMax < batchBytesMax)
      throw new RangeError(`a log file holds at least ${batchBytesMax} bytes`);
    if (filesMax < 1) throw new RangeError("at least one log file is kept");
    this.bytesMax = bytesMax;
    this.#path = path;
    this.#filesMax = filesMax;
  }

  /** An open descriptor of a file with room for `bytes` more. */
  async descriptorFor(bytes: number): Promise<number> {
    this.#descriptor ??= await this.#open("a");
    if (this.#size > 0 && this.#size + bytes > this.bytesMax) await this.#rotate();
    return (this.#descriptor ??= await this.#open("a"));
  }

  grew(bytes: number): void {
    this.#size += bytes;
  }

  async close(): Promise<void> {
    const descriptor = this.#descriptor;
    this.#descriptor = undefined;
    if (descriptor !== undefined) await closeAsync(descriptor);
  }

  async #open(flags: "a" | "w"): Promise<number> {
    const descriptor = await openAsync(this.#path, flags, 0o600);
    this.#size = fstatSync(descriptor).size;
    return descriptor;
  }

  async #rotate(): Promise<void> {
    await this.close();
    for (let index = this.#filesMax - 1; index >= 1; index -= 1) {
      const from = index === 1 ? this.#path : `${this.#path}.${index - 1}`;
      await renameAsync(from, `${this.#path}.${index}`).catch(absent);
    }
    if (this.#filesMax === 1) this.#descriptor = await this.#open("w");
  }
}

function absent(error: unknown): void {
  if (codeOf(error) !== "ENOENT") throw error;
}

function codeOf(error: unknown): string {
  const code: unknown = error instanceof Error ? Reflect.get(error, "code") : undefined;
  return typeof code === "string" ? code : "unknown";
}
