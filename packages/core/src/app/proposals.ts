import {
  type Fact,
  FactRequest,
  grantCovers,
  problem,
  type Proposal,
  type ProposalList,
  proposalsOfSourceMax,
  proposalsWaitingMax,
} from "@adyton/protocol";
import { type DedupeKey, factsByType, type NewRecord } from "../domain/journal/record.ts";
import { ProblemError } from "../domain/problem-error.ts";
import type { Principal } from "../ports/http.ts";
import type {
  JournalPort,
  JournalRecord,
  ProposalState,
  RecordsPort,
  StatePort,
} from "../ports/journal.ts";
import { describeProposal, factKeys, ProposedWords, timesOf, readWords } from "./fact-words.ts";
import type { Facts } from "./facts.ts";
import { mismatch } from "./idempotency.ts";
import { newId } from "./identifiers.ts";
import { OneByOne } from "./one-by-one.ts";
import { owner } from "./tokens.ts";

export interface ProposalsOptions {
  readonly journal: JournalPort;
  readonly records: RecordsPort;
  readonly state: StatePort;
  readonly facts: Facts;
  readonly dedupeKey: Uint8Array;
  /** Milliseconds a proposal waits for a decision. */
  readonly lifetimeMs: number;
  readonly now: () => number;
}

const ProposedFacts = factsByType["memory.fact.proposed"];
const fullRetrySeconds = 3_600;

/**
 * Facts that were handed in by those who may not write memory. Nothing finds them until the node's owner accepts them:
 * whoever proposes shows it to the owner, and to nobody else.
 */
export class Proposals {
  readonly #options: ProposalsOptions;
  readonly #changes = new OneByOne();

  constructor(options: ProposalsOptions) {
    this.#options = options;
  }

  /** How many wait for a decision, of those the caller may see. */
  countFor(by: Principal): number {
    return this.#waitingFor(by).length;
  }

  /**
   * Puts a fact before the owner. Throws `ProblemError`: `busy` when as many wait as may, `invalid_body` for times that
   * do not fit, `idempotency_mismatch`, or the journal's.
   */
  propose(request: FactRequest, by: Principal, dedupe?: DedupeKey): Promise<Proposal> {
    return this.#changes.run("proposals", async () => {
      this.#refuseUnfit(request);
      this.#refuseOver(by);
      const id = newId("prp");
      const outcome = await this.#options.journal.append({
        records: [this.#record(request, by, id)],
        dedupe,
        resultOf: dedupe?.key,
      });
      if (outcome.kind === "duplicate" && !outcome.same) throw mismatch();
      const seq = outcome.kind === "duplicate" ? outcome.seq : outcome.firstSeq;
      const record = this.#options.records.record(seq);
      if (record === undefined) throw new Error("a proposal that was written is not there");
      return this.proposedBy(record);
    });
  }

  #refuseUnfit(request: FactRequest): void {
    const { fromMs = this.#options.now(), toMs } = timesOf(request);
    if (toMs === undefined || toMs > fromMs) return;
    const errors = [{ path: "/validTo", message: "must be after the beginning" }];
    throw new ProblemError(problem("invalid_body", { errors }));
  }

  #refuseOver(by: Principal): void {
    const waiting = this.#waiting(null);
    const own = waiting.filter(({ actor }) => actor === by.id);
    if (waiting.length < proposalsWaitingMax && own.length < proposalsOfSourceMax) return;
    const detail = "As many proposed facts wait for a decision as may; decide on some first.";
    throw new ProblemError(problem("busy", { detail, retryAfterSeconds: fullRetrySeconds }));
  }

  #record(request: FactRequest, by: Principal, proposal: string): NewRecord {
    const { shared, ...said } = request;
    return {
      ...context(by, by.person),
      type: "memory.fact.proposed",
      facts: {
        proposal,
        ...factKeys(this.#options.dedupeKey, request),
        shared,
        untilMs: this.#options.now() + this.#options.lifetimeMs,
      },
      data: said satisfies ProposedWords,
    };
  }

  /** The proposal that a record brought. */
  proposedBy(record: JournalRecord): Proposal {
    const proposal = this.#options.state.facts.proposal(ProposedFacts.parse(record.facts).proposal);
    if (proposal === undefined) throw new ProblemError(problem("erased"));
    return this.#describe(proposal);
  }

  /** What waits: everybody's for the node's owner, its own for whoever proposes. */
  list(by: Principal): ProposalList {
    return { proposals: this.#waitingFor(by).map((each) => this.#describe(each)) };
  }

  /**
   * Makes a proposal a fact of the person it was proposed for. Accepting it again answers with the fact. Throws
   * `ProblemError`: `not_found`, `conflict` when it was rejected, has expired, or would have ended already.
   */
  accept(id: string, by: Principal): Promise<Fact> {
    return this.#changes.run(id, async () => {
      const proposal = this.#decidable(id, by);
      if (proposal.fact !== null) return this.#options.facts.told(proposal.fact);
      const words = this.#openWords(proposal);
      const request = FactRequest.parse({ ...words, shared: proposal.shared === 1 });
      const { fromMs = this.#options.now(), toMs } = timesOf(request);
      if (toMs !== undefined && toMs <= fromMs) throw conflict("It has ended meanwhile.");
      const outcome = await this.#options.facts.store({
        request,
        person: proposal.owner,
        by,
        said: { source: proposal.actor, tier: proposal.tier },
        proposal,
      });
      if (outcome.kind === "proposed") throw new Error("an accepted proposal was proposed again");
      return outcome.fact;
    });
  }

  /** Drops a proposal. Twice is the same as once. Throws `ProblemError`: `not_found`, `conflict` when it was accepted. */
  reject(id: string, by: Principal): Promise<Proposal> {
    return this.#changes.run(id, async () => {
      const proposal = this.#decidable(id, by);
      if (proposal.fact !== null) throw conflict("It was accepted; retract the fact instead.");
      const told = this.#describe(proposal);
      if (proposal.decided !== null) return told;
      await this.#options.journal.append({
        records: [
          {
            ...context(by, proposal.owner),
            type: "memory.proposal.rejected",
            cause: proposal.seq,
            facts: { proposal: id },
          },
        ],
      });
      return told;
    });
  }

  #decidable(id: string, by: Principal): ProposalState {
    const proposal = this.#options.state.facts.proposal(id);
    if (proposal === undefined || !mayDecide(by)) throw new ProblemError(problem("not_found"));
    return proposal;
  }

  /** The words of a proposal that still waits. */
  #openWords(proposal: ProposalState): ProposedWords {
    if (proposal.decided !== null) throw conflict("It was rejected.");
    if (proposal.until <= this.#options.now()) throw conflict("It has expired.");
    const words = readWords(this.#options.records, proposal.seq, ProposedWords);
    if (words === undefined) throw new ProblemError(problem("not_found"));
    return words;
  }

  #waitingFor(by: Principal): readonly ProposalState[] {
    return this.#waiting(mayDecide(by) ? null : by.id);
  }

  #waiting(actor: string | null): readonly ProposalState[] {
    return this.#options.state.facts.waiting(this.#options.now(), actor);
  }

  #describe(proposal: ProposalState): Proposal {
    const words = readWords(this.#options.records, proposal.seq, ProposedWords);
    return describeProposal(proposal, words);
  }
}

/** The node's owner decides, in person or through a program of its own that may write memory. */
function mayDecide(by: Principal): boolean {
  return by.person === owner.person && grantCovers(by.grants, "memory:write");
}

function context(by: Principal, person: string) {
  const { id: actor, tier } = by;
  return { origin: "node", class: "record", owner: person, actor, tier } as const;
}

function conflict(detail: string): ProblemError {
  return new ProblemError(problem("conflict", { detail }));
}
