import { closeSync, fdatasyncSync, openSync, rmSync, writeSync } from "node:fs";
import { availableParallelism, cpus, homedir, loadavg } from "node:os";
import { join } from "node:path";
import { percentile } from "./figure.ts";

const pageBytes = 4_096;

/** What the benches keep between runs: the peers' packages and the large journal. */
export const cacheFolder = join(
  process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"),
  "adyton-bench",
);

/**
 * Milliseconds of one fdatasync after appending a page, as a commit does: the figure every durable one depends on.
 * The median of `times`.
 */
export function fdatasyncMs(folder: string, times: number): number {
  const file = join(folder, "fdatasync");
  const descriptor = openSync(file, "w");
  const page = Buffer.alloc(pageBytes, 1);
  const tookMs: number[] = [];
  try {
    for (let round = 0; round < times; round += 1) {
      const startedMs = performance.now();
      writeSync(descriptor, page);
      fdatasyncSync(descriptor);
      tookMs.push(performance.now() - startedMs);
    }
  } finally {
    closeSync(descriptor);
    rmSync(file);
  }
  return percentile(tookMs, 0.5);
}

/** The processor, how many of it, and how busy it was before the bench began. */
export function cpuText(): string {
  const [load] = loadavg();
  const model = cpus()[0]?.model.trim() ?? "unknown processor";
  return `${availableParallelism()} × ${model}, load ${load?.toFixed(1)}`;
}
