import type { Probe } from "../../domain/mirror/probes/probe.ts";
import type { Backend, BackendRole, ChatOutcome } from "../../ports/backend.ts";
import { usageOf } from "../answering.ts";
import type { BackendPool } from "../backend-pool.ts";
import { contextTokens } from "../client-context.ts";
import { askServers } from "../failover.ts";
import { SchemaHolding } from "../schema-holding.ts";
import { unlessAborted } from "../unless-aborted.ts";

/** Tokens an answer to a probe may have: figures and short quotations. */
const answerTokensMax = 1_024;

/** Nobody is asked any more: the number of calls is used up. */
const spent: ChatOutcome = {
  kind: "failed",
  reason: "cancelled",
  detail: { en: "No calls are left.", ru: "Обращений не осталось." },
  started: false,
};

interface ProbeCallsOptions {
  readonly backends: BackendPool;
  /** The conversation's key: its server is asked, where it can be. */
  readonly conversation: string;
  /** Ends every call. */
  readonly signal: AbortSignal;
  readonly callsMax: number;
}

export interface ProbeTarget {
  readonly role: BackendRole;
  /** The names of the servers that may answer; absent, all. */
  readonly servers?: ReadonlySet<string>;
}

/** A probe that was answered, with what its server says it read. */
export interface ReportedProbe {
  readonly backend: Backend;
  readonly messages: Probe["messages"];
  /** The name of its schema. */
  readonly name: string | undefined;
  readonly reportedTokens: number;
}

/** Puts probes to the model servers, within a number of calls, and counts what they cost. */
export class ProbeCalls {
  readonly #options: ProbeCallsOptions;
  readonly #holding = new SchemaHolding();
  /** Of the servers that report their usage. */
  readonly reported: ReportedProbe[] = [];
  readonly cost = { calls: 0, inTokens: 0, outTokens: 0 };

  constructor(options: ProbeCallsOptions) {
    this.#options = options;
  }

  /** The answer to a probe that is made for the server which is asked; `undefined` when none came. */
  async put(target: ProbeTarget, make: (backend: Backend) => Probe): Promise<string | undefined> {
    const { backends, conversation, signal, callsMax } = this.#options;
    if (this.cost.calls >= callsMax || signal.aborted) return undefined;
    const asked = askServers(
      backends,
      { ...target, conversation, signal, onRestart: () => undefined },
      (backend, attempt) => {
        const { messages, schema } = make(backend);
        const promptTokensEstimate = contextTokens(messages, undefined, (text) =>
          backend.countTokens(text),
        );
        const made = { messages, name: schema?.name, promptTokensEstimate };
        return this.#holding.ask(backend.name, schema, async (format) => {
          // A server that failed and one that refused a schema were asked as well.
          if (this.cost.calls >= callsMax) return { outcome: spent, made };
          this.cost.calls += 1;
          const settings = { temperature: 0, ...format };
          const request = { messages, signal, answerTokensMax, promptTokensEstimate, settings };
          return { outcome: await backend.chat({ ...attempt, ...request }), made };
        });
      },
    );
    const served = await unlessAborted(asked, signal);
    if (served?.outcome.kind !== "answered" || signal.aborted) return undefined;
    const { outcome, backend, made } = served;
    const usage = usageOf(outcome, backend, made.promptTokensEstimate);
    if (!usage.estimated)
      this.reported.push({
        backend,
        messages: made.messages,
        name: made.name,
        reportedTokens: usage.promptTokens,
      });
    this.cost.inTokens += usage.promptTokens;
    this.cost.outTokens += usage.completionTokens;
    return outcome.text;
  }
}
