import { join } from "node:path";
import { atLeast, type BenchOptions, type Figure, median } from "./figure.ts";
import type { Load } from "./load-client.ts";
import { startNodeRed } from "./peers.ts";
import { LoadClient, NodeUnderTest } from "./under-test.ts";

// CloudEvents that are on disk before they are acknowledged, beside Node-RED, which acknowledges what is in memory.

const clients = 16;

export async function events({ quick, peers, folder }: BenchOptions): Promise<readonly Figure[]> {
  await using node = await NodeUnderTest.start(join(folder, "events"));
  await using nodeRed = peers ? await startNodeRed(folder) : undefined;
  await using client = new LoadClient();
  const event = {
    specversion: "1.0",
    id: "{n}",
    source: "/bench/sensor",
    type: "org.example.reading",
    data: { room: "hall", celsius: 21.5, note: "measured by the bench" },
  };
  const bodies = Array.from({ length: clients }, () => JSON.stringify(event));
  const durable: Omit<Load, "seconds"> = {
    port: node.port,
    path: "/api/v1/events",
    headers: { Authorization: `Bearer ${node.ownerToken}` },
    bodies,
  };
  const inMemory: Omit<Load, "seconds"> | undefined =
    nodeRed === undefined
      ? undefined
      : { port: nodeRed.port, path: "/events", headers: {}, bodies };
  const contestants = [durable, ...(inMemory === undefined ? [] : [inMemory])];
  const perSecond = new Map(contestants.map((load) => [load, [] as number[]]));
  const p99Ms: number[] = [];
  for (const load of contestants) await client.run({ ...load, seconds: quick ? 0.2 : 3 });
  for (let round = 0; round < (quick ? 1 : 7); round += 1)
    for (const load of round % 2 === 0 ? contestants : contestants.toReversed()) {
      const result = await client.run({ ...load, seconds: quick ? 0.3 : 2 });
      perSecond.get(load)?.push(result.requests / result.seconds);
      if (load === durable) p99Ms.push(result.p99Ms);
    }
  const rate = (load: Omit<Load, "seconds">) => median(perSecond.get(load) ?? []);
  const figure: Figure = {
    figure: "durable events",
    value: rate(durable),
    unit: "events/s",
    bar: atLeast(1, "ratio"),
    note: `${clients} clients, p99 ${median(p99Ms).toFixed(1)} ms`,
  };
  if (inMemory === undefined) return [figure];
  return [
    { ...figure, ratio: rate(durable) / rate(inMemory), ratioOf: "Node-RED's" },
    { figure: "Node-RED, in memory", value: rate(inMemory), unit: "events/s" },
  ];
}
