import { hash } from "node:crypto";
import { type TraceStep, traceTextCharsMax } from "@adyton/protocol";
import type { Step } from "../domain/recursia/asking.ts";
import type { JournalPort } from "../ports/journal.ts";
import type { LiveRun } from "./live-run.ts";

interface RunTraceOptions {
  readonly journal: JournalPort;
  readonly run: LiveRun;
  /** The number of the question's record, once that is on disk. */
  readonly received: Promise<number>;
}

/**
 * The steps of a run: told to whoever watches as they are taken, and written behind the question they belong to. Figures
 * are facts, words lie in the payload and go with retention.
 */
export class RunTrace {
  readonly #options: RunTraceOptions;
  readonly #written: Promise<unknown>[] = [];

  constructor(options: RunTraceOptions) {
    this.#options = options;
  }

  add(step: Step): void {
    const { run } = this.#options;
    const told = traceStep(step, run, run.steps.length + 1);
    if (!run.step(told)) return;
    const written = this.#write(told);
    // Whoever waits for the trace is told; a run that was stopped waits for nothing.
    written.catch(() => undefined);
    this.#written.push(written);
  }

  /** Resolves when every step is on disk. Rejects with the storage's problem. */
  async written(): Promise<void> {
    await Promise.all(this.#written);
  }

  async #write(step: TraceStep): Promise<void> {
    const { journal, run, received } = this.#options;
    const { hashIn, hashOut, text, reason, ...facts } = step;
    const { principal } = run.submission;
    const cause = await received;
    await journal.append({
      records: [
        {
          owner: principal.person,
          actor: principal.id,
          tier: principal.tier,
          conversation: run.conversationKey,
          class: "trace",
          origin: "node",
          type: "run.step",
          cause,
          facts,
          data: { hashIn, hashOut, text, reason },
        },
      ],
    });
  }
}

function traceStep(step: Step, { id: run, guard }: LiveRun, seq: number): TraceStep {
  const { kind, verdict, call, inTokens, outTokens, ms, textIn, textOut, reason } = step;
  const text = textOut ?? textIn;
  return {
    run,
    seq,
    kind,
    verdict,
    ...(call === undefined ? {} : { call }),
    inTokens,
    outTokens,
    ms,
    ...(textIn === undefined ? {} : { hashIn: digest(textIn) }),
    ...(textOut === undefined ? {} : { hashOut: digest(textOut) }),
    ...(text === undefined ? {} : { text: guard.shown(text).slice(0, traceTextCharsMax) }),
    ...(reason === undefined || reason === ""
      ? {}
      : { reason: guard.shown(reason).slice(0, traceTextCharsMax) }),
  };
}

const digest = (text: string): string => hash("sha256", text, "base64url");
