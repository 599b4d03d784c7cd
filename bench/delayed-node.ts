import { monitorEventLoopDelay } from "node:perf_hooks";
import { startNode } from "../packages/core/src/main.ts";

// A node whose commits take as long as on a bad disk, and that says how long its event loop was late meanwhile.
// Arguments: its folder, the model server's address, the milliseconds of a commit.

const [home = "", backend = "", delayMs = "0"] = process.argv.slice(2);
const node = await startNode({
  home,
  port: 0,
  backend,
  version: "bench",
  commitDelayMs: Number(delayMs),
});
const loop = monitorEventLoopDelay({ resolution: 1 });

export type DelayedNodeAnswer =
  | { readonly kind: "measuring"; readonly port: number }
  | { readonly kind: "measured"; readonly p99Ms: number; readonly maxMs: number };

process.on("message", ({ op }: { op: "measure" | "tell" }) => {
  let answer: DelayedNodeAnswer = { kind: "measuring", port: node.port };
  if (op === "measure") {
    loop.reset();
    loop.enable();
  } else {
    loop.disable();
    answer = { kind: "measured", p99Ms: loop.percentile(99) / 1e6, maxMs: loop.max / 1e6 };
  }
  process.send?.(answer);
});
process.once("SIGTERM", () => {
  void node[Symbol.asyncDispose]().then(() => process.exit(0));
});
