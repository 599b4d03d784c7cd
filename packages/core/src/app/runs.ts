import {
  Attachment,
  MessageAnswer,
  Problem,
  problem,
  type Run,
  TraceStep,
  traceStepsMax,
} from "@adyton/protocol";
import * as z from "zod";
import { ProblemError } from "../domain/problem-error.ts";
import type { Principal } from "../ports/http.ts";
import type { RecordsPort, RunState, StatePort } from "../ports/journal.ts";
import { describeLive } from "./live-run.ts";
import type { Turns } from "./turns.ts";

export interface RunsOptions {
  readonly state: StatePort;
  readonly records: RecordsPort;
  readonly turns: Turns;
}

/** What the record of a question holds besides its facts. */
export const ReceivedData = z.object({
  conversation: z.string(),
  text: z.string(),
  quote: z.string().optional(),
  attachments: z.array(Attachment).optional(),
  mode: z.string().optional(),
  rethink: z
    .object({ run: z.string(), back: z.int(), depth: z.enum(["fast", "deep"]).optional() })
    .optional(),
});

const EndFacts = z.object({ ms: z.number() });

/** Runs as their callers see them: in memory while they live, from the journal afterwards. */
export class Runs {
  readonly #options: RunsOptions;

  constructor(options: RunsOptions) {
    this.#options = options;
  }

  /** A run of the caller's own. Throws `ProblemError` `erased` when its answer is not there any more. */
  find(id: string, caller: Principal): Run | undefined {
    const live = this.#options.turns.live(id);
    if (live !== undefined)
      return live.submission.principal.id === caller.id ? describeLive(live) : undefined;
    const unrecorded = this.#options.turns.unrecorded.find(id);
    if (unrecorded !== undefined)
      return unrecorded.principal === caller.id ? unrecorded.run : undefined;
    const state = this.#options.state.run(id);
    return state === undefined || state.actor !== caller.id ? undefined : this.#describe(state);
  }

  /** The steps of a run that is over, as far as the journal still has their words. */
  steps(id: string): readonly TraceStep[] {
    const state = this.#options.state.run(id);
    if (state === undefined) return [];
    return this.#options.records.steps(state, traceStepsMax).flatMap(({ facts, data }) => {
      const step = TraceStep.safeParse({ ...asObject(facts), ...asObject(data) });
      return step.success ? step.data : [];
    });
  }

  #describe(state: RunState): Run {
    const received = ReceivedData.safeParse(this.#options.records.record(state.received)?.data);
    if (!received.success) throw new ProblemError(problem("erased"));
    const end = state.result === null ? undefined : this.#options.records.record(state.result);
    if (end?.payload === "erased") throw new ProblemError(problem("erased"));
    return {
      id: state.id,
      conversation: received.data.conversation,
      status: state.status,
      mode: state.mode,
      createdAt: new Date(admittedMs(state, end?.facts)).toISOString(),
      ...(state.finished === null ? {} : { finishedAt: new Date(state.finished).toISOString() }),
      ...(end !== undefined && state.status === "answered"
        ? { answer: MessageAnswer.parse(end.data) }
        : {}),
      ...(end !== undefined && state.status !== "answered"
        ? { problem: Problem.parse(end.data) }
        : {}),
    };
  }
}

const asObject = (value: unknown): object =>
  typeof value === "object" && value !== null ? value : {};

/** The question of a short turn is written together with its end, so its record is younger than the turn. */
function admittedMs(state: RunState, endFacts: unknown): number {
  const facts = EndFacts.safeParse(endFacts);
  if (!facts.success || state.finished === null) return state.created;
  return Math.min(state.created, state.finished - facts.data.ms);
}
