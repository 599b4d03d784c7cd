import { controlTokenAt } from "../../external/visible-text.ts";
import { isUntrusted } from "../../context/segments.ts";
import { quoted, type CheckSpec } from "../check.ts";
import type { Snapshot } from "../snapshot.ts";

const bounds = { warn: "any", fail: "in untrusted text" };
const evidenceMax = 10;

/** D4: roles take turns, and nothing inside a message looks like the mark between two. */
export const roleOrder: CheckSpec<Snapshot> = {
  id: "D4",
  kind: "deterministic",
  about: "conversation",
  threshold: bounds,
  look: ({ context: { messages } }) => {
    const order = messages.map(({ role }) => role);
    const misplaced = order.filter((role, index) => !mayFollow(order[index - 1], role)).length;
    const marked = messages
      .flatMap(({ segments }) => segments)
      .flatMap((segment) => {
        const at = segment.kind === "system" ? undefined : controlTokenAt(segment.text);
        return at === undefined ? [] : [{ segment, at }];
      });
    const untrusted = marked.filter(({ segment }) => isUntrusted(segment)).length;
    const measured = { misplaced, controlTokens: marked.length, untrusted };
    if (misplaced + marked.length === 0) return { status: "ok", measured };
    return {
      status: untrusted > 0 ? "fail" : "warn",
      measured,
      evidence: marked.slice(0, evidenceMax).map(({ segment, at }) => ({
        ref: segment.source,
        quote: quoted(segment.text.slice(at, at + 80)),
      })),
      title:
        marked.length > 0
          ? {
              en: `${marked.length} messages hold marks by which models tell messages apart.`,
              ru: `Знаки, которыми модели отделяют сообщения, есть внутри сообщений: ${marked.length}.`,
            }
          : {
              en: "Questions and answers do not take turns.",
              ru: "Вопросы и ответы не чередуются.",
            },
    };
  },
};

/** The system speaks first and once; then a person and the model take turns, tools between a call and its answer. */
function mayFollow(before: string | undefined, role: string): boolean {
  switch (role) {
    case "system":
      return before === undefined;
    case "user":
      return before !== "user" && before !== undefined;
    case "assistant":
      return before !== undefined && before !== "assistant";
    default:
      return before === "assistant" || before === "tool";
  }
}
