import type { Bilingual, Check, Finding } from "@adyton/protocol";

export type Evidence = NonNullable<Check["evidence"]>[number];

/** What one check came to. */
export interface CheckOutcome {
  readonly status: Check["status"];
  /** Figures and names alone: never anybody's words, which belong into `evidence`. */
  readonly measured: unknown;
  readonly evidence?: readonly Evidence[] | undefined;
  /** What it means; present unless all is well. */
  readonly title?: Bilingual | undefined;
  /** A command that mends it, as a person would type it. No report executes one. */
  readonly fix?: { readonly command: string; readonly reversible: boolean } | undefined;
}

/** A check of a snapshot. */
export interface CheckSpec<S> {
  readonly id: string;
  readonly kind: Check["kind"];
  /** Of the node, figures are for its owner; of a conversation, also for whoever's it is. */
  readonly about: "conversation" | "node";
  readonly threshold: unknown;
  readonly look: (snapshot: S) => CheckOutcome;
}

/** A check as a report has it, with what it found. */
export interface Looked {
  readonly check: Check;
  readonly finding?: Finding | undefined;
}

/** A check's outcome as the report has it. */
export function lookedAt(
  { id, kind, threshold }: Pick<CheckSpec<never>, "id" | "kind" | "threshold">,
  { status, measured, evidence, title, fix }: CheckOutcome,
  { ms, language }: { readonly ms: number; readonly language: keyof Bilingual },
): Looked {
  const check: Check = {
    id,
    kind,
    status,
    measured,
    threshold,
    ...(evidence === undefined || evidence.length === 0 ? {} : { evidence: [...evidence] }),
    ms,
  };
  if (title === undefined) return { check };
  const severity = status === "fail" ? "fail" : status === "warn" ? "warn" : "info";
  return {
    check,
    finding: {
      severity,
      title: title[language],
      checkId: id,
      ...(fix === undefined ? {} : { fix }),
    },
  };
}

export interface LookOptions {
  readonly language: keyof Bilingual;
  readonly monotonicMs: () => number;
}

/** Looks at a snapshot with every check. One that throws is an `error`, and the others go on. */
export function lookAll<S>(
  specs: readonly CheckSpec<S>[],
  snapshot: S,
  { language, monotonicMs }: LookOptions,
): readonly Looked[] {
  return specs.map((spec) => {
    const startedMs = monotonicMs();
    const outcome = lookOnce(spec, snapshot);
    const ms = Math.round((monotonicMs() - startedMs) * 1_000) / 1_000;
    return lookedAt(spec, outcome, { ms, language });
  });
}

function lookOnce<S>(spec: CheckSpec<S>, snapshot: S): CheckOutcome {
  try {
    return spec.look(snapshot);
  } catch {
    const title = {
      en: `${spec.id} could not be looked at: the check itself failed.`,
      ru: `${spec.id} не проверено: сбой самой проверки.`,
    };
    return { status: "error", measured: null, title };
  }
}

/** Thresholds that a figure is held against: at one of them it has that status. */
export interface Bounds {
  readonly warn: number;
  readonly fail: number;
}

export function statusAbove(value: number, { warn, fail }: Bounds): "ok" | "warn" | "fail" {
  const held = steady(value);
  return held >= fail ? "fail" : held >= warn ? "warn" : "ok";
}

/** A figure without the last digits, which depend on how it was reckoned: .9 − 1 is not −.1 in binary. */
export function steady(value: number): number {
  return Math.round(value * 1e9) / 1e9;
}

/** The graver of two. */
export function worse<T extends "ok" | "warn" | "fail">(first: T, second: T): T {
  const order = ["ok", "warn", "fail"];
  return order.indexOf(second) > order.indexOf(first) ? second : first;
}

/** A share with two digits. */
export function rounded(share: number): number {
  return Math.round(share * 100) / 100;
}

/** A quotation of at most so many characters as a report may hold. */
export function quoted(text: string, charsMax = 120): string {
  const line = text.replaceAll(/\s+/gu, " ").trim();
  return (line.length <= charsMax ? line : `${line.slice(0, charsMax - 1)}…`).toWellFormed();
}
