import { rmSync } from "node:fs";
import { join } from "node:path";
import { Child } from "./child.ts";
import { atMost, type BenchOptions, type Figure, median } from "./figure.ts";
import { NodeUnderTest } from "./under-test.ts";

// From the spawn of `./adyton up` to the first answer, beside a Node that does nothing. Warm: the compiled code lies in
// the node's folder. Cold: it does not, but the folder is there. First: not even the folder is.

export async function start({ quick, folder }: BenchOptions): Promise<readonly Figure[]> {
  const home = join(folder, "start");
  const firstHome = join(folder, "first");
  const bareMs: number[] = [];
  const warmMs: number[] = [];
  const coldMs: number[] = [];
  const firstMs: number[] = [];
  // The first start keeps no compiled code, the second does.
  await startOnce(home);
  await startOnce(home);
  for (let round = 0; round < (quick ? 1 : 9); round += 1) {
    bareMs.push(await bareStart());
    warmMs.push(await startOnce(home));
    rmSync(join(home, "cache"), { recursive: true });
    coldMs.push(await startOnce(home));
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
