import { type Taint as ToldTaint, taintSourcesMax, type Tier } from "@adyton/protocol";

/** What of other people's words a run was given: ids and tiers, never the words. */
export type Taint = Pick<ToldTaint, "sources" | "tiers">;

/** Stands for the tools of a client: what they answered came from wherever they looked. */
export const toolsSource = "tools";
/** Stands for what a message brought along. */
export const attachmentsSource = "attachments";

/** Whether words of this tier are somebody's whom the node does not work for. */
export function isExternal(tier: string): boolean {
  const outside: readonly string[] = ["peer", "external"] satisfies Tier[];
  return outside.includes(tier);
}

/** Two taints as one. Sources over the limit are left out; the taint stays. */
export function joinTaints(one: Taint | undefined, other: Taint | undefined): Taint | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  const sources = new Set([...one.sources, ...other.sources]);
  return {
    sources: [...sources].slice(0, taintSourcesMax),
    tiers: [...new Set([...one.tiers, ...other.tiers])],
  };
}
