import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { Journal } from "../packages/core/src/adapters/sqlite/journal.ts";
import type { RecordGroup } from "../packages/core/src/domain/journal/record.ts";
import { type BenchOptions, type Figure, median } from "./figure.ts";
import { fdatasyncMs } from "./machine.ts";

// Appends in a second by so many callers, each waiting until its record is on disk, beside plain fdatasyncs: with one
// caller a commit costs a sync, with many they share it.

const callerCounts = [1, 16, 256];
const text = "What does a vault keep, and who was there before me? ".repeat(8);

/** One record with half a kilobyte of words, as a short message is. */
const oneRecord: RecordGroup = {
  records: [
    {
      origin: "outside",
      type: "bench.sample",
      class: "event",
      owner: "bench",
      actor: "bench",
      tier: "external",
      facts: {},
      data: { text },
    },
  ],
};

export async function journal({ quick, folder }: BenchOptions): Promise<readonly Figure[]> {
  await using open = await Journal.open({
    file: join(folder, "journal.db"),
    headFile: join(folder, "journal.head"),
    headKey: randomBytes(32),
    nodeId: "0123456789abcdef",
  });
  const seconds = quick ? 0.2 : 2;
  const samples = callerCounts.map((callers) => ({
    callers,
    perSecond: [] as number[],
    groupSize: [] as number[],
  }));
  const syncsPerSecond: number[] = [];
  await appendFor(open, 16, seconds);
  for (let round = 0; round < (quick ? 1 : 5); round += 1) {
    syncsPerSecond.push(1_000 / fdatasyncMs(folder, quick ? 50 : 300));
    for (const sample of samples) {
      const { appended, commits, tookSeconds } = await appendFor(open, sample.callers, seconds);
      sample.perSecond.push(appended / tookSeconds);
      sample.groupSize.push(appended / commits);
    }
  }
  const syncs = median(syncsPerSecond);
  return [
    { figure: "plain fdatasync", value: syncs, unit: "syncs/s" },
    ...samples.map(({ callers, perSecond, groupSize }) => ({
      figure: `appends, ${callers} ${callers === 1 ? "caller" : "callers"}`,
      value: median(perSecond),
      unit: "appends/s",
      ratio: median(perSecond) / syncs,
      ratioOf: "plain fdatasync",
      note: `${median(groupSize).toFixed(1)} in one commit`,
    })),
  ];
}

async function appendFor(open: Journal, callers: number, seconds: number) {
  let appended = 0;
  let commits = 0;
  const stop = open.onAppended(() => {
    commits += 1;
  });
  const startedMs = performance.now();
  const untilMs = startedMs + seconds * 1_000;
  const caller = async () => {
    while (performance.now() < untilMs) {
      await open.append(oneRecord);
      appended += 1;
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
  stop();
  return { appended, commits, tookSeconds: (performance.now() - startedMs) / 1_000 };
}
