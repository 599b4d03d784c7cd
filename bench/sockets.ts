import { join } from "node:path";
import { Child, memoryOf } from "./child.ts";
import type { BenchOptions, Figure } from "./figure.ts";
import { settled } from "./memory.ts";
import { LoadClient, NodeUnderTest, Upstream } from "./under-test.ts";

// What idle WebSockets cost: their memory, and what another client's turn takes with them and without, in one run.

const count = 10_000;
const kib = 1_024;

export async function sockets({ quick, folder }: BenchOptions): Promise<readonly Figure[]> {
  await using upstream = await Upstream.start();
  await using node = await NodeUnderTest.start(join(folder, "sockets"), upstream.port);
  await using client = new LoadClient();
  await using idle = Child.fork("./idle-sockets.ts");
  const { pid } = node.child;
  const turns = () =>
    client.run({
      port: node.port,
      path: "/api/v1/message",
      headers: {},
      bodies: [JSON.stringify({ text: "Question {n}?", conversation: "bench" })],
      seconds: quick ? 0.5 : 15,
    });
  await turns();
  const without = await turns();
  await settled(pid);
  const before = memoryOf(pid).rss;
  const wanted = { port: node.port, token: node.ownerToken, count: quick ? 200 : count };
  const opened = await idle.ask<{ open: number; error?: string }>(wanted);
  if (opened.error !== undefined) throw new Error(`${opened.open} sockets: ${opened.error}`);
  await settled(pid);
  const each = ((memoryOf(pid).rss - before) * kib) / opened.open;
  const during = await turns();
  const still = await idle.ask<{ open: number }>({ count: 0 });
  const note = `${still.open} of ${opened.open} sockets open at the end`;
  return [
    { figure: "resident memory of an idle socket", value: each, unit: "KiB", note },
    { figure: "turn without sockets, p99", value: without.p99Ms, unit: "ms" },
    {
      figure: "turn beside idle sockets, p99",
      value: during.p99Ms,
      unit: "ms",
      ratio: during.p99Ms / without.p99Ms,
      ratioOf: "without sockets",
      note: `p50 ${during.p50Ms.toFixed(2)} ms, without ${without.p50Ms.toFixed(2)} ms`,
    },
  ];
}
