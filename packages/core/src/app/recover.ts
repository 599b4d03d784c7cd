import { type Bilingual, problem } from "@adyton/protocol";
import type { ModeSpec } from "../domain/modes/mode-spec.ts";
import type { JournalPort, RecordsPort, RunState } from "../ports/journal.ts";
import type { Submission } from "./live-run.ts";
import { problemWords } from "./problem-words.ts";
import { ReceivedData } from "./runs.ts";
import type { Tokens } from "./tokens.ts";
import type { Turns } from "./turns.ts";

export interface RecoverOptions {
  readonly journal: JournalPort;
  readonly records: RecordsPort;
  /** The runs without an end, as they were before the first request of this process. */
  readonly unfinished: readonly RunState[];
  readonly tokens: Tokens;
  readonly turns: Turns;
  readonly language: keyof Bilingual;
  readonly now: () => number;
}

/**
 * A detached turn is begun at most so often, restarts included; a turn that kills the node must not do so for ever. One
 * that only waited when the node died is innocent, and is not counted.
 */
const attemptsMax = 3;

export interface Recovered {
  readonly resumed: number;
  readonly interrupted: number;
}

/**
 * Takes care, once, of every turn that was running when the process ended: what was acknowledged is executed again, in
 * the order in which it came; what was not has no caller any more and is recorded as interrupted.
 */
export async function recoverRuns(options: RecoverOptions): Promise<Recovered> {
  const unfinished = options.unfinished.toSorted((a, b) => a.received - b.received);
  const resumptions = await Promise.all(unfinished.map((run) => resumptionOf(options, run)));
  const toResume = resumptions.flatMap((resumption) => resumption ?? []);
  for (const { run, policy, submission } of toResume)
    options.turns.resume(run.id, policy, submission, run.received);
  return { resumed: toResume.length, interrupted: unfinished.length - toResume.length };
}

interface Resumption {
  readonly run: RunState;
  readonly policy: ModeSpec;
  readonly submission: Submission;
}

/** What is to be taken up again; `undefined` where nothing is, which is recorded. */
async function resumptionOf(
  options: RecoverOptions,
  run: RunState,
): Promise<Resumption | undefined> {
  const received = ReceivedData.safeParse(options.records.record(run.received)?.data);
  const principal = options.tokens.principal(run.actor);
  const context = {
    owner: run.owner,
    actor: run.actor,
    tier: principal?.tier ?? "external",
    conversation: run.conversation,
    cause: run.received,
    origin: "node",
  } as const;
  const isToResume = run.detached === 1 && run.attempts < attemptsMax && received.success;
  // A mode that is not defined any more answers nothing.
  const policy = options.turns.modes.find(run.mode);
  if (isToResume && principal !== undefined && policy !== undefined) {
    const submission = { principal, ...received.data, detached: true, watched: true };
    return { run, policy, submission };
  }
  const data = problem("interrupted", {
    detail: problemWords.interrupted[options.language],
    instance: `/api/v1/runs/${run.id}`,
  });
  const ms = Math.max(0, options.now() - run.created);
  const facts = { run: run.id, status: "interrupted" as const, code: data.code, ms };
  await options.journal.append({
    records: [{ ...context, class: "message", type: "turn.failed", facts, data }],
  });
  return undefined;
}
