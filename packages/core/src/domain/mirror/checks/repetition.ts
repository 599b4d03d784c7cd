import { normalise } from "../../search/normalise.ts";
import { quoted, rounded, statusAbove, worse, type CheckSpec } from "../check.ts";
import type { Snapshot } from "../snapshot.ts";

const bounds = { identical: { warn: 2, fail: 3 }, fourGrams: { warn: 0.25, fail: 0.45 } };
/** Shorter answers are alike without being stuck: "Done.", «Хорошо». */
const answerCharsMin = 24;
/** In fewer a share says nothing. */
const fourGramsMin = 40;

/** D6: the model is not stuck in what it said before. */
export const repetition: CheckSpec<Snapshot> = {
  id: "D6",
  kind: "deterministic",
  about: "conversation",
  threshold: bounds,
  look: ({ turns }) => {
    const answers = turns.map(({ ref, answer }) => ({ ref, words: wordsOf(answer) }));
    const alike = Map.groupBy(answers, ({ words }) => words.join(" "));
    const most = [...alike]
      .filter(([text]) => text.length >= answerCharsMin)
      .toSorted(([, a], [, b]) => b.length - a.length)[0];
    const identical = most?.[1].length ?? 0;
    const share = repeatedShare(answers.map(({ words }) => words));
    const status = worse(
      statusAbove(identical, bounds.identical),
      statusAbove(share, bounds.fourGrams),
    );
    const measured = { answers: answers.length, identical, fourGramShare: rounded(share) };
    if (status === "ok") return { status, measured };
    const evidence = identical >= bounds.identical.warn ? (most?.[1] ?? []) : [];
    const said = most?.[0] ?? "";
    return {
      status,
      measured,
      evidence: evidence.map(({ ref }) => ({ ref, quote: quoted(said) })),
      title: {
        en: "The model repeats itself in this conversation.",
        ru: "Модель в этой беседе повторяется.",
      },
      fix: { command: "/new", reversible: false },
    };
  },
};

function wordsOf(text: string): readonly string[] {
  return normalise(text).match(/[\p{L}\p{N}]+/gu) ?? [];
}

/** The share of runs of four words that occurred before, over all answers. */
function repeatedShare(answers: readonly (readonly string[])[]): number {
  const seen = new Set<string>();
  let count = 0;
  for (const words of answers)
    for (let index = 0; index + 4 <= words.length; index += 1) {
      seen.add(words.slice(index, index + 4).join(" "));
      count += 1;
    }
  return count < fourGramsMin ? 0 : 1 - seen.size / count;
}
