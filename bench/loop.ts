import { join } from "node:path";
import { Child } from "./child.ts";
import type { DelayedNodeAnswer } from "./delayed-node.ts";
import { atMost, type BenchOptions, type Figure, median } from "./figure.ts";
import { LoadClient, Upstream } from "./under-test.ts";

// How late the node's event loop is under load, when the disk is quick and when each commit takes 100 ms: no caller may
// wait for another one's disk.

const clients = 16;
const slowDiskMs = 100;
/** The flags of `./adyton`. */
const flags = [
  "--max-semi-space-size=4",
  "--max-old-space-size=256",
  "--disable-warning=ExperimentalWarning",
];

export async function loop({ quick, folder }: BenchOptions): Promise<readonly Figure[]> {
  await using upstream = await Upstream.start();
  await using client = new LoadClient();
  const figures: Figure[] = [];
  for (const delayMs of [0, slowDiskMs]) {
    const args = [join(folder, `loop-${delayMs}`), `http://127.0.0.1:${upstream.port}/v1`];
    await using node = Child.fork("./delayed-node.ts", [...args, String(delayMs)], flags);
    const p99Ms: number[] = [];
    const maxMs: number[] = [];
    const perSecond: number[] = [];
    for (let round = 0; round < (quick ? 1 : 6); round += 1) {
      const begun = await node.ask<DelayedNodeAnswer>({ op: "measure" });
      if (begun.kind !== "measuring") throw new Error("asked to measure");
      const bodies = Array.from({ length: clients }, (_, index) =>
        JSON.stringify({ text: "Who is there?", conversation: `bench-${index}` }),
      );
      const result = await client.run({
        port: begun.port,
        path: "/api/v1/message",
        headers: {},
        bodies,
        seconds: quick ? 0.5 : 3,
      });
      const told = await node.ask<DelayedNodeAnswer>({ op: "tell" });
      // The first round compiles what the others use.
      if (told.kind !== "measured" || (round === 0 && !quick)) continue;
      p99Ms.push(told.p99Ms);
      maxMs.push(told.maxMs);
      perSecond.push(result.requests / result.seconds);
    }
    const disk = delayMs === 0 ? "a quick disk" : `a disk that takes ${delayMs} ms`;
    figures.push({
      figure: `event loop delay p99 under load, ${disk}`,
      value: median(p99Ms),
      unit: "ms",
      bar: atMost(20),
      note: `${Math.round(median(perSecond))} turns/s, at most ${Math.max(...maxMs).toFixed(0)} ms`,
    });
  }
  return figures;
}
