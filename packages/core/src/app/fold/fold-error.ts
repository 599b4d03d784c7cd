import { createHash } from "node:crypto";
import {
  type Bilingual,
  type FoldArgs,
  foldBytesMax,
  foldLinesMax,
  type FoldReport,
  foldWindowMsDefault,
  foldWindowMsMax,
  grantCovers,
  problem,
} from "@adyton/protocol";
import { parseDuration } from "@adyton/runtime/duration";
import { Folder } from "../../domain/fold/fold.ts";
import type { LogRecord } from "../../domain/fold/log-record.ts";
import { isTrouble, rank, type RankedCluster } from "../../domain/fold/rank.ts";
import { LogReader, readText } from "../../domain/fold/read-log.ts";
import type { NewRecord } from "../../domain/journal/record.ts";
import { ProblemError } from "../../domain/problem-error.ts";
import type { Principal } from "../../ports/http.ts";
import type { LogsPort } from "../../ports/logs.ts";
import type { BackendPool } from "../backend-pool.ts";
import { breath } from "../breath.ts";
import { changesBefore } from "./changes-before.ts";
import { ClusterMemory, type ClusterMemoryOptions } from "./cluster-memory.ts";
import { explain } from "./explain.ts";
import { foldProblems } from "./fold-problems.ts";
import { type FoldedText, foldReport, type Material, shownCluster } from "./fold-report.ts";
import { foldInWords } from "./fold-words.ts";

export interface FoldOptions extends ClusterMemoryOptions {
  readonly logs: LogsPort;
  readonly backends: BackendPool;
  /** Who the report is about; the mode and the model are those of the node. */
  readonly subject: () => Pick<
    FoldReport["subject"],
    "node" | "configHash" | "corePromptHash" | "mode"
  >;
  readonly language: keyof Bilingual;
  readonly now: () => number;
}

export interface FoldRequest {
  readonly principal: Principal;
  readonly id: string;
  readonly conversation: string | undefined;
  readonly context: Pick<NewRecord, "owner" | "actor" | "tier" | "conversation">;
}

/** Clusters of a report, the highest ranked. */
const clustersReportedMax = 50;
/** Lines folded with one step; between two steps the event loop is free. */
const stepLines = 250;
const nodeLog = "node";
const handedIn = "lines";

/**
 * ERROR-FOLD: folds a window of a log into clusters, ranks them, finds what was changed before, and asks a model once what
 * may be the cause. Every value in the lines is masked before anything is kept. Throws `ProblemError`: `forbidden`,
 * `not_found`, `invalid_body`.
 */
export async function foldError(options: FoldOptions, args: FoldArgs, request: FoldRequest) {
  const startedMs = options.now();
  const material = await chosen(options, args, request.principal);
  const { person } = request.principal;
  const memory = new ClusterMemory(options, {
    person,
    source: material.remembered,
    nowMs: startedMs,
  });
  const folded = await fold(material, memory, startedMs);
  const windowMs = windowOf(folded, material, startedMs);
  const clusters = rank(folded.folder.finish(), {
    isFirst: memory.isFirst,
    isKnown: (cluster) => cluster.isRemembered || memory.isKnown(cluster),
    baseline: (cluster) => memory.baseline(cluster, windowMs),
  });
  const shown = clusters.slice(0, clustersReportedMax).map(shownCluster);
  const troubled = clusters.filter(isTrouble);
  const onsetMs = onsetOf(troubled);
  const changes =
    onsetMs === undefined ? [] : changesBefore(options.records, onsetMs, request.principal);
  const explained = await explain(options.backends, {
    clusters: shown.slice(0, troubled.length),
    changes,
    language: options.language,
  });
  const ms = Math.max(0, options.now() - startedMs);
  const report = foldReport({
    subject: { ...options.subject(), conversationId: request.conversation ?? null },
    run: request.id,
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
  const { lines, malformed } = folded.reader.counts;
  const record: NewRecord = {
    ...request.context,
    class: "event",
    origin: "node",
    type: "fold.recorded",
    facts: {
      ...facts,
      run: request.id,
      windowMs,
      lines,
      malformed,
      calls,
      promptTokens,
      completionTokens,
      ms,
    },
    data: { clusters: told },
  };
  return { text: foldInWords(report, options.language), data: report, effects: [record] };
}

/** Where the lines come from. The node's own log tells about everybody who uses it, so it needs `admin`. */
async function chosen(
  options: FoldOptions,
  args: FoldArgs,
  principal: Principal,
): Promise<Material> {
  const { source, window, lines } = withInput(args);
  const { language } = options;
  if (lines !== undefined) {
    const text = typeof lines === "string" ? lines : lines.join("\n");
    return {
      ...newest(text),
      source: handedIn,
      remembered: `${handedIn}/${source ?? ""}`,
      fromMs: undefined,
    };
  }
  const windowMs = windowFrom(window, language);
  const name = source ?? nodeLog;
  const say = (words: Bilingual): { detail: string } => ({ detail: words[language] });
  if (name === nodeLog && !grantCovers(principal.grants, "admin"))
    throw new ProblemError(problem("forbidden", say(foldProblems.ownLog(options.logs.names))));
  const read = await options.logs.read(name, foldBytesMax);
  if (read === undefined)
    throw new ProblemError(
      problem("not_found", say(foldProblems.noSuchLog(name, options.logs.names))),
    );
  if (read.kind === "unreadable")
    throw new ProblemError(problem("not_found", say(foldProblems.unreadable(name, read.reason))));
  const tail = newest(read.text);
  return {
    text: tail.text,
    isTail: read.isTail || tail.isTail,
    source: name,
    remembered: name,
    fromMs: options.now() - windowMs,
  };
}

/** What follows the command in a message: several lines are the log itself, one line names a source and a window. */
function withInput({ input, ...args }: FoldArgs): FoldArgs {
  if (input === undefined) return args;
  if (input.includes("\n")) return { lines: input, ...args };
  const words = input.trim().split(/\s+/);
  const window = words.find((word) => /^\d/.test(word));
  const source = words.find((word) => word !== window)?.toLowerCase();
  return {
    ...(source === undefined ? {} : { source }),
    ...(window === undefined ? {} : { window }),
    ...args,
  };
}

function windowFrom(window: string | undefined, language: keyof Bilingual): number {
  if (window === undefined) return foldWindowMsDefault;
  const parsed = parseDuration(window);
  if (parsed.kind === "ok" && parsed.value > 0 && parsed.value <= foldWindowMsMax)
    return parsed.value;
  const detail = foldProblems.badWindow[language];
  const errors = [{ path: "/args/window", message: foldProblems.badWindow.en }];
  throw new ProblemError(problem("invalid_body", { detail, errors }));
}

/** The newest lines that one call looks at. */
function newest(text: string): { readonly text: string; readonly isTail: boolean } {
  let from = text.endsWith("\n") ? text.length - 1 : text.length;
  for (let lines = 0; lines < foldLinesMax; lines += 1) {
    from = text.lastIndexOf("\n", from - 1);
    if (from <= 0) return { text, isTail: false };
  }
  return { text: text.slice(from + 1), isTail: true };
}

const digest = (text: string): string => createHash("sha256").update(text).digest("hex");

async function fold(material: Material, memory: ClusterMemory, nowMs: number): Promise<FoldedText> {
  const folder = new Folder(digest, memory.remembered());
  const span = { outside: 0, fromMs: material.fromMs, toMs: undefined as number | undefined };
  const take = (record: LogRecord): void => {
    const { timeMs } = record;
    if (timeMs !== undefined && material.fromMs !== undefined && timeMs < material.fromMs) {
      span.outside += 1;
      return;
    }
    if (timeMs !== undefined) {
      span.fromMs = Math.min(span.fromMs ?? timeMs, timeMs);
      span.toMs = Math.max(span.toMs ?? timeMs, timeMs);
    }
    folder.add(record);
  };
  const reader = new LogReader({ nowMs, zoneMs: machineZoneMs }, take);
  for (const _ of readText(material.text, reader, stepLines)) await breath();
  return { reader, folder, ...span };
}

const aheadMs = (timeMs: number): number => -new Date(timeMs).getTimezoneOffset() * 60_000;

/** How far this machine's zone is ahead of UTC at a time of its own wall clock. */
function machineZoneMs(wallMs: number): number {
  // Where the clock is moved in between, the second look is at the right side of it.
  return aheadMs(wallMs - aheadMs(wallMs));
}

/** Milliseconds of the log that were looked at; 0 where its lines have no time. */
function windowOf({ fromMs, toMs }: FoldedText, material: Material, nowMs: number): number {
  if (material.fromMs !== undefined) return Math.max(0, nowMs - material.fromMs);
  return fromMs === undefined || toMs === undefined ? 0 : Math.round(toMs - fromMs);
}

function onsetOf(troubled: readonly RankedCluster[]): number | undefined {
  const times = troubled.map(({ firstMs }) => firstMs).filter((timeMs) => timeMs !== undefined);
  return times.length === 0 ? undefined : times.reduce((least, each) => Math.min(least, each));
}
