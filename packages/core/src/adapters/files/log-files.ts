import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import type { LogsPort, LogText } from "../../ports/logs.ts";

const newline = 10;
/** A longer first line names no columns. */
const firstLineBytesMax = 4_096;

/** A name and the files behind it, the newest first: where one was rotated, the one before it goes on backwards. */
export interface RegisteredLog {
  readonly name: string;
  readonly paths: readonly string[];
}

/** The registered logs. Files are opened for reading, without waiting for a writer, and only if they are plain files. */
export class LogFiles implements LogsPort {
  readonly #logs: ReadonlyMap<string, RegisteredLog>;

  constructor(logs: readonly RegisteredLog[]) {
    this.#logs = new Map(logs.map((log) => [log.name, log]));
  }

  get names(): readonly string[] {
    return [...this.#logs.keys()].filter((name) => name !== "node");
  }

  async read(name: string, bytesMax: number): Promise<LogText | undefined> {
    const log = this.#logs.get(name);
    if (log === undefined) return undefined;
    const parts: Buffer[] = [];
    let left = bytesMax;
    let isTail = false;
    let firstLine: string | undefined;
    for (const [at, path] of log.paths.entries()) {
      const part = await readTail(path, left);
      if (part.kind === "unreadable") {
        if (at === 0) return part;
        break;
      }
      parts.unshift(part.bytes);
      left -= part.bytes.length;
      ({ isTail, firstLine } = part);
      if (isTail || left <= 0) break;
    }
    return { kind: "read", bytes: Buffer.concat(parts), isTail, firstLine };
  }
}

async function readTail(path: string, bytesMax: number): Promise<LogText> {
  let file: FileHandle | undefined;
  try {
    // A pipe without a writer would hold the node up; with this flag it opens at once and is then refused.
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stats = await file.stat();
    if (!stats.isFile()) return { kind: "unreadable", reason: "not_a_file" };
    const from = Math.max(0, stats.size - bytesMax);
    const bytes = Buffer.alloc(Math.min(stats.size, bytesMax));
    let filled = 0;
    while (filled < bytes.length) {
      const { bytesRead } = await file.read(bytes, filled, bytes.length - filled, from + filled);
      // The file was cut while it was read.
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    const isTail = from > 0;
    const start = isTail ? bytes.indexOf(newline) + 1 : 0;
    const firstLine = isTail ? await readFirstLine(file) : undefined;
    return { kind: "read", bytes: bytes.subarray(start, filled), isTail, firstLine };
  } catch (error) {
    return { kind: "unreadable", reason: reasonOf(error) };
  } finally {
    await file?.close();
  }
}

async function readFirstLine(file: FileHandle): Promise<string | undefined> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(firstLineBytesMax), 0, null, 0);
  const end = buffer.subarray(0, bytesRead).indexOf(newline);
  return end === -1 ? undefined : buffer.toString("utf8", 0, end);
}

function reasonOf(error: unknown): (LogText & { kind: "unreadable" })["reason"] {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "ENOENT" || code === "ENOTDIR") return "missing";
  if (code === "EACCES" || code === "EPERM") return "not_allowed";
  return code === "ENXIO" || code === "EISDIR" ? "not_a_file" : "failed";
}
