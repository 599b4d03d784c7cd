import { quoted, rounded, steady, type CheckSpec } from "../check.ts";
import { breaches } from "../invariants.ts";
import type { Snapshot } from "../snapshot.ts";

const bounds = { warn: -0.1, fail: -0.25 };
/** In fewer answers a difference between halves says nothing. */
const answersMin = 4;
const evidenceMax = 10;

/** D16: the model keeps its rules as well late in the conversation as early; less is drift. */
export const keptInvariants: CheckSpec<Snapshot> = {
  id: "D16",
  kind: "deterministic",
  about: "conversation",
  threshold: bounds,
  look: ({ turns, invariants }) => {
    const kept = turns.map((turn) => ({ ...turn, broken: breaches(turn, invariants) }));
    const half = Math.floor(kept.length / 2);
    const share = (of: typeof kept): number =>
      of.length === 0 ? 1 : of.filter(({ broken }) => broken.length === 0).length / of.length;
    const [first, second] = [share(kept.slice(0, half)), share(kept.slice(kept.length - half))];
    const drift = kept.length < answersMin ? 0 : steady(second - first);
    const status = drift <= bounds.fail ? "fail" : drift <= bounds.warn ? "warn" : "ok";
    const measured = {
      answers: kept.length,
      firstHalf: rounded(first),
      secondHalf: rounded(second),
      drift: rounded(drift),
    };
    if (status === "ok") return { status, measured };
    return {
      status,
      measured,
      evidence: kept
        .filter(({ broken }) => broken.length > 0)
        .slice(-evidenceMax)
        .map(({ ref, broken, answer }) => ({
          ref: `${ref} ${broken.join(" ")}`,
          quote: quoted(answer),
        })),
      title: {
        en: "The model keeps its rules less and less in this conversation.",
        ru: "Модель в этой беседе всё хуже соблюдает правила.",
      },
      fix: { command: "/new", reversible: false },
    };
  },
};
