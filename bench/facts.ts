// Facts: whether what was told is found, whether what was never told is said not to be known, and whether an update lets an
// old value through. The facts are generated: this measures the search over them, not how people ask.
import { join } from "node:path";
import { SearchIndex } from "../packages/core/src/adapters/search/search-index.ts";
import {
  abstention,
  asInput,
  factSet,
  recallOf,
  updated,
} from "../packages/core/test/generated-facts.ts";
import { seeded } from "../packages/core/test/seeded.ts";
import { atLeast, atMost, type BenchOptions, type Figure, percentile } from "./figure.ts";

const factsCount = 10_000;
const unanswerableCount = 1_000;
const batch = 500;
const nowMs = 1_000;
const resamples = 1_000;

/** Asks for each of ten thousand facts, for what nobody told, and again after every tenth has changed. */
export async function facts({ quick, folder }: BenchOptions): Promise<readonly Figure[]> {
  const set = factSet(seeded(1), { facts: factsCount, unanswerable: unanswerableCount });
  const asked = set.facts.filter((_, index) => index % (quick ? 100 : 5) === 0);
  const index = new SearchIndex(join(folder, "index.db"));
  const tookMs: number[] = [];
  const ask = (query: string, atMs = nowMs) => {
    const result = index.search({ query, owners: ["owner"], limit: 10, nowMs: atMs });
    tookMs.push(result.tookMs);
    return result;
  };
  try {
    for (let at = 0; at < set.facts.length; at += batch)
      index.add(set.facts.slice(at, at + batch).map((fact, n) => asInput(fact, at + n + 1)));
    const { firstTen, found, reciprocalRanks } = recallOf(asked, ask);
    const [low, high] = intervalOfMean(reciprocalRanks, seeded(2));
    const abstained = abstention(set.unanswerable, ask);
    const atMs = nowMs + 1;
    const changed = set.facts.filter((_, number) => number % 10 === 0);
    index.add(updated(changed, { atMs, firstSeq: factsCount + 1 }).inputs);
    const former = new Set(changed.map(({ id }) => id));
    const stale = changed.filter(({ question }) =>
      ask(question, atMs).hits.some(({ documentId }) => former.has(documentId)),
    );
    const note = `${set.facts.length} facts in Russian and English, ${asked.length} questions`;
    return [
      { figure: "facts, among ten", value: firstTen, unit: "", bar: atLeast(0.98), note },
      {
        figure: "facts, mean reciprocal rank",
        value: mean(reciprocalRanks),
        unit: "",
        note: `95 % between ${low.toFixed(3)} and ${high.toFixed(3)} (bootstrap)`,
      },
      { figure: "facts, said to be found", value: found, unit: "", bar: atLeast(0.98) },
      {
        figure: "facts never told, said not to be found",
        value: abstained,
        unit: "",
        bar: atLeast(0.99),
        note: `${set.unanswerable.length} questions about namesakes, strangers and other things`,
      },
      {
        figure: "old values shown after an update",
        value: stale.length,
        unit: "",
        bar: atMost(0),
        note: `${changed.length} updates`,
      },
      { figure: "facts, search p95", value: percentile(tookMs, 0.95), unit: "ms", bar: atMost(50) },
    ];
  } finally {
    index.close();
  }
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** The middle 95 % of the means of resampled values (percentile bootstrap; Efron, 1979). */
function intervalOfMean(
  values: readonly number[],
  random: () => number,
): readonly [number, number] {
  const means = Array.from({ length: resamples }, () =>
    mean(values.map(() => values[Math.floor(random() * values.length)] ?? 0)),
  );
  return [percentile(means, 0.025), percentile(means, 0.975)];
}
