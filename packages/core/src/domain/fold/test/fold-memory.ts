import { createHash } from "node:crypto";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Folder } from "../fold.ts";
import { LogReader, readLog } from "../read-log.ts";

const digest = (text: string): string => createHash("sha256").update(text).digest("hex");

/** Bytes of the heap that are in use once what is not needed is gone. A second look frees what the first only found. */
function bytesInUse(): number {
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");
  if (typeof collect !== "function") throw new TypeError("no collection on demand");
  for (let look = 0; look < 3; look += 1) Reflect.apply(collect, undefined, []);
  return process.memoryUsage().heapUsed;
}

/**
 * Folds the chunks one after another with one folder, and measures: milliseconds that folding alone took, and how many
 * more bytes are in use after the last chunk than after the first `settledAfter`.
 */
export function foldAll(chunks: Iterable<Uint8Array>, settledAfter: number) {
  const folder = new Folder(digest);
  const reader = new LogReader({ nowMs: Date.UTC(2026, 10, 21), zoneMs: () => 0 }, (record) =>
    folder.add(record),
  );
  const chunkMs: number[] = [];
  let settled = 0;
  for (const bytes of chunks) {
    const startedMs = performance.now();
    for (const _ of readLog({ bytes }, reader, 1_000_000));
    chunkMs.push(performance.now() - startedMs);
    if (chunkMs.length === settledAfter) settled = bytesInUse();
  }
  const grownBytes = bytesInUse() - settled;
  return { folder, chunkMs, grownBytes, lines: reader.counts.lines };
}

const chunkLines = 50_000;

/** Lines as a file brings them, many at once. */
export function* chunksOf(lines: Iterable<string>): Generator<Uint8Array> {
  let some: string[] = [];
  for (const line of lines) {
    some.push(line);
    if (some.length < chunkLines) continue;
    yield Buffer.from(`${some.join("\n")}\n`);
    some = [];
  }
  if (some.length > 0) yield Buffer.from(`${some.join("\n")}\n`);
}

/** Lines of which no two say the same, nor have as many words in a row. */
export function* strangeLines(count: number): Generator<string> {
  const letters = (n: number): string =>
    n.toString().replaceAll(/\d/g, (digit) => "abcdefghij".charAt(Number(digit)));
  for (let n = 0; n < count; n += 1)
    yield `ERROR ${`${letters(n)} `.repeat(1 + (n % 20))}${letters(n * 7)} "${"x".repeat(n % 100)}"`;
}
