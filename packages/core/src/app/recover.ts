import { problem } from "@adyton/protocol";
import type { JournalPort, RecordsPort, RunState } from "../ports/journal.ts";
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
  readonly now: () => number;
}

/** A detached turn is executed at most so often, restarts included; a turn that kills the node must not do so for ever. */
const attemptsMax = 2;

export interface Recovered {
  readonly resumed: number;
  readonly interrupted: number;
}

/**
 * Takes care, once, of every turn that was running when the process ended: what was acknowledged is executed again;
 * what was not has no caller any more and is recorded as interrupted.
 */
export async function recoverRuns(options: RecoverOptions): Promise<Recovered> {
  let resumed = 0;
  const { unfinished } = options;
  for (const run of unfinished) if (await resume(options, run)) resumed += 1;
  return { resumed, interrupted: unfinished.length - resumed };
}

async function resume(options: RecoverOptions, run: RunState): Promise<boolean> {
  const received = ReceivedData.safeParse(options.records.record(run.received)?.data);
  const principal = options.tokens.principal(run.actor);
  const context = {
    owner: run.owner,
    actor: run.actor,
    tier: principal?.tier ?? "external",
    conversation: run.conversation,
    cause: run.received,
  };
  if (
    run.detached === 1 &&
    run.attempts < attemptsMax &&
    received.success &&
    principal !== undefined
  ) {
    const { conversation, text, mode } = received.data;
    await options.journal.append({
      records: [
        {
          ...context,
          class: "record",
          origin: "node",
          type: "turn.resumed",
          facts: { run: run.id },
        },
      ],
    });
    const submission = { principal, conversation, text, mode, detached: true, watched: true };
    options.turns.resume(run.id, submission, run.received, run.attempts + 1);
    return true;
  }
  const data = problem("interrupted", {
    detail: "The node stopped while this was running. Ask again.",
    instance: `/api/v1/runs/${run.id}`,
  });
  const ms = Math.max(0, options.now() - run.created);
  const facts = { run: run.id, status: "interrupted" as const, code: data.code, ms };
  await options.journal.append({
    records: [{ ...context, class: "message", origin: "node", type: "turn.failed", facts, data }],
  });
  return false;
}
