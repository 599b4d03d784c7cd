import {
  closeSync,
  copyFileSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  statSync,
} from "node:fs";
import { join } from "node:path";
import { loadNodeKeys } from "../packages/core/src/adapters/keys/node-keys.ts";
import { forgettingIn } from "../packages/core/src/adapters/sqlite/forget-thread.ts";
import { Journal } from "../packages/core/src/adapters/sqlite/journal.ts";
import { runVerify } from "../packages/core/src/adapters/sqlite/maintenance-thread.ts";
import type { NewRecord } from "../packages/core/src/domain/journal/record.ts";
import { homeFiles } from "../packages/core/src/home.ts";
import { atMost, type BenchOptions, type Figure, percentile } from "./figure.ts";
import { largeHome } from "./large-journal.ts";

// What forgetting in a journal of a gigabyte costs those who write meanwhile: one client appends one record after another,
// before and during. What is forgotten is scattered among what stays.

const forgottenTurns = 4_000;
const quickForgottenTurns = 100;
/** Turns that stay, between two that are forgotten. */
const between = 2;
const beforeForMs = 5_000;
const quickBeforeMs = 300;
const turnBytes = 4_000;
const turnsAtOnce = 64;
const forgotten = "cv_bench_forgotten";

interface Measured {
  readonly gigabytes: number;
  readonly payloads: number;
  /** How often the texts stand in the raw files. */
  readonly marksBefore: number;
  readonly marksAfter: number;
  readonly residueBytes: number;
  /** What verifying finds afterwards. */
  readonly faults: readonly unknown[];
  /** How long each append took. */
  readonly beforeMs: readonly number[];
  readonly duringMs: readonly number[];
  readonly chosenMs: number;
  readonly erasedMs: number;
  readonly tookMs: number;
}

export async function forget(options: BenchOptions): Promise<readonly Figure[]> {
  const measured = await measureForgetting(options);
  const { beforeMs, duringMs, gigabytes, payloads, marksBefore, marksAfter } = measured;
  const { chosenMs, erasedMs, tookMs } = measured;
  return [
    {
      figure: "longest wait of a writer while much is forgotten",
      value: percentile(duringMs, 1),
      unit: "ms",
      bar: atMost(100),
      note:
        `${payloads} payloads in ${gigabytes.toFixed(2)} GB; chosen in ${seconds(chosenMs)}, erased in ` +
        `${seconds(erasedMs)}, all in ${seconds(tookMs)}; ${marksBefore} of their texts in the file before, ${marksAfter} after`,
    },
    {
      figure: "append while much is forgotten, p99",
      value: percentile(duringMs, 0.99),
      unit: "ms",
      ratio: percentile(duringMs, 0.99) / percentile(beforeMs, 0.99),
      ratioOf: "before",
      note: `before: ${percentile(beforeMs, 0.99).toFixed(1)} ms, ${percentile(beforeMs, 1).toFixed(1)} ms at most`,
    },
    {
      figure: "bytes of what was forgotten left in the files",
      value: measured.residueBytes,
      unit: "B",
      bar: atMost(0),
    },
  ];
}

/** Forgets turns that are scattered among others while a client appends one record after another. */
export async function measureForgetting({
  quick,
  folder,
}: Pick<BenchOptions, "quick" | "folder">): Promise<Measured> {
  const home = copyOf(await largeHome({ quick, folder }), join(folder, "forget"));
  const files = homeFiles(home);
  const { headKey, nodeId } = loadNodeKeys(home);
  const journalFiles = { file: files.journal, headFile: files.head, headKey, nodeId };
  await using journal = await Journal.open(journalFiles);
  await writeTurns(journal, quick ? quickForgottenTurns : forgottenTurns);
  const marksBefore = rawMarks(files.journal);
  const inFiles = forgettingIn(journal, files);
  const stopBefore = startAppending(journal);
  await new Promise((resolve) => setTimeout(resolve, quick ? quickBeforeMs : beforeForMs));
  const beforeMs = await stopBefore();

  const stopDuring = startAppending(journal);
  const startedMs = performance.now();
  const selected = await inFiles.select({ conversation: forgotten });
  const chosenMs = performance.now() - startedMs;
  await inFiles.erase(selected.ranges, "bench");
  const erasedMs = performance.now() - startedMs - chosenMs;
  while (!(await inFiles.emptyLog()));
  const residueBytes = await inFiles.residue(selected.words);
  const tookMs = performance.now() - startedMs;
  const duringMs = await stopDuring();
  const { questions, answers } = selected.counts;
  return {
    gigabytes: statSync(files.journal).size / 1e9,
    payloads: questions + answers,
    marksBefore,
    marksAfter: rawMarks(files.journal),
    residueBytes,
    faults: (await runVerify(journalFiles)).faults,
    beforeMs,
    duringMs,
    chosenMs,
    erasedMs,
    tookMs,
  };
}

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;

/** The large journal is kept for other runs, so a copy of it forgets. */
function copyOf(from: string, to: string): string {
  mkdirSync(to, { recursive: true, mode: 0o700 });
  for (const name of ["journal.db", "journal.head", "node.key"]) {
    copyFileSync(join(from, name), join(to, name));
    // A copy that is still on its way to the disk would hold up the first commit that waits for the disk.
    const copy = openSync(join(to, name), "r+");
    fsyncSync(copy);
    closeSync(copy);
  }
  return to;
}

const markOf = (turn: number): string => `forgotten-${String(turn).padStart(8, "0")}-turn`;
const anyMark = "forgotten-0";

function rawMarks(file: string): number {
  let count = 0;
  for (const name of [file, `${file}-wal`]) {
    const bytes = readFileSync(name);
    for (let at = bytes.indexOf(anyMark); at >= 0; at = bytes.indexOf(anyMark, at + 1)) count += 1;
  }
  return count;
}

async function writeTurns(journal: Journal, turns: number): Promise<void> {
  // A few at a time: had this thread thousands of them to collect later, that would hold up the appends that are measured.
  const all = turns * (between + 1);
  for (let from = 0; from < all; from += turnsAtOnce)
    await Promise.all(
      Array.from({ length: Math.min(turnsAtOnce, all - from) }, (_, at) =>
        journal.append({ records: turnOf(from + at, (from + at) % (between + 1) === 0) }),
      ),
    );
}

function turnOf(turn: number, isForgotten: boolean): readonly NewRecord[] {
  const run = `run_forget_${turn}`;
  const mark = isForgotten ? markOf(turn) : `kept-${turn}`;
  const context = {
    origin: "node",
    class: "message",
    owner: "bench",
    actor: "bench",
    tier: "local",
    conversation: isForgotten ? forgotten : "cv_bench_kept",
  } as const;
  return [
    {
      ...context,
      type: "turn.received",
      facts: { run, mode: "DIRECT", detached: false },
      data: { conversation: "bench", text: `${mark} is asked` },
    },
    {
      ...context,
      type: "turn.answered",
      cause: "first",
      facts: { run, by: "model", promptTokens: 300, completionTokens: 700, ms: 40 },
      data: { text: `${mark} `.repeat(turnBytes / (mark.length + 1)) },
    },
  ];
}

/** Appends one record after another, and answers how long each took when it is told to stop. */
function startAppending(journal: Journal): () => Promise<number[]> {
  const tookMs: number[] = [];
  const stop = new AbortController();
  const appending = (async () => {
    while (!stop.signal.aborted) {
      const startedMs = performance.now();
      await journal.append({
        records: [
          {
            origin: "outside",
            type: "bench.event",
            class: "event",
            owner: "bench",
            actor: "bench",
            tier: "local",
            facts: {},
            data: { text: "another goes on" },
          },
        ],
      });
      tookMs.push(performance.now() - startedMs);
    }
  })();
  return async () => {
    stop.abort();
    await appending;
    return tookMs;
  };
}
