import { type Provenance, Tier } from "@adyton/protocol";
import type { SearchHit } from "../domain/search/search-contract.ts";

/** Where a passage comes from, as results and citations show it. */
export function provenanceOf({ source, tier, ingestedBy, cause }: SearchHit): Provenance {
  return { source, tier: Tier.parse(tier), ingestedBy, causationId: cause };
}
