import { foldAll } from "../packages/core/src/domain/fold/test/fold-memory.ts";
import {
  groupingAccuracy,
  groups,
  pairAgreement,
  shuffled,
} from "../packages/core/src/domain/fold/test/fold-measures.ts";
import { knownLines } from "../packages/core/src/domain/fold/test/known-log.ts";
import { atLeast, atMost, type BenchOptions, type Figure, median } from "./figure.ts";

// Folding a generated log of forty known statements: lines in a second on one core, from bytes to clusters, what a million
// lines leave in memory, and how well and how steadily the lines are told apart.

const chunkLines = 50_000;
const accuracyLines = 20_000;

function* chunks(count: number): Generator<Uint8Array> {
  for (let seed = 1; seed <= count; seed += 1)
    yield Buffer.from([...knownLines(seed, chunkLines)].map(({ text }) => `${text}\n`).join(""));
}

export async function fold({ quick }: BenchOptions): Promise<readonly Figure[]> {
  const count = quick ? 2 : 20;
  const { chunkMs, grownBytes, lines } = foldAll(chunks(count), quick ? 1 : 2);
  const sample = [...knownLines(99, quick ? accuracyLines / 10 : accuracyLines)];
  const inOrder = groups(sample);
  const agreements = [11, 12, 13].map((seed) =>
    pairAgreement(inOrder, groups(shuffled(sample, seed))),
  );
  return Promise.resolve([
    {
      figure: "lines folded on one core",
      value: (chunkLines / median(chunkMs)) * 1_000,
      unit: "lines/s",
      bar: atLeast(100_000),
      note: `${lines} lines of 40 statements, median of ${count} chunks`,
    },
    {
      figure: `memory grown over ${lines} lines`,
      value: Math.max(0, grownBytes) / 1_048_576,
      unit: "MB",
      bar: atMost(8),
      note: `in use after collection, since line ${(quick ? 1 : 2) * chunkLines}`,
    },
    {
      figure: "grouping accuracy",
      value: groupingAccuracy(inOrder),
      unit: "of lines",
      bar: atLeast(0.95),
      note: `${sample.length} lines, generated`,
    },
    {
      figure: "pairs together in any order",
      value: Math.min(...agreements),
      unit: "of pairs",
      bar: atLeast(0.98),
      note: "the least of three orders",
    },
  ]);
}
