import {
  type Fact,
  type FactList,
  type FactOutcome,
  factPageDefault,
  type FactQuery,
  type FactRequest,
  grantCovers,
  problem,
} from "@adyton/protocol";
import { type DedupeKey, factsByType, type NewRecord } from "../domain/journal/record.ts";
import { ProblemError } from "../domain/problem-error.ts";
import type { Principal } from "../ports/http.ts";
import type {
  FactState,
  JournalPort,
  JournalRecord,
  RecordsPort,
  StatePort,
} from "../ports/journal.ts";
import {
  describeFact,
  factKeys,
  FactWords,
  sameValue,
  subjectKey,
  timesOf,
  readWords,
} from "./fact-words.ts";
import { mismatch } from "./idempotency.ts";
import { newId } from "./identifiers.ts";
import type { MemoryIndex } from "./memory-index.ts";
import { OneByOne } from "./one-by-one.ts";

export interface FactsOptions {
  readonly journal: JournalPort;
  readonly records: RecordsPort;
  readonly state: StatePort;
  readonly dedupeKey: Uint8Array;
  /** Milliseconds after which a fact without an end of its own ends; none when absent. */
  readonly lifetimeMs?: number | undefined;
  readonly index: Pick<MemoryIndex, "soon">;
  readonly now: () => number;
}

/** Pairs of contradicting facts that are looked at for one list. */
const conflictsMax = 500;

const StoredFacts = factsByType["memory.fact.stored"];

/** A fact to store, whoever says it. */
export interface NewFact {
  readonly request: FactRequest;
  /** Whose fact it is. */
  readonly person: string;
  /** Who has it stored. */
  readonly by: Principal;
  /** Who said it, and how far that one is trusted. */
  readonly said: { readonly source: string; readonly tier: string };
  readonly proposal?: { readonly id: string; readonly seq: number } | undefined;
  /** When it was first told, of one carried over from another memory. */
  readonly recordedMs?: number | undefined;
  readonly dedupe?: DedupeKey | undefined;
}

/** Facts with validity: the journal keeps them, one of a slot takes the place of the one before. */
export class Facts {
  readonly #options: FactsOptions;
  readonly #changes = new OneByOne();

  constructor(options: FactsOptions) {
    this.#options = options;
  }

  /** The facts of everybody that were not retracted. */
  get count(): number {
    return this.#options.state.facts.count();
  }

  /**
   * Stores a fact and has it found. The value that holds already, said again without times, changes nothing. Throws
   * `ProblemError`: `invalid_body` for an end before the beginning, `idempotency_mismatch`, or the journal's.
   */
  store(fact: NewFact): Promise<FactOutcome> {
    const { slotKey } = factKeys(this.#options.dedupeKey, fact.request);
    // What a slot holds must be on disk before the next one is compared with it.
    return this.#changes.run(`${fact.person}\n${slotKey}`, () => this.#store(fact));
  }

  async #store(fact: NewFact): Promise<FactOutcome> {
    const { dedupe } = fact;
    const same = fact.proposal === undefined ? this.#sameNow(fact) : undefined;
    if (same !== undefined) return { kind: "unchanged", fact: this.#describe(same) };
    const id = newId("fct");
    const outcome = await this.#options.journal.append({
      records: [this.#record(fact, id)],
      dedupe,
      resultOf: dedupe?.key,
    });
    if (outcome.kind === "duplicate") {
      if (!outcome.same) throw mismatch();
      const former = this.#options.records.record(outcome.seq);
      if (former === undefined) throw new Error("a record that was written is not there");
      return this.storedBy(former);
    }
    await this.#options.index.soon();
    return { kind: "stored", fact: this.told(id) };
  }

  #record({ request, person, by, said, proposal, recordedMs }: NewFact, id: string): NewRecord {
    const { subject, attribute, value, shared, confidence } = request;
    return {
      origin: "node",
      type: "memory.fact.stored",
      class: "record",
      owner: person,
      actor: by.id,
      tier: by.tier,
      cause: proposal?.seq,
      facts: {
        fact: id,
        ...factKeys(this.#options.dedupeKey, request),
        shared,
        ...this.#validity(request),
        confidence,
        ...said,
        proposal: proposal?.id ?? null,
        ...(recordedMs === undefined ? {} : { recordedMs }),
      },
      data: { subject, attribute, value } satisfies FactWords,
    };
  }

  #validity(request: FactRequest): {
    readonly validFromMs: number;
    readonly validToMs: number | null;
  } {
    const { fromMs, toMs } = timesOf(request);
    const { lifetimeMs, now } = this.#options;
    const validFromMs = fromMs ?? now();
    const validToMs = toMs ?? (lifetimeMs === undefined ? null : validFromMs + lifetimeMs);
    if (validToMs !== null && validToMs <= validFromMs) {
      const errors = [{ path: "/validTo", message: "must be after the beginning" }];
      throw new ProblemError(problem("invalid_body", { errors }));
    }
    return { validFromMs, validToMs };
  }

  /**
   * The person's fact of this slot that holds now and says just this; of one that is carried over, the one that says it of
   * the same time.
   */
  #sameNow({ request, person, said, recordedMs }: NewFact): FactState | undefined {
    const isCarried = recordedMs !== undefined;
    const { fromMs, toMs } = timesOf(request);
    if (!isCarried && (fromMs !== undefined || toMs !== undefined)) return undefined;
    const { slotKey } = factKeys(this.#options.dedupeKey, request);
    const atMs = isCarried ? undefined : this.#options.now();
    return this.#options.state.facts
      .visible({ person, slotKey, atMs, after: 0, limit: conflictsMax })
      .filter(
        (row) =>
          !isCarried ||
          (row.retracted === null && row.valid_from === fromMs && row.valid_to === (toMs ?? null)),
      )
      .find(
        (row) =>
          row.owner === person &&
          row.shared === (request.shared ? 1 : 0) &&
          row.confidence === request.confidence &&
          row.tier === said.tier &&
          sameValue(this.#words(row)?.value ?? "", request.value),
      );
  }

  /** The fact that a record brought, as it stands now. */
  storedBy(record: JournalRecord): FactOutcome {
    return { kind: "stored", fact: this.told(StoredFacts.parse(record.facts).fact) };
  }

  /** A fact as it stands now. Throws `ProblemError` `erased`. */
  told(id: string): Fact {
    const stored = this.#options.state.facts.fact(id);
    if (stored === undefined) throw new ProblemError(problem("erased"));
    return this.#describe(stored);
  }

  /** A fact the caller may see. Throws `ProblemError` `not_found`, also for another's. */
  get(id: string, by: Principal): Fact {
    const fact = this.#options.state.facts.fact(id);
    if (fact === undefined || !(fact.owner === by.person || fact.shared === 1))
      throw new ProblemError(problem("not_found"));
    return this.#describe(fact);
  }

  /** Facts the caller may see: its own and those that were shared. */
  list(query: FactQuery, by: Principal): FactList {
    const { person } = by;
    if (query.conflicting !== undefined) {
      const pairs = this.conflicts(person).flat();
      const facts = [...new Map(pairs.map((fact) => [fact.factId, fact])).values()];
      return { facts, next: 0, more: false };
    }
    const { dedupeKey, now, state } = this.#options;
    const limit = query.limit ?? factPageDefault;
    const after = query.after ?? 0;
    const { subject, attribute } = query;
    if (subject === undefined && attribute !== undefined) {
      const detail = "The parameter attribute: needs subject beside it.";
      throw new ProblemError(problem("invalid_request", { detail }));
    }
    const keys =
      subject === undefined
        ? {}
        : attribute === undefined
          ? { subjectKey: subjectKey(dedupeKey, subject) }
          : { slotKey: factKeys(dedupeKey, { subject, attribute }).slotKey };
    const at = query.at === undefined ? now() : Date.parse(query.at);
    const atMs = query.history === undefined ? at : undefined;
    const rows = state.facts.visible({ person, ...keys, atMs, after, limit: limit + 1 });
    const facts = rows.slice(0, limit).map((row) => this.#describe(row));
    return { facts, next: facts.at(-1)?.seq ?? after, more: rows.length > limit };
  }

  /**
   * What a person may see that contradicts itself: pairs of one subject and attribute that hold at the same time with
   * different values.
   */
  conflicts(person: string): readonly (readonly [Fact, Fact])[] {
    const { facts } = this.#options.state;
    return facts.overlapping(person, conflictsMax).flatMap(({ a, b }) => {
      const [left, right] = [facts.fact(a), facts.fact(b)];
      if (left === undefined || right === undefined) return [];
      const pair = [this.#describe(left), this.#describe(right)] as const;
      return sameValue(pair[0].value, pair[1].value) ? [] : [pair];
    });
  }

  /** Retracts a fact of the caller's: it was never so. Throws `ProblemError` `not_found`. Twice is the same as once. */
  async retract(id: string, by: Principal): Promise<Fact> {
    const { state, journal, index } = this.#options;
    const found = state.facts.fact(id);
    if (found?.owner !== by.person) throw new ProblemError(problem("not_found"));
    return this.#changes.run(`${found.owner}\n${found.slot_key}`, async () => {
      if (state.facts.fact(id)?.retracted !== null) return this.get(id, by);
      const reopened = state.facts.supersededBy(id).map((row) => row.id);
      await journal.append({
        records: [
          {
            origin: "node",
            type: "memory.fact.retracted",
            class: "record",
            owner: by.person,
            actor: by.id,
            tier: by.tier,
            cause: found.seq,
            facts: { fact: id },
          },
        ],
      });
      await index.soon({ gone: [id], changed: reopened });
      return this.get(id, by);
    });
  }

  #words(row: FactState): FactWords | undefined {
    return readWords(this.#options.records, row.seq, FactWords);
  }

  #describe(row: FactState): Fact {
    return describeFact(row, this.#words(row), this.#options.now());
  }
}

/** Whether what the caller says is stored at once; otherwise it is proposed. */
export function mayStoreFacts(by: Principal): boolean {
  return grantCovers(by.grants, "memory:write");
}
