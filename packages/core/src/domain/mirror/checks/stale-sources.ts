import { rounded, type CheckSpec } from "../check.ts";
import type { Snapshot } from "../snapshot.ts";

const bounds = { warn: "any", failAbove: 0.1 };

/** D7: what memory put into the context is still so. */
export const staleSources: CheckSpec<Snapshot> = {
  id: "D7",
  kind: "deterministic",
  about: "conversation",
  threshold: bounds,
  look: ({ sources }) => {
    const stale = sources.filter(({ state }) => state !== "current");
    const share = sources.length === 0 ? 0 : stale.length / sources.length;
    const of = (state: string): number => stale.filter((each) => each.state === state).length;
    const measured = {
      sources: sources.length,
      expired: of("expired"),
      superseded: of("superseded"),
      changed: of("changed"),
      share: rounded(share),
    };
    if (stale.length === 0) return { status: "ok", measured };
    return {
      status: share > bounds.failAbove ? "fail" : "warn",
      measured,
      evidence: stale.slice(0, evidenceMax).map(({ ref, state }) => ({ ref, quote: state })),
      title: {
        en: `The context holds what is no longer so: ${stale.length} of ${sources.length} sources.`,
        ru: `В контексте есть устаревшее: источников ${stale.length} из ${sources.length}.`,
      },
    };
  },
};

const evidenceMax = 10;
