import { statSync } from "node:fs";
import type { ForgettingPort, SeqRanges } from "../../ports/forgetting.ts";
import type { Journal } from "./journal.ts";
import type { MaintenanceEnd, MaintenanceJob } from "./maintenance.worker.ts";

interface Files {
  readonly journal: string;
  readonly index: string;
  readonly log: string;
  readonly backups: string;
}

/** A longer write-ahead log is copied back in a thread of its own first, so that the writer is not held up by it. */
const logBytesAtOnce = 1024 * 1024;
/**
 * So is what erasing writes, every few steps: it lies scattered, and were it left to the writer, which copies back 16 MiB
 * at once, everybody would wait a fifth of a second.
 */
const stepsBetweenCopies = 2;

const besides = (file: string): readonly string[] => ["", "-wal", "-shm"].map((end) => file + end);
/** The log and those it was turned into when it was full. */
const logs = (file: string): readonly string[] => ["", ".1", ".2", ".3"].map((end) => file + end);

/** Forgetting in the journal's files: what is long is done in threads of its own, what is written by the journal's writer. */
export function forgettingIn(
  journal: Journal,
  { journal: file, index, log, backups }: Files,
): ForgettingPort {
  return {
    select: async (query) => {
      const end = await done({
        kind: "select",
        file,
        query: { ...query, ranges: copied(query.ranges) },
      });
      if (end.kind === "selected") return end.selected;
      throw unfit(end);
    },
    erase: (ranges, reason) => {
      let steps = 0;
      return journal.erase(ranges, reason, async () => {
        if (steps > 0 && steps % stepsBetweenCopies === 0) await copyBack(file);
        steps += 1;
      });
    },
    emptyLog: async () => {
      const { size = 0 } = statSync(`${file}-wal`, { throwIfNoEntry: false }) ?? {};
      if (size > logBytesAtOnce) await copyBack(file);
      return journal.emptyLog();
    },
    residue: async (words) => {
      const databases = [...besides(file), ...besides(index)];
      const raw = { index, databases, logs: [...logs(log)] };
      const end = await done({ kind: "residue", file, raw, words });
      if (end.kind === "residue") return end.bytes;
      throw unfit(end);
    },
    copies: async (ranges) => {
      const end = await done({ kind: "copies", file, backups, ranges: copied(ranges) ?? [] });
      if (end.kind === "copies") return end.copies;
      throw unfit(end);
    },
  };
}

async function copyBack(file: string): Promise<void> {
  const end = await done({ kind: "log", file });
  if (end.kind !== "log_copied") throw unfit(end);
}

/** Loaded when it is first needed: a node starts without it. */
async function done(job: MaintenanceJob): Promise<MaintenanceEnd> {
  const { run } = await import("./maintenance-thread.ts");
  return run(job);
}

const unfit = (end: MaintenanceEnd): Error =>
  new Error(end.kind === "failed" ? end.message : `a thread answered with ${end.kind}`);

const copied = (ranges: SeqRanges | undefined): [number, number][] | undefined =>
  ranges?.map(([from, to]) => [from, to]);
