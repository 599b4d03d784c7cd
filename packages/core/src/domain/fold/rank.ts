import type { FoldedCluster } from "./fold.ts";
import { logLevels } from "./log-record.ts";

/** How often a cluster came in the same window of earlier days; `undefined` where nobody looked then. */
export interface Baseline {
  /** Happenings that a window as long as this one had. */
  readonly expected: number;
}

export interface RankedCluster extends FoldedCluster {
  /** Never seen in this source; `null` while there is nothing to compare with. */
  readonly isNew: boolean | null;
  /** Comes more often than on earlier days, beyond chance; `null` while there is nothing to compare with. */
  readonly isBurst: boolean | null;
  /** How many times as often; `null` while there is nothing to compare with. */
  readonly ratio: number | null;
}

/** A burst is what chance brings less often than this, and of at least so many lines. */
const burstChanceMax = 0.001;
const burstCountMin = 5;

/** Trouble before anything else; within it what is new, what comes more often, how bad, how wide, and what came first. */
export function rank(
  clusters: readonly FoldedCluster[],
  history: {
    readonly isFirst: boolean;
    isKnown(cluster: FoldedCluster): boolean;
    baseline(cluster: FoldedCluster): Baseline | undefined;
  },
): RankedCluster[] {
  const ranked = clusters.map((cluster): RankedCluster => {
    const baseline = history.baseline(cluster);
    return {
      ...cluster,
      isNew: history.isFirst ? null : !cluster.cameBefore && !history.isKnown(cluster),
      isBurst: baseline === undefined ? null : isBurst(cluster.count, baseline.expected),
      ratio:
        baseline === undefined || baseline.expected === 0
          ? null
          : cluster.count / baseline.expected,
    };
  });
  return ranked.toSorted(compare);
}

export function isTrouble({ level, exception }: FoldedCluster): boolean {
  return severityOf(level) <= severityOf("warn") || exception !== "";
}

const severityOf = (level: FoldedCluster["level"]): number => logLevels.indexOf(level);

function compare(left: RankedCluster, right: RankedCluster): number {
  return (
    Number(isTrouble(right)) - Number(isTrouble(left)) ||
    Number(right.isNew ?? false) - Number(left.isNew ?? false) ||
    Number(right.isBurst ?? false) - Number(left.isBurst ?? false) ||
    severityOf(left.level) - severityOf(right.level) ||
    right.units - left.units ||
    left.firstLine - right.firstLine
  );
}

/** Whether so many are too many for chance, where `expected` are usual. */
export function isBurst(count: number, expected: number): boolean {
  return count >= burstCountMin && poissonTail(count, expected) < burstChanceMax;
}

/** The chance of `count` or more where `expected` are usual (Poisson). */
export function poissonTail(count: number, expected: number): number {
  if (count <= 0) return 1;
  if (expected <= 0) return 0;
  if (count <= expected) return 1;
  let logTerm = count * Math.log(expected) - expected - logFactorial(count);
  let tail = 0;
  for (let k = count; k < count + termsMax; k += 1) {
    const term = Math.exp(logTerm);
    tail += term;
    if (term < tail * 1e-12) break;
    logTerm += Math.log(expected) - Math.log(k + 1);
  }
  return Math.min(1, tail);
}
const termsMax = 100_000;

/** Stirling's series, exact to more digits than are needed. */
function logFactorial(n: number): number {
  if (n < 16) {
    let product = 1;
    for (let k = 2; k <= n; k += 1) product *= k;
    return Math.log(product);
  }
  return n * Math.log(n) - n + 0.5 * Math.log(2 * Math.PI * n) + 1 / (12 * n) - 1 / (360 * n ** 3);
}
