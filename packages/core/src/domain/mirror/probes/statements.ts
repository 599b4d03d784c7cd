import type { SegmentedMessage } from "../../context/segments.ts";
import { sentences } from "../../search/sentences.ts";
import type { Statement } from "./contradictions.ts";

/** Shorter than this, a sentence states nothing that another could contradict. */
const statementCharsMin = 12;

/** What a context states, sentence by sentence, and in which of its messages: neither the node's own words nor questions. */
export function statementsOf(messages: readonly SegmentedMessage[]): readonly Statement[] {
  return messages.flatMap(({ segments }, index) =>
    segments
      .filter(({ kind, tier }) => tier !== "node" && kind !== "question")
      .flatMap(({ text, source }) =>
        sentences(text)
          .map(({ start, end }) => text.slice(start, end))
          .filter((sentence) => sentence.length >= statementCharsMin && !sentence.endsWith("?"))
          .map((sentence) => ({ ref: `${source} ${index}`, text: sentence })),
      ),
  );
}
