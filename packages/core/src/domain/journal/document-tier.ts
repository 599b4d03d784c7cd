import type { Facts } from "./record.ts";

// Apart from the records' schemas: the writer's thread needs this and none of them.

/** How far a document's words are trusted: no further than whoever wrote them. */
export function documentTier(
  { external, first }: Facts<"memory.document.added">,
  recordTier: string,
): string {
  return external === true ? "external" : (first?.tier ?? recordTier);
}
