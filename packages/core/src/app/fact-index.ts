import { factsByType } from "../domain/journal/record.ts";
import type { DocumentInput } from "../domain/search/search-contract.ts";
import type { FactState, RecordsPort, StatePort } from "../ports/journal.ts";
import { breath } from "./breath.ts";
import { endOf, FactWords, readWords } from "./fact-words.ts";
import type { Changes, IndexedKind, IndexedRow } from "./memory-index.ts";

/** About as many bytes as a fact has. */
const factBytes = 512;
/** Rows read with one step; between two steps the event loop is free. */
const stepRows = 50;

/** Facts of one slot that are indexed anew when one of them was retracted behind the index's back. */
const slotRowsMax = 1_000;

const StoredFacts = factsByType["memory.fact.stored"];

/**
 * Facts as the index has them: with the time in which they hold, so that an ended one is not found as if it held. What
 * was superseded stays, with its end; what was retracted goes.
 */
export class FactIndex implements IndexedKind {
  readonly #records: RecordsPort;
  readonly #state: StatePort;

  constructor(records: RecordsPort, state: StatePort) {
    this.#records = records;
    this.#state = state;
  }

  count(): number {
    return this.#state.facts.count();
  }

  after(seq: number, limit: number): readonly IndexedRow[] {
    return this.#state.facts
      .after(seq, limit)
      .map((row) => ({ id: row.id, seq: row.seq, bytes: factBytes }));
  }

  /** The fact, and what it put an end to: that one's end has changed. */
  inputs(id: string): readonly DocumentInput[] {
    const fact = this.#state.facts.fact(id);
    if (fact === undefined || fact.retracted !== null) return [];
    return [...this.#state.facts.supersededBy(id), fact].flatMap((row) => this.#input(row));
  }

  async changes(): Promise<Changes> {
    const gone: string[] = [];
    const changed: string[] = [];
    for (let after = 0; ;) {
      const step = this.#records.headersAfter(after, stepRows, "memory.fact.stored");
      for (const { seq, facts } of step) {
        const { fact: id } = StoredFacts.parse(facts);
        const fact = this.#state.facts.fact(id);
        if (fact === undefined) gone.push(id);
        else if (fact.retracted !== null) {
          gone.push(id);
          changed.push(...this.#slotOf(fact));
        }
        after = seq;
      }
      if (step.length < stepRows) return { gone, changed };
      await breath();
    }
  }

  /** What else was told of the same: the end of some of it depends on the fact. */
  #slotOf({ owner: person, slot_key: slotKey }: FactState): readonly string[] {
    return this.#state.facts
      .visible({ person, slotKey, after: 0, limit: slotRowsMax })
      .map(({ id }) => id);
  }

  #input(row: FactState): DocumentInput[] {
    const words = readWords(this.#records, row.seq, FactWords);
    if (words === undefined) return [];
    const { subject, attribute, value } = words;
    return [
      {
        documentId: row.id,
        owner: row.shared === 1 ? null : row.owner,
        title: subject,
        source: `/api/v1/memory/facts/${row.id}`,
        mediaType: "text/plain",
        tier: row.tier,
        ingestedBy: row.source,
        cause: row.source_seq,
        expiresMs: endOf(row),
        seq: row.seq,
        text: `${subject} — ${attribute}: ${value}`,
        fact: { attribute, value, beginsMs: row.valid_from },
      },
    ];
  }
}
