import { isUntrusted, type Segment } from "../../context/segments.ts";
import { quoted, rounded, type CheckSpec } from "../check.ts";
import type { Snapshot } from "../snapshot.ts";

const bounds = { warn: 0.6, fail: "outside its fence" };
const evidenceMax = 10;

/** D5: what came from outside stands inside its fence, and is not most of what the model reads. */
export const fencedSpans: CheckSpec<Snapshot> = {
  id: "D5",
  kind: "deterministic",
  about: "conversation",
  threshold: bounds,
  look: ({ context: { messages } }) => {
    const segments = messages.flatMap((message) => message.segments);
    const untrusted = segments.filter(isUntrusted);
    const open = untrusted.filter((segment) => !isFenced(segment));
    const all = chars(segments);
    const share = all === 0 ? 0 : chars(untrusted) / all;
    const measured = { share: rounded(share), untrusted: untrusted.length, outside: open.length };
    if (open.length > 0)
      return {
        status: "fail",
        measured,
        evidence: open
          .slice(0, evidenceMax)
          .map(({ source, text }) => ({ ref: source, quote: quoted(text) })),
        title: {
          en: `${open.length} texts from outside stand in the context without a fence.`,
          ru: `Тексты извне стоят в контексте без ограды: ${open.length}.`,
        },
      };
    if (share < bounds.warn) return { status: "ok", measured };
    const percent = Math.round(share * 100);
    const title = {
      en: `${percent} % of what the model reads came from outside.`,
      ru: `${percent} % того, что читает модель, пришло извне.`,
    };
    return { status: "warn", measured, title, fix: { command: "/new", reversible: false } };
  },
};

function chars(segments: readonly Segment[]): number {
  return segments.reduce((sum, { text }) => sum + text.length, 0);
}

/** Between its marks, which do not occur inside: whoever wrote the text could not leave it. */
function isFenced({ text, fence }: Segment): boolean {
  if (fence === undefined) return false;
  const from = text.indexOf(fence.open);
  const to = text.lastIndexOf(fence.close);
  if (from === -1 || to < from + fence.open.length) return false;
  const inside = text.slice(from + fence.open.length, to);
  return !inside.includes(fence.open) && !inside.includes(fence.close);
}
