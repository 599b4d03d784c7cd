import { createHash } from "node:crypto";
import type { Bilingual, Check, Report, ReportDelta } from "@adyton/protocol";
import type { NewRecord, RecordContext } from "../../domain/journal/record.ts";
import { lookAll, type Looked } from "../../domain/mirror/check.ts";
import { deterministicChecks } from "../../domain/mirror/deterministic-checks.ts";
import { deltaOf, frozenText, statusesOf } from "../../domain/mirror/report.ts";
import type { CountedPrompt } from "../../domain/mirror/snapshot.ts";
import type { StatePort } from "../../ports/journal.ts";
import { type SnapshotOptions, type SnapshotPlace, takeSnapshot } from "./context-snapshot.ts";

export interface LookOptions extends SnapshotOptions {
  readonly language: keyof Bilingual;
}

export interface LookRequest extends SnapshotPlace {
  /** Of prompts that were sent just now. */
  readonly counts: readonly CountedPrompt[];
  /** False: figures of the node are left out. */
  readonly isOwner: boolean;
}

/** D1 to D16 on a conversation and its node. Nothing is sent and nothing is written. */
export async function lookAtContext(
  options: LookOptions,
  { counts, isOwner, ...place }: LookRequest,
): Promise<readonly Looked[]> {
  const snapshot = await takeSnapshot(options, place, counts);
  const { language } = options;
  const looked = lookAll(deterministicChecks, snapshot, {
    language,
    monotonicMs: () => performance.now(),
  });
  return isOwner
    ? looked
    : looked.map((each, index) =>
        deterministicChecks[index]?.about === "node" ? withoutFigures(each, language) : each,
      );
}

/** What anybody may know of a check of the node: what it came to. */
function withoutFigures({ check, finding }: Looked, language: keyof Bilingual): Looked {
  const { evidence: _, ...bare } = check;
  const title = {
    en: `${check.id} concerns the node; its owner is told more.`,
    ru: `${check.id} касается узла; подробности видит его владелец.`,
  }[language];
  return {
    check: { ...bare, measured: null },
    ...(finding === undefined
      ? {}
      : { finding: { severity: finding.severity, title, checkId: check.id } }),
  };
}

/** Compares with the report before it of the same kind, on the same subject. */
export function reportDelta(
  state: Pick<StatePort, "report">,
  { subject, kind }: { readonly subject: string; readonly kind: ReportKind },
  checks: readonly Check[],
): ReportDelta {
  const before = state.report(subject, kind);
  const hash = createHash("sha256").update(frozenText(checks)).digest("hex");
  const delta = deltaOf(before?.checks ?? {}, statusesOf(checks));
  return {
    previous: before?.run ?? null,
    new: [...delta.new],
    fixed: [...delta.fixed],
    persisting: [...delta.persisting],
    hash,
    unchanged: before?.hash === hash,
  };
}

type ReportKind = "echo_pulse" | "mirror_self";

/** The record of a report: what its checks came to in the header, its words in the payload. */
export function reportRecord(
  context: RecordContext,
  report: Report & { readonly report: ReportKind; readonly delta: ReportDelta },
): NewRecord {
  const { runId: run, report: kind, status, score, checks, cost, delta } = report;
  return {
    ...context,
    class: "message",
    origin: "node",
    type: "report.made",
    facts: {
      run,
      report: kind,
      status,
      score,
      checks: statusesOf(checks),
      hash: delta.hash,
      calls: cost.calls,
      promptTokens: cost.inTokens,
      completionTokens: cost.outTokens,
      ms: Math.round(cost.ms),
    },
    data: report,
  };
}
