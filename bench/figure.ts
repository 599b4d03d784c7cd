/** A measured number, and the bar it is held to. */
export interface Figure {
  readonly figure: string;
  readonly value: number;
  readonly unit: string;
  /** `value` divided by what `ratioOf` names, both measured in the same run. */
  readonly ratio?: number;
  readonly ratioOf?: string;
  readonly bar?: Bar;
  /** Anything a reader needs to judge the figure: counts, conditions. */
  readonly note?: string;
}

export interface Bar {
  readonly on: "value" | "ratio";
  readonly is: "at_most" | "at_least";
  readonly bound: number;
}

/** How a bench runs. */
export interface BenchOptions {
  /** One short round of everything: shows that the bench works, measures little. */
  readonly quick: boolean;
  /** Also measures the peers, installed on demand into the cache. */
  readonly peers: boolean;
  /** A folder of this run on the disk of the user's cache; it is removed afterwards. */
  readonly folder: string;
}

export type Bench = (options: BenchOptions) => Promise<readonly Figure[]>;

export const atMost = (bound: number, on: Bar["on"] = "value"): Bar => ({
  on,
  is: "at_most",
  bound,
});
export const atLeast = (bound: number, on: Bar["on"] = "value"): Bar => ({
  on,
  is: "at_least",
  bound,
});

/** Whether a figure keeps to its bar; undefined where it has none, or lacks the ratio the bar is on. */
export function holds({ value, ratio, bar }: Figure): boolean | undefined {
  const measured = bar?.on === "ratio" ? ratio : value;
  if (bar === undefined || measured === undefined) return undefined;
  return bar.is === "at_most" ? measured <= bar.bound : measured >= bar.bound;
}

/** A bar as a person reads it: `≤ 0.3 s`, `≥ 2×`. */
export function barText({ bar, unit }: Figure): string {
  if (bar === undefined) return "";
  const sign = bar.is === "at_most" ? "≤" : "≥";
  return `${sign} ${bar.bound}${bar.on === "ratio" ? "×" : ` ${unit}`}`;
}

/** Four figures of a number that is no integer: more would pretend to a precision that a shared machine lacks. */
export function rounded(value: number): number {
  return Number.isInteger(value) ? value : Number(value.toPrecision(4));
}

/** The value at `share` of the sorted values; NaN of none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

export const median = (values: readonly number[]): number => percentile(values, 0.5);
