import { isExternal } from "../domain/external/taint.ts";
import { visibleText } from "../domain/external/visible-text.ts";
import type { Passage } from "../domain/recursia/asking.ts";
import type { SearchHit } from "../domain/search/search-contract.ts";
import type { Guard, ReadText } from "./guard.ts";

/** The hits whose words are not of whoever the node works for, as what a run reads. */
export function externalTexts(hits: readonly SearchHit[]): ReadText[] {
  return hits
    .filter(({ tier }) => isExternal(tier))
    .map(({ documentId, text, source }) => ({
      source: documentId,
      tier: "external",
      text,
      address: source,
    }));
}

/** Hits as passages that statements are held against. */
export function passagesOf(hits: readonly SearchHit[], guard: Pick<Guard, "isOff">): Passage[] {
  return hits.map(({ tier, text, title, heading }) =>
    isExternal(tier) && !guard.isOff
      ? { text: visibleText(text), title, heading, isExternal: true }
      : { text, title, heading },
  );
}
