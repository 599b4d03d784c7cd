import * as z from "zod";

/** A record as it lies in the journal. */
export interface StoredRecord {
  readonly seq: number;
  readonly timeMs: number;
  readonly origin: "node" | "outside";
  readonly type: string;
  readonly class: string;
  readonly owner: string;
  readonly actor: string;
  readonly tier: string;
  readonly conversation: string | null;
  readonly cause: number | null;
  readonly hop: number;
  readonly facts: unknown;
  readonly payload: "present" | "erased" | "none";
  /** The payload, when it is present. */
  readonly data: unknown;
}

const Row = z.object({
  seq: z.int(),
  time: z.int(),
  origin: z.enum(["node", "outside"]),
  type: z.string(),
  class: z.string(),
  owner: z.string(),
  actor: z.string(),
  tier: z.string(),
  conversation: z.string().nullable(),
  cause: z.int().nullable(),
  hop: z.int(),
  facts: z.string(),
  promised: z.int(),
  data: z.string().nullable(),
});

/** The columns `parseRecord` expects, of `event e LEFT JOIN payload p USING (seq)`. */
export const recordColumns =
  "e.seq, e.time, e.origin, e.type, e.class, e.owner, e.actor, e.tier, e.conversation, e.cause, e.hop, e.facts, " +
  "e.commitment IS NOT NULL AS promised, p.data";

/** Checks a row and parses its JSON. Throws when the file holds something the writer never writes. */
export function parseRecord(value: unknown): StoredRecord {
  const { time, facts, promised, data, ...row } = Row.parse(value);
  return {
    ...row,
    timeMs: time,
    facts: JSON.parse(facts),
    payload: promised === 0 ? "none" : data === null ? "erased" : "present",
    data: data === null ? undefined : JSON.parse(data),
  };
}
