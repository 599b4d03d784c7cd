import type { FoldCluster, FoldReport } from "@adyton/protocol";
import type { FoldedCluster, Folder } from "../../domain/fold/fold.ts";
import { isTrouble, type RankedCluster } from "../../domain/fold/rank.ts";
import type { LineCounts } from "../../domain/fold/read-log.ts";
import type { Material } from "./choose-log.ts";
import type { Explained } from "./explain.ts";

/** Clusters of a report, the highest ranked. */
export const clustersReportedMax = 50;

export interface FoldedText {
  readonly counts: LineCounts;
  readonly folder: Folder;
  readonly clusters: readonly FoldedCluster[];
  /** Records before the window. */
  readonly outside: number;
  readonly fromMs: number | undefined;
  readonly toMs: number | undefined;
  /** How many earlier days the log holds of the same window. */
  readonly comparedDays: number;
}

const isoOf = (timeMs: number | undefined): string | null =>
  timeMs === undefined || Math.abs(timeMs) > 8.64e15 ? null : new Date(timeMs).toISOString();

/** A cluster as the report has it. */
export function shownCluster(cluster: RankedCluster, at: number): FoldCluster {
  const { fingerprint, template, level, exception, frames, count, units, exemplars } = cluster;
  return {
    id: `C${at + 1}`,
    fingerprint,
    template,
    level,
    exception: exception === "" ? null : exception,
    frames: [...frames],
    count,
    firstAt: isoOf(cluster.firstMs),
    lastAt: isoOf(cluster.lastMs),
    writers: units,
    isNew: cluster.isNew,
    isBurst: cluster.isBurst,
    ratio: cluster.ratio === null ? null : Math.round(cluster.ratio * 10) / 10,
    exemplars: exemplars.map(({ lineId, timeMs, text }) => ({ lineId, at: isoOf(timeMs), text })),
  };
}

export interface FoldMade {
  readonly subject: Omit<FoldReport["subject"], "model">;
  readonly run: string;
  readonly material: Material;
  readonly folded: FoldedText;
  readonly clusters: readonly RankedCluster[];
  readonly shown: readonly FoldCluster[];
  readonly changes: FoldReport["changes"];
  readonly explained: Explained;
  readonly startedMs: number;
  readonly ms: number;
}

/** The report of one fold. A part that could not be looked at leaves it without a score. */
export function foldReport(made: FoldMade): FoldReport {
  const { material, folded, clusters, shown, explained } = made;
  const { counts } = folded;
  const troubled = clusters.filter(isTrouble);
  const troubleRecords = troubled.reduce((sum, { count }) => sum + count, 0);
  const records = folded.folder.records;
  const isPartial =
    explained.explanation === "no_model" || explained.explanation === "model_failed";
  const checks = checksOf(made, troubleRecords);
  const found = worstOf(troubled);
  return {
    report: "fold_error",
    version: "1",
    runId: made.run,
    at: new Date(made.startedMs).toISOString(),
    subject: { ...made.subject, model: explained.model ?? null },
    status: isPartial ? "partial" : found,
    score: isPartial || records === 0 ? null : 1 - troubleRecords / records,
    checks,
    findings: shown.slice(0, Math.min(troubled.length, findingsMax)).map((cluster) => ({
      severity: cluster.level === "warn" ? ("warn" as const) : ("fail" as const),
      title: `${cluster.id} ×${cluster.count} ${cluster.template}`
        .slice(0, titleCharsMax)
        .toWellFormed(),
      checkId: "F2",
    })),
    cost: {
      calls: explained.calls,
      inTokens: explained.promptTokens,
      outTokens: explained.completionTokens,
      ms: made.ms,
    },
    source: material.source,
    window: { from: isoOf(folded.fromMs), to: isoOf(folded.toMs) },
    read: {
      lines: counts.lines,
      folded: records,
      joined: counts.joined,
      outside: folded.outside,
      malformed: counts.malformed,
      cut: counts.cut,
      earlierLeftOut: material.isTail,
    },
    clusters: [...shown],
    clustersLeftOut: clusters.length - shown.length + folded.folder.forgotten.clusters,
    explanation: explained.explanation,
    hypotheses: [...explained.hypotheses],
    changes: made.changes,
  };
}

const findingsMax = 10;
const titleCharsMax = 200;
/** Above this share of lines that break their own form, a log is probably read wrongly. */
const malformedShareMax = 0.05;

function worstOf(troubled: readonly RankedCluster[]): "ok" | "warn" | "fail" {
  if (troubled.length === 0) return "ok";
  return troubled.every(({ level }) => level === "warn") ? "warn" : "fail";
}

/** F1: whether the lines could be read. F2: what trouble they tell. F3: whether the model's evidence stands in them. */
function checksOf(
  { folded, clusters, explained }: FoldMade,
  troubleRecords: number,
): FoldReport["checks"] {
  const { lines, malformed } = folded.counts;
  const fresh = clusters.filter(({ isNew }) => isNew === true).length;
  const rising = clusters.filter(({ isBurst }) => isBurst === true).length;
  const { explanation, offered, quotesRemoved, hypothesesRemoved } = explained;
  const evidence =
    explanation === "no_model" || explanation === "nothing_to_explain"
      ? "skipped"
      : explanation === "model_failed"
        ? "error"
        : quotesRemoved + hypothesesRemoved > 0
          ? "warn"
          : "ok";
  return [
    {
      id: "F1",
      kind: "deterministic",
      status: malformed > lines * malformedShareMax ? "warn" : "ok",
      measured: { lines, malformed },
      threshold: { malformedShare: malformedShareMax },
    },
    {
      id: "F2",
      kind: "deterministic",
      status: worstOf(clusters.filter(isTrouble)),
      measured: { clusters: clusters.length, trouble: troubleRecords, new: fresh, rising },
      threshold: { trouble: 0 },
    },
    {
      id: "F3",
      kind: "model",
      status: evidence,
      measured: { offered, kept: explained.hypotheses.length, quotesRemoved, hypothesesRemoved },
      threshold: { quotesRemoved: 0 },
    },
  ];
}
