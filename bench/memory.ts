import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { memoryOf } from "./child.ts";
import { atMost, type BenchOptions, type Figure } from "./figure.ts";
import { LoadClient, NodeUnderTest, Upstream } from "./under-test.ts";

// Resident memory of the node without an embedded model: idle, and after load. From Linux's /proc.

const clients = 16;
const stableSamples = 8;
const stableMib = 1;
const samplesMax = 60;
const sampleEveryMs = 250;

export async function memory({ quick, folder }: BenchOptions): Promise<readonly Figure[]> {
  await using upstream = await Upstream.start();
  await using node = await NodeUnderTest.start(join(folder, "memory"), upstream.port);
  await using client = new LoadClient();
  const { pid } = node.child;
  await settled(pid);
  const idle = memoryOf(pid);
  const bodies = Array.from({ length: clients }, (_, index) =>
    JSON.stringify({ text: `Question ${index} {n}?`, conversation: `bench-${index}` }),
  );
  const { requests } = await client.run({
    port: node.port,
    path: "/api/v1/message",
    headers: {},
    bodies,
    seconds: quick ? 0.5 : 30,
  });
  await settled(pid);
  const after = memoryOf(pid);
  const note = `after ${requests} turns of ${clients} conversations`;
  return [
    { figure: "resident, idle", value: idle.rss, unit: "MiB", bar: atMost(110) },
    { figure: "its own share (PSS), idle", value: idle.pss, unit: "MiB" },
    { figure: "resident, after load", value: after.rss, unit: "MiB", bar: atMost(160), note },
    { figure: "its own share (PSS), after load", value: after.pss, unit: "MiB", note },
    { figure: "resident, at most", value: after.peak, unit: "MiB", note },
  ];
}

/** Waits until resident memory has not moved for two seconds: the manual is learnt, the collector is at rest. */
export async function settled(pid: number): Promise<void> {
  let steady = 0;
  let former = memoryOf(pid).rss;
  for (let sample = 0; sample < samplesMax && steady < stableSamples; sample += 1) {
    await delay(sampleEveryMs);
    const { rss } = memoryOf(pid);
    steady = Math.abs(rss - former) < stableMib ? steady + 1 : 0;
    former = rss;
  }
}
