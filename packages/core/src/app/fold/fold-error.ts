import { createHash } from "node:crypto";
import type { FoldArgs, FoldReport } from "@adyton/protocol";
import { type ComparedWindow, comparedWindow } from "../../domain/fold/compared-window.ts";
import { Folder } from "../../domain/fold/fold.ts";
import type { LogRecord } from "../../domain/fold/log-record.ts";
import { isTrouble, rank, type RankedCluster } from "../../domain/fold/rank.ts";
import { type LineCounts, LogReader, readLog } from "../../domain/fold/read-log.ts";
import type { NewRecord } from "../../domain/journal/record.ts";
import type { BackendPool } from "../backend-pool.ts";
import { breath } from "../breath.ts";
import type { Execution, Outcome } from "../conversation-commands.ts";
import { changesBefore } from "./changes-before.ts";
import { chooseLog, type ChooseOptions, type Material } from "./choose-log.ts";
import { ClusterMemory, type ClusterMemoryOptions } from "./cluster-memory.ts";
import { explain } from "./explain.ts";
import { clustersReportedMax, type FoldedText, foldReport, shownCluster } from "./fold-report.ts";
import { foldInWords } from "./fold-words.ts";

export interface FoldOptions extends ClusterMemoryOptions, ChooseOptions {
  readonly backends: BackendPool;
  /** Who the report is about; the mode and the model are those of the node. */
  readonly subject: () => Pick<
    FoldReport["subject"],
    "node" | "configHash" | "corePromptHash" | "mode"
  >;
}

/** Lines read or folded with one step; between two steps the event loop is free. */
const stepLines = 250;

/**
 * ERROR-FOLD: folds a window of a log into clusters, ranks them, finds what was changed before, and asks a model once what
 * may be the cause. Every value in the lines is masked before anything is kept. Throws `ProblemError`: `forbidden`,
 * `not_found`, `invalid_body`.
 */
export async function foldError(
  options: FoldOptions,
  args: FoldArgs,
  at: Execution,
): Promise<Outcome> {
  const startedMs = options.now();
  const material = await chooseLog(options, args, at.principal);
  const read = await readRecords(material, startedMs);
  const memory = new ClusterMemory(options, {
    person: at.principal.person,
    source: material.remembered,
    // A log from elsewhere is compared with the same hours of its own time; a time to come is a clock's error.
    atMs: Math.min(read.toMs ?? startedMs, startedMs),
  });
  const folded = await foldRecords(read, memory);
  const clusters = ranked(folded, memory);
  const shown = clusters.slice(0, clustersReportedMax).map(shownCluster);
  const troubled = clusters.filter(isTrouble);
  const onsetMs = onsetOf(troubled);
  const changes =
    onsetMs === undefined ? [] : changesBefore(options.records, onsetMs, at.principal);
  const explained = await explain(options.backends, {
    clusters: shown.slice(0, troubled.length),
    changes,
    language: options.language,
  });
  const ms = Math.max(0, options.now() - startedMs);
  const conversationId = at.named ? at.conversation : null;
  const report = foldReport({
    subject: { ...options.subject(), conversationId },
    run: at.id,
    material,
    folded,
    clusters,
    shown,
    changes,
    explained,
    startedMs,
    ms,
  });
  const { facts, told } = memory.toRecord(clusters);
  const { calls, promptTokens, completionTokens } = explained;
  const { lines, malformed } = folded.counts;
  const windowMs = windowOf(folded);
  const figures = { windowMs, lines, malformed, calls, promptTokens, completionTokens, ms };
  const record: NewRecord = {
    ...at.context,
    class: "event",
    origin: "node",
    type: "fold.recorded",
    facts: { ...facts, run: at.id, ...figures },
    data: { clusters: told },
  };
  return { text: foldInWords(report, options.language), data: report, effects: [record] };
}

const digest = (text: string): string => createHash("sha256").update(text).digest("hex");

interface ReadRecords {
  readonly records: readonly LogRecord[];
  readonly counts: LineCounts;
  readonly fromMs: number | undefined;
  readonly toMs: number | undefined;
  readonly compared: ComparedWindow;
}

async function readRecords(material: Material, nowMs: number): Promise<ReadRecords> {
  const records: LogRecord[] = [];
  const clock = { nowMs, zoneMs: machineZoneMs };
  const reader = new LogReader(clock, (record) => records.push(record));
  for (const _ of readLog(material, reader, stepLines)) await breath();
  const times = records.map(({ timeMs }) => timeMs).filter((timeMs) => timeMs !== undefined);
  const earliestMs = times.length === 0 ? undefined : times.reduce((a, b) => Math.min(a, b));
  const newestMs = times.length === 0 ? undefined : times.reduce((a, b) => Math.max(a, b));
  const { windowMs, toMs = newestMs } = material;
  const fromMs = windowMs === undefined || toMs === undefined ? earliestMs : toMs - windowMs;
  const sinceMs =
    earliestMs === undefined ? undefined : Math.max(earliestMs, material.sinceMs ?? earliestMs);
  const compared = comparedWindow({ fromMs, toMs: toMs ?? nowMs }, sinceMs);
  return { records, counts: reader.counts, fromMs, toMs, compared };
}

async function foldRecords(read: ReadRecords, memory: ClusterMemory): Promise<FoldedText> {
  const { records, counts, fromMs, toMs, compared } = read;
  const remembered = await memory.remembered();
  const folder = new Folder(digest, remembered, memory.regrouping(remembered));
  let outside = 0;
  for (const [at, record] of records.entries()) {
    const place = compared.placeOf(record);
    if (place !== "window") outside += 1;
    folder.add(record, place);
    if (at % stepLines === stepLines - 1) await breath();
  }
  const span = { fromMs, toMs, comparedDays: compared.days };
  return { counts, folder, clusters: folder.finish(), outside, ...span };
}

function ranked(folded: FoldedText, memory: ClusterMemory): RankedCluster[] {
  const { comparedDays } = folded;
  const windowMs = windowOf(folded);
  return rank(folded.clusters, {
    isFirst: memory.isFirst && folded.outside === 0,
    isKnown: ({ isRemembered, fingerprint }) => isRemembered || memory.isKnown(fingerprint),
    // What the log itself holds of those days is nearer to the truth than what was folded then.
    baseline: ({ fingerprint, compared }) =>
      comparedDays > 0
        ? { expected: compared / comparedDays }
        : memory.baseline(fingerprint, windowMs),
  });
}

const aheadMs = (timeMs: number): number => -new Date(timeMs).getTimezoneOffset() * 60_000;

/** How far this machine's zone is ahead of UTC at a time of its own wall clock. */
function machineZoneMs(wallMs: number): number {
  // Where the clock is moved in between, the second look is at the right side of it.
  return aheadMs(wallMs - aheadMs(wallMs));
}

/** Milliseconds of the log that were looked at; 0 where its lines have no time. */
function windowOf({ fromMs, toMs }: FoldedText): number {
  return fromMs === undefined || toMs === undefined ? 0 : Math.max(0, Math.round(toMs - fromMs));
}

function onsetOf(troubled: readonly RankedCluster[]): number | undefined {
  const times = troubled.map(({ firstMs }) => firstMs).filter((timeMs) => timeMs !== undefined);
  return times.length === 0 ? undefined : times.reduce((least, each) => Math.min(least, each));
}
