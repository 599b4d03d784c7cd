import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";

/**
 * Threads for the arithmetic. llama.cpp's workers wait for each other in busy loops: one thread more than there are
 * cores, and each token takes a hundred times as long. So the count is always given, and one core is left to the node.
 */
export function threadsFor(wanted: number | undefined, cores = physicalCores()): number {
  return Math.max(1, Math.min(cores - 1, wanted ?? Infinity));
}

/** Cores this process may use; two threads of one core count once, where the system tells them apart. */
function physicalCores(): number {
  let listed = Infinity;
  try {
    listed = coresListed(readFileSync("/proc/cpuinfo", "utf8")) ?? Infinity;
  } catch {
    // Not every system has the file; the count of logical processors is then all there is.
  }
  return Math.min(listed, availableParallelism());
}

/** Distinct cores in the text of /proc/cpuinfo; `undefined` where it does not name them, as on ARM. */
export function coresListed(text: string): number | undefined {
  const cores = new Set<string>();
  for (const block of text.split(/\n\s*\n/)) {
    const core = /^core id\s*:\s*(\d+)/m.exec(block)?.[1];
    if (core !== undefined)
      cores.add(`${/^physical id\s*:\s*(\d+)/m.exec(block)?.[1] ?? "0"}/${core}`);
  }
  return cores.size === 0 ? undefined : cores.size;
}
