import { rounded, steady, type CheckOutcome, type CheckSpec } from "../check.ts";
import type { CountedPrompt, Snapshot } from "../snapshot.ts";

/** Shares of the node's own count by which a server's may differ. */
const bounds = { warn: 0.08, fail: -0.15 };
/**
 * Without the server's tokenizer the own count is an estimate: at most 1.7 times, at least 0.8 times the truth
 * (`token-estimate.ts`). What differs by more than that was cut, or is counted by other rules.
 */
const estimated = { warn: 0.25, fail: 1 / 1.7 - 1 - 0.15 };

/** A template puts so many tokens around a prompt, or a schema beside it: less than that tells nothing. */
const surplusTokensMax = 64;

/** D2: whether the server read all that it was sent. One that cuts a prompt does not say so, but its usage does. */
export const silentTruncation: CheckSpec<Snapshot> = {
  id: "D2",
  kind: "deterministic",
  about: "conversation",
  threshold: bounds,
  look: ({ counts }) => {
    const known = counts.filter(({ ownTokens }) => ownTokens > 0);
    const [worst] = known.map(judged).toSorted((a, b) => b.rank - a.rank || a.share - b.share);
    if (worst === undefined) return nothingCounted;
    const { prompt, share, status } = worst;
    const { ref, ownTokens, reportedTokens, isExact } = prompt;
    const measured = { deviation: rounded(share), exact: isExact };
    if (status === "ok") return { status, measured };
    const evidence = [{ ref, quote: `${ownTokens} sent, ${reportedTokens} read` }];
    const title =
      status === "fail"
        ? {
            en: `The model server read ${reportedTokens} of ${ownTokens} tokens and did not say so: its window is smaller than stated.`,
            ru: `Сервер модели прочёл ${reportedTokens} из ${ownTokens} токенов и не сказал об этом: его окно меньше заявленного.`,
          }
        : {
            en: `The model server counts ${reportedTokens} tokens where the node counts ${ownTokens}.`,
            ru: `Сервер модели насчитал ${reportedTokens} токенов, узел — ${ownTokens}.`,
          };
    return { status, measured, evidence, title };
  },
};

const nothingCounted: CheckOutcome = {
  status: "skipped",
  measured: null,
  title: {
    en: "Whether prompts are cut is not known: the model server reported no usage.",
    ru: "Не обрезаются ли запросы, неизвестно: сервер модели не сообщил о расходе токенов.",
  },
};

function judged(prompt: CountedPrompt) {
  const share = steady(prompt.reportedTokens / prompt.ownTokens - 1);
  const { warn, fail } = prompt.isExact ? bounds : estimated;
  const differ = Math.abs(prompt.reportedTokens - prompt.ownTokens) > surplusTokensMax;
  const status = !differ ? "ok" : share <= fail ? "fail" : Math.abs(share) >= warn ? "warn" : "ok";
  const isExcused = !prompt.isExact && status === "warn" && share < 0;
  const held = isExcused ? "ok" : status;
  return { prompt, share, status: held, rank: ["ok", "warn", "fail"].indexOf(held) } as const;
}
