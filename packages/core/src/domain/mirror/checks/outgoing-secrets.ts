import type { CheckSpec } from "../check.ts";
import { secretsIn } from "../secrets-in-text.ts";
import type { Snapshot } from "../snapshot.ts";

const evidenceMax = 10;

/** D10: no key, password or token is on its way to the model. What is found is named by its form, never quoted. */
export const outgoingSecrets: CheckSpec<Snapshot> = {
  id: "D10",
  kind: "deterministic",
  about: "conversation",
  threshold: { fail: "any" },
  look: ({ context: { messages }, isOwnSecret }) => {
    const found = messages
      .flatMap(({ segments }) => segments)
      .flatMap(({ text, source }) =>
        secretsIn(text, isOwnSecret).map((form) => ({ ref: source, quote: form })),
      );
    const measured = { secrets: found.length };
    if (found.length === 0) return { status: "ok", measured };
    return {
      status: "fail",
      measured,
      evidence: found.slice(0, evidenceMax),
      title: {
        en: `The context holds ${found.length} secrets: each question sends them to the model.`,
        ru: `В контексте секретов: ${found.length}; каждый вопрос отправляет их модели.`,
      },
      fix: { command: "/new", reversible: false },
    };
  },
};
