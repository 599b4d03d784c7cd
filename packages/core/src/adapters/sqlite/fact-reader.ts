import * as z from "zod";
import type {
  BlockState,
  FactSelection,
  FactsStatePort,
  FactState,
  ProposalState,
} from "../../ports/journal.ts";
import type { PreparedRows } from "./prepared-rows.ts";

const Flag = z.int();
const Time = z.int();

const FactRow: z.ZodType<FactState> = z.object({
  id: z.string(),
  owner: z.string(),
  shared: Flag,
  subject_key: z.string(),
  slot_key: z.string(),
  valid_from: Time,
  valid_to: Time.nullable(),
  closed: Time.nullable(),
  confidence: z.number(),
  tier: z.string(),
  source: z.string(),
  source_seq: z.int(),
  supersedes: z.string().nullable(),
  superseded_by: z.string().nullable(),
  seq: z.int(),
  recorded: Time,
  retracted: Time.nullable(),
});

const ProposalRow: z.ZodType<ProposalState> = z.object({
  id: z.string(),
  owner: z.string(),
  actor: z.string(),
  tier: z.string(),
  shared: Flag,
  subject_key: z.string(),
  slot_key: z.string(),
  until: Time,
  seq: z.int(),
  proposed: Time,
  decided: Time.nullable(),
  fact: z.string().nullable(),
});

const BlockRow: z.ZodType<BlockState> = z.object({
  id: z.string(),
  owner: z.string(),
  name_key: z.string(),
  version: z.int(),
  chars: z.int(),
  tier: z.string(),
  seq: z.int(),
  created: Time,
  changed: Time,
  removed: Time.nullable(),
});

const Pair = z.object({ a: z.string(), b: z.string() });

/** The latest time a `Date` can say (ECMA-262, 21.4.1.1): the end of what has none. */
const never = 8_640_000_000_000_000;
/** When a row ends. */
const end = (row: string): string =>
  `min(ifnull(${row}.valid_to, ${never}), ifnull(${row}.closed, ${never}))`;
const visible = (row: string): string => `(${row}.owner = ?1 OR ${row}.shared = 1)`;

/** Reads facts, proposals and blocks. */
export class FactReader implements FactsStatePort {
  readonly #rows: PreparedRows;

  constructor(rows: PreparedRows) {
    this.#rows = rows;
  }

  fact(id: string): FactState | undefined {
    return this.#rows.one(FactRow, "SELECT * FROM fact WHERE id = ?", id);
  }

  count(): number {
    return this.#rows.count("SELECT count(*) AS n FROM fact WHERE retracted IS NULL");
  }

  visible(selection: FactSelection): readonly FactState[] {
    const { person, subjectKey, slotKey, atMs, after, limit } = selection;
    const key = slotKey ?? subjectKey ?? null;
    const keyed = slotKey === undefined ? "subject_key" : "slot_key";
    return this.#rows.all(
      FactRow,
      `SELECT * FROM fact WHERE ${visible("fact")} AND seq > ?2 AND ${key === null ? "?3 IS NULL" : `${keyed} = ?3`}
         AND (?4 IS NULL OR (retracted IS NULL AND valid_from <= ?4 AND ${end("fact")} > ?4))
       ORDER BY seq LIMIT ?5`,
      person,
      after,
      key,
      atMs ?? null,
      limit,
    );
  }

  after(seq: number, limit: number): readonly FactState[] {
    return this.#rows.all(
      FactRow,
      "SELECT * FROM fact WHERE seq > ? AND retracted IS NULL ORDER BY seq LIMIT ?",
      seq,
      limit,
    );
  }

  supersededBy(id: string): readonly FactState[] {
    return this.#rows.all(
      FactRow,
      "SELECT * FROM fact WHERE superseded_by = ? AND retracted IS NULL ORDER BY seq",
      id,
    );
  }

  retracted(after: number, limit: number): readonly FactState[] {
    return this.#rows.all(
      FactRow,
      "SELECT * FROM fact WHERE seq > ? AND retracted IS NOT NULL ORDER BY seq LIMIT ?",
      after,
      limit,
    );
  }

  overlapping(person: string, limit: number): readonly z.infer<typeof Pair>[] {
    return this.#rows.all(
      Pair,
      // From each fact only those are looked at that begin while it holds: a slot may have thousands of values, each
      // of which ends where the next begins.
      `SELECT iif(a.seq < b.seq, a.id, b.id) AS a, iif(a.seq < b.seq, b.id, a.id) AS b
       FROM fact AS a INDEXED BY fact_seq
       CROSS JOIN fact AS b INDEXED BY fact_held ON b.slot_key = a.slot_key
         AND b.valid_from >= a.valid_from AND b.valid_from < ${end("a")}
       WHERE ${visible("a")} AND ${visible("b")} AND a.retracted IS NULL AND b.retracted IS NULL
         AND b.valid_from < ${end("b")} AND (b.valid_from > a.valid_from OR b.seq > a.seq)
       ORDER BY a.seq, b.seq LIMIT ?2`,
      person,
      limit,
    );
  }

  proposal(id: string): ProposalState | undefined {
    return this.#rows.one(ProposalRow, "SELECT * FROM proposal WHERE id = ?", id);
  }

  waiting(atMs: number, actor: string | null): readonly ProposalState[] {
    return this.#rows.all(
      ProposalRow,
      `SELECT * FROM proposal WHERE decided IS NULL AND until > ?1 AND (?2 IS NULL OR actor = ?2) ORDER BY seq`,
      atMs,
      actor,
    );
  }

  blocks(owner: string): readonly BlockState[] {
    return this.#rows.all(
      BlockRow,
      "SELECT * FROM block WHERE owner = ? AND removed IS NULL ORDER BY created, seq",
      owner,
    );
  }
}
