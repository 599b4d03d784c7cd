import type { CheckSpec } from "../check.ts";
import { normalise } from "../../search/normalise.ts";
import type { FactState, Snapshot } from "../snapshot.ts";

const bounds = { warn: 1, fail: "pinned" };
const evidenceMax = 10;

/** D8: two values of one thing at one time. */
export const contradictingFacts: CheckSpec<Snapshot> = {
  id: "D8",
  kind: "deterministic",
  about: "conversation",
  threshold: bounds,
  look: ({ facts }) => {
    const pairs = clashes(facts);
    const pinned = pairs.filter(([first, second]) => first.isPinned || second.isPinned);
    const measured = { pairs: pairs.length, pinned: pinned.length };
    if (pairs.length === 0) return { status: "ok", measured };
    return {
      status: pinned.length > 0 ? "fail" : "warn",
      measured,
      evidence: pairs.slice(0, evidenceMax).map(([first, second]) => ({
        ref: `${first.ref} ${second.ref}`,
        quote: `${first.value} / ${second.value}`.slice(0, 300).toWellFormed(),
      })),
      title: {
        en: `Memory holds ${pairs.length} contradictions: two values of one thing at one time.`,
        ru: `В памяти противоречий: ${pairs.length} — у одного и того же два значения в одно время.`,
      },
    };
  },
};

/** The pairs that cannot both be so. Each is held against those of its own subject and attribute alone. */
function clashes(facts: readonly FactState[]): readonly (readonly [FactState, FactState])[] {
  const groups = Map.groupBy(facts, ({ subject, attribute }) =>
    JSON.stringify([plain(subject), plain(attribute)]),
  );
  return [...groups.values()].flatMap((group) =>
    group.flatMap((first, index) =>
      group
        .slice(index + 1)
        .filter((second) => plain(first.value) !== plain(second.value) && overlap(first, second))
        .map((second) => [first, second] as const),
    ),
  );
}

const plain = (text: string): string => normalise(text).replaceAll(/\s+/gu, " ").trim();

function overlap(first: FactState, second: FactState): boolean {
  return first.validFromMs < endOf(second) && second.validFromMs < endOf(first);
}

const endOf = ({ validToMs }: FactState): number => validToMs ?? Number.POSITIVE_INFINITY;
