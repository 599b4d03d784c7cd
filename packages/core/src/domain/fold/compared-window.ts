import type { Place } from "./fold.ts";
import type { LogRecord } from "./log-record.ts";

const dayMs = 86_400_000;
/** Earlier days on which the same window is looked at. */
const daysMax = 7;

/** The window of a fold, and what the log itself holds of the same window of the days before. */
export interface ComparedWindow {
  /** How many of the earlier days the log reaches back to. */
  readonly days: number;
  readonly placeOf: (record: LogRecord) => Place;
}

/** A line without any time counts as one of the window. `sinceMs` is how far back the lines go without a gap. */
export function comparedWindow(
  window: { readonly fromMs: number | undefined; readonly toMs: number },
  sinceMs: number | undefined,
): ComparedWindow {
  const { fromMs, toMs } = window;
  if (fromMs === undefined) return { days: 0, placeOf: () => "window" };
  const reach = sinceMs === undefined ? 0 : Math.floor((fromMs - sinceMs) / dayMs);
  const days = Math.max(0, Math.min(daysMax, reach));
  return {
    days,
    placeOf: ({ timeMs }) => {
      if (timeMs === undefined || timeMs >= fromMs) return "window";
      const back = Math.ceil((fromMs - timeMs) / dayMs);
      const isCompared = back <= days && timeMs + back * dayMs <= toMs;
      return isCompared ? "compared" : "before";
    },
  };
}
