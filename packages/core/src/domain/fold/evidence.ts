import type { Exemplar } from "./fold.ts";

export type Confidence = "low" | "medium" | "high";

/** A hypothesis as a model gives it, once its shape is checked. */
export interface OfferedHypothesis {
  readonly statement: string;
  readonly clusterIds: readonly string[];
  /** In the order in which it is said to have happened. */
  readonly evidence: readonly { readonly lineId: string; readonly quote: string }[];
  readonly firstCheck: string;
  readonly confidence: Confidence;
}

/** What the model was shown, and may refer to. */
export interface ShownEvidence {
  readonly clusterIds: ReadonlySet<string>;
  readonly lines: ReadonlyMap<string, Exemplar>;
  /** Whether something was changed shortly before: only then more than a guess can be known. */
  readonly hasChange: boolean;
}

export interface CheckedHypotheses {
  readonly kept: readonly OfferedHypothesis[];
  /** Quotes that stand in no line that was shown, or too short to mean anything. */
  readonly quotesRemoved: number;
  readonly hypothesesRemoved: number;
}

/** A shorter quote occurs by chance. */
const quoteCharsMin = 6;

/**
 * Keeps what the lines bear out: clusters that exist, quotes that stand letter for letter in the line they name, and an
 * order that does not run against the lines' times. A hypothesis without such evidence goes.
 */
export function checkHypotheses(
  offered: readonly OfferedHypothesis[],
  shown: ShownEvidence,
): CheckedHypotheses {
  let quotesRemoved = 0;
  const kept: OfferedHypothesis[] = [];
  for (const hypothesis of offered) {
    const evidence = hypothesis.evidence.filter(({ lineId, quote }) => {
      const text = shown.lines.get(lineId)?.text;
      return quote.trim().length >= quoteCharsMin && text?.includes(quote) === true;
    });
    quotesRemoved += hypothesis.evidence.length - evidence.length;
    const clusterIds = hypothesis.clusterIds.filter((id) => shown.clusterIds.has(id));
    if (evidence.length === 0 || clusterIds.length === 0 || !isInOrder(evidence, shown)) continue;
    const isTooSure = hypothesis.confidence === "high" && !shown.hasChange;
    const confidence = isTooSure ? "medium" : hypothesis.confidence;
    kept.push({ ...hypothesis, clusterIds, evidence, confidence });
  }
  return { kept, quotesRemoved, hypothesesRemoved: offered.length - kept.length };
}

function isInOrder(evidence: OfferedHypothesis["evidence"], { lines }: ShownEvidence): boolean {
  const times = evidence
    .map(({ lineId }) => lines.get(lineId)?.timeMs)
    .filter((timeMs) => timeMs !== undefined);
  return times.every((timeMs, at) => at === 0 || timeMs >= (times[at - 1] ?? timeMs));
}
