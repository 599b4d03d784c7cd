import type { Tier } from "@adyton/protocol";

/** Whether words of this tier are somebody's whom the node does not work for. */
export function isExternal(tier: string): boolean {
  const outside: readonly string[] = ["peer", "external"] satisfies Tier[];
  return outside.includes(tier);
}
