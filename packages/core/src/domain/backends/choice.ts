/**
 * Which model server takes the next request. Servers come in three ranks, and a lower one serves only while a higher one
 * has nobody: those that work and have a weight, those that work and have none (spares), and those that are degraded.
 *
 * Within a rank requests are shared by smooth weighted round robin, as nginx does it since 1.3.1: each choice gives every
 * candidate its weight in credit, the richest is taken and pays what all were given. So in every round of as many choices
 * as the weights add up to, a server is taken exactly as often as its weight says, spread evenly over the round.
 */

export interface Candidate {
  readonly name: string;
  readonly weight: number;
  /** Requests it takes at once. */
  readonly concurrency: number;
  readonly inFlight: number;
  readonly status: "ok" | "degraded" | "unknown";
}

export type Credits = ReadonlyMap<string, number>;

export interface Choice {
  /** Absent while everyone who may serve is busy, or there is nobody. */
  readonly name: string | undefined;
  readonly credits: Credits;
}

/** The candidates of the highest rank that has any. A server nobody has asked yet counts as one that works. */
export function serving<T extends Candidate>(candidates: readonly T[]): readonly T[] {
  if (candidates.length < 2) return candidates;
  const working = candidates.filter(({ status }) => status !== "degraded");
  const weighted = working.filter(({ weight }) => weight > 0);
  if (weighted.length > 0) return weighted;
  return working.length > 0 ? working : candidates;
}

/**
 * Chooses among those that serve and have room. `preferred` is taken when it is one of them: a conversation's last
 * server has its beginning in the prompt cache. That costs no credit, so the shares hold among the others.
 */
export function chooseNext(
  candidates: readonly Candidate[],
  { credits, preferred }: { readonly credits: Credits; readonly preferred?: string | undefined },
): Choice {
  const free = serving(candidates).filter(({ inFlight, concurrency }) => inFlight < concurrency);
  if (free.some(({ name }) => name === preferred)) return { name: preferred, credits };
  const next = new Map(credits);
  let total = 0;
  let richest: string | undefined;
  let most = Number.NEGATIVE_INFINITY;
  for (const { name, weight } of free) {
    // Spares share evenly, and so do the degraded ones among them.
    const share = Math.max(1, weight);
    const credit = (next.get(name) ?? 0) + share;
    next.set(name, credit);
    total += share;
    if (credit <= most) continue;
    most = credit;
    richest = name;
  }
  if (richest !== undefined) next.set(richest, most - total);
  return { name: richest, credits: next };
}
