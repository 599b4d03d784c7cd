import { rounded, statusAbove, type CheckSpec } from "../check.ts";
import type { Snapshot } from "../snapshot.ts";

const bounds = { warn: 0.75, fail: 0.9 };

/** D1: what is sent, part by part, against the window that is really there. */
export const tokenBudget: CheckSpec<Snapshot> = {
  id: "D1",
  kind: "deterministic",
  about: "conversation",
  threshold: bounds,
  look: ({ context: { tokens, windowTokens, dropped } }) => {
    const { reserve, ...sent } = tokens;
    const total = Object.values(sent).reduce((sum, each) => sum + each, 0);
    const share = windowTokens === 0 ? 1 : total / windowTokens;
    const status = statusAbove(share, bounds);
    const percent = Math.round(share * 100);
    return {
      status,
      measured: { share: rounded(share), windowTokens, ...sent, reserve, dropped },
      ...(status === "ok"
        ? {}
        : {
            title: {
              en: `The context takes ${percent} % of the model's window; the oldest of it is left out next.`,
              ru: `Контекст занимает ${percent} % окна модели; дальше выпадает самое старое.`,
            },
            fix: { command: "/new", reversible: false },
          }),
    };
  },
};
