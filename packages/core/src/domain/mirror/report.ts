import type { Check, Finding, Report } from "@adyton/protocol";
import { rounded, type Looked } from "./check.ts";

export type ReportVerdict = Pick<Report, "status" | "score" | "checks" | "findings">;

/** How much a check that warns counts beside one that is well. */
const warnWeight = 0.5;
const gravity = { fail: 0, warn: 1, info: 2 } as const satisfies Record<
  Finding["severity"],
  number
>;

/** What all checks together say: what could not be looked at makes a report partial, and takes its score. */
export function verdictOf(looked: readonly Looked[]): ReportVerdict {
  const checks = looked.map(({ check }) => check);
  const statuses = checks.map(({ status }) => status);
  const isPartial = statuses.some((status) => status === "skipped" || status === "error");
  const worst = statuses.includes("fail") ? "fail" : statuses.includes("warn") ? "warn" : "ok";
  const points = statuses.reduce(
    (sum, status) => sum + (status === "ok" ? 1 : status === "warn" ? warnWeight : 0),
    0,
  );
  const findings = looked.flatMap(({ finding }) => (finding === undefined ? [] : [finding]));
  return {
    status: isPartial ? "partial" : worst,
    score: isPartial || checks.length === 0 ? null : rounded(points / checks.length),
    checks,
    findings: findings.toSorted((a, b) => gravity[a.severity] - gravity[b.severity]),
  };
}

/** The statuses of a report's checks by their ids: what the journal's header keeps of it. */
export type CheckStatuses = Readonly<Record<string, Check["status"]>>;

export function statusesOf(checks: readonly Check[]): CheckStatuses {
  return Object.fromEntries(checks.map(({ id, status }) => [id, status]));
}

const isBad = (status: Check["status"] | undefined): boolean =>
  status === "warn" || status === "fail";

/** What changed since the report before: the ids of checks that are no longer, or not yet, or still not well. */
export interface Delta {
  readonly new: readonly string[];
  readonly fixed: readonly string[];
  readonly persisting: readonly string[];
}

/** Compares two reports. A check that one of them did not look at says nothing about a change. */
export function deltaOf(before: CheckStatuses, now: CheckStatuses): Delta {
  const both = Object.keys(now).filter((id) => isBad(now[id]) || now[id] === "ok");
  const known = both.filter((id) => before[id] === "ok" || isBad(before[id]));
  return {
    new: both.filter((id) => isBad(now[id]) && before[id] === "ok"),
    fixed: known.filter((id) => isBad(before[id]) && now[id] === "ok"),
    persisting: known.filter((id) => isBad(before[id]) && isBad(now[id])),
  };
}

/** What the deterministic checks found, without the time they took: equal states have equal texts. */
export function frozenText(checks: readonly Check[]): string {
  return JSON.stringify(
    checks
      .filter(({ kind }) => kind === "deterministic")
      .map(({ id, status, measured, threshold, evidence }) => ({
        id,
        status,
        measured,
        threshold,
        evidence,
      })),
  );
}
