import type { CheckSpec } from "../check.ts";
import type { Snapshot } from "../snapshot.ts";

const bounds = { warn: 1, fail: "breaker open" };

/** D14: nothing was given up or dropped, nothing is shut for failing, and the clock goes forward. */
export const quietNode: CheckSpec<Snapshot> = {
  id: "D14",
  kind: "deterministic",
  about: "node",
  threshold: bounds,
  look: ({ node: { deadLetters, dropped, openBreakers, skewSeconds } }) => {
    const measured = {
      deadLetters,
      dropped,
      openBreakers: openBreakers.length,
      skewSeconds: Math.floor(skewSeconds),
    };
    if (openBreakers.length > 0) {
      const names = openBreakers.join(", ");
      const title = { en: `Shut after failing: ${names}.`, ru: `Закрыто после сбоев: ${names}.` };
      return { status: "fail", measured, title };
    }
    const isLoud = [deadLetters, dropped, skewSeconds].some((each) => each >= bounds.warn);
    if (!isLoud) return { status: "ok", measured };
    return {
      status: "warn",
      measured,
      title: {
        en: `Given up: ${deadLetters}, not taken in: ${dropped}, clock behind the journal by ${measured.skewSeconds} s.`,
        ru: `Не доставлено: ${deadLetters}, не принято: ${dropped}, часы отстают от журнала на ${measured.skewSeconds} с.`,
      },
    };
  },
};
