import { rmSync } from "node:fs";
import { join } from "node:path";
import { Child } from "./child.ts";
import { atMost, type BenchOptions, type Figure, median } from "./figure.ts";
import { NodeUnderTest } from "./under-test.ts";

// From the spawn of `./adyton up` to the first answer, beside a Node that does nothing. Warm: compiled code is kept.
// Cold: it is not, the node's folder is there. First: the code is kept, the folder is new.

/** Where `./adyton` keeps compiled code. */
const compiledFolder = join(import.meta.dirname, "../.cache/compiled");

export async function start({ quick, folder }: BenchOptions): Promise<readonly Figure[]> {
  const home = join(folder, "start");
  const firstHome = join(folder, "first");
  const bareMs: number[] = [];
  const warmMs: number[] = [];
  const coldMs: number[] = [];
  const firstMs: number[] = [];
  // Where only the node's folder keeps compiled code, it does so from the second start on.
  await startOnce(home);
  await startOnce(home);
  for (let round = 0; round < (quick ? 1 : 9); round += 1) {
    bareMs.push(await bareStart());
    warmMs.push(await startOnce(home));
    for (const compiled of [compiledFolder, join(home, "cache")])
      rmSync(compiled, { recursive: true, force: true });
    coldMs.push(await startOnce(home));
    await startOnce(home);
    firstMs.push(await startOnce(firstHome));
    rmSync(firstHome, { recursive: true });
  }
  const bare = median(bareMs);
  const figure = (name: string, values: readonly number[], bound?: number): Figure => ({
    figure: name,
    value: median(values) / 1_000,
    unit: "s",
    ratio: median(values) / bare,
    ratioOf: "bare Node",
    ...(bound === undefined ? {} : { bar: atMost(bound) }),
    note: `median of ${values.length}, ${(Math.min(...values) / 1_000).toFixed(3)} to ${(Math.max(...values) / 1_000).toFixed(3)}`,
  });
  return [
    { figure: "bare Node, spawn to exit", value: bare / 1_000, unit: "s" },
    figure("warm start to the first answer", warmMs, 0.3),
    figure("cold start to the first answer", coldMs, 0.6),
    figure("first start of all to the first answer", firstMs),
  ];
}

async function startOnce(home: string): Promise<number> {
  await using node = await NodeUnderTest.start(home);
  return node.startMs;
}

async function bareStart(): Promise<number> {
  const startedMs = performance.now();
  await using bare = Child.spawn(process.execPath, ["-e", "0"]);
  await bare.end();
  return performance.now() - startedMs;
}
