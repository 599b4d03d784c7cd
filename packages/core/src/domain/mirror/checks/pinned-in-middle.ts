import { rounded, statusAbove, type CheckSpec } from "../check.ts";
import type { Snapshot } from "../snapshot.ts";

const bounds = { warn: 0.5, fail: 0.8 };
/** Where models read worst (Liu et al., 2307.03172). */
const middle = { from: 0.2, to: 0.8 };
/** Characters of a context in which a model loses nothing for standing in its middle. */
const contextCharsMin = 8_000;

/** D11: what is pinned does not stand where models overlook it. */
export const pinnedInMiddle: CheckSpec<Snapshot> = {
  id: "D11",
  kind: "deterministic",
  about: "conversation",
  threshold: bounds,
  look: ({ context: { messages } }) => {
    let offset = 0;
    const placed = messages
      .flatMap(({ segments }) => segments)
      .map((segment) => {
        const from = offset;
        offset += segment.text.length;
        return { segment, centre: (from + offset) / 2 };
      });
    const pinned = placed.filter(({ segment }) => segment.kind === "blocks");
    const hidden = pinned.filter(
      ({ centre }) => centre >= offset * middle.from && centre <= offset * middle.to,
    );
    const isLong = offset >= contextCharsMin;
    const share = isLong && pinned.length > 0 ? hidden.length / pinned.length : 0;
    const status = statusAbove(share, bounds);
    const measured = { pinned: pinned.length, share: rounded(share) };
    if (status === "ok") return { status, measured };
    return {
      status,
      measured,
      evidence: hidden.map(({ segment }) => ({ ref: segment.source, quote: "middle" })),
      title: {
        en: `${hidden.length} of ${pinned.length} pinned blocks stand in the middle of a long context, where models overlook them.`,
        ru: `Закреплённых блоков в середине длинного контекста, где модели их не замечают: ${hidden.length} из ${pinned.length}.`,
      },
      fix: { command: "/new", reversible: false },
    };
  },
};
