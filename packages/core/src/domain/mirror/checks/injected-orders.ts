import { scan } from "../../external/scan.ts";
import { quoted, statusAbove, type CheckSpec } from "../check.ts";
import type { Snapshot } from "../snapshot.ts";

const bounds = { warn: 1, fail: 3 };
const evidenceMax = 10;

/** D9: whether something in the context looks made to steer the model. A label is a remark, never a verdict. */
export const injectedOrders: CheckSpec<Snapshot> = {
  id: "D9",
  kind: "deterministic",
  about: "conversation",
  threshold: bounds,
  look: ({ context: { messages } }) => {
    const found = messages
      .flatMap(({ segments }) => segments)
      .filter(({ kind }) => kind !== "system")
      .flatMap(({ text, source }) => scan(text).map((each) => ({ ...each, source })));
    const labels = [...new Set(found.map(({ label }) => label))].toSorted();
    const status = statusAbove(found.length, bounds);
    const measured = { score: found.length, labels };
    if (status === "ok") return { status, measured };
    return {
      status,
      measured,
      evidence: found
        .slice(0, evidenceMax)
        .map(({ source, label, quote }) => ({ ref: `${source} ${label}`, quote: quoted(quote) })),
      title: {
        en: `The context holds ${found.length} signs of text made to steer the model: ${labels.join(", ")}.`,
        ru: `В контексте признаки текста, написанного, чтобы управлять моделью: ${found.length} (${labels.join(", ")}).`,
      },
    };
  },
};
