import * as z from "zod";

/** A record as it lies in the journal, without its payload. */
export interface StoredHeader {
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
  /** Bytes of the facts' text, and of the payload's when it is present. */
  readonly factsBytes: number;
  readonly payloadBytes: number;
}

export interface StoredRecord extends StoredHeader {
  /** The payload, when it is present. */
  readonly data: unknown;
}

const HeaderRow = z.object({
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
  facts_bytes: z.int(),
  payload_bytes: z.int().nullable(),
});
const Row = HeaderRow.extend({ data: z.string().nullable() });

/**
 * The columns `parseHeader` expects, of `event e LEFT JOIN payload p USING (seq)`. SQLite takes a text's `octet_length`
 * from its row's head and does not read the text (https://www.sqlite.org/lang_corefunc.html#octet_length).
 */
export const headerColumns =
  "e.seq, e.time, e.origin, e.type, e.class, e.owner, e.actor, e.tier, e.conversation, e.cause, e.hop, e.facts, " +
  "e.commitment IS NOT NULL AS promised, octet_length(e.facts) AS facts_bytes, octet_length(p.data) AS payload_bytes";
/** The columns `parseRecord` expects. */
export const recordColumns = `${headerColumns}, p.data`;

/** Checks a row and parses its JSON. Throws when the file holds something the writer never writes. */
export function parseHeader(value: unknown): StoredHeader {
  return headerOf(HeaderRow.parse(value));
}

/** As `parseHeader`, with the payload. */
export function parseRecord(value: unknown): StoredRecord {
  const { data, ...row } = Row.parse(value);
  return { ...headerOf(row), data: data === null ? undefined : JSON.parse(data) };
}

function headerOf(row: z.infer<typeof HeaderRow>): StoredHeader {
  return {
    seq: row.seq,
    timeMs: row.time,
    origin: row.origin,
    type: row.type,
    class: row.class,
    owner: row.owner,
    actor: row.actor,
    tier: row.tier,
    conversation: row.conversation,
    cause: row.cause,
    hop: row.hop,
    facts: JSON.parse(row.facts),
    payload: row.promised === 0 ? "none" : row.payload_bytes === null ? "erased" : "present",
    factsBytes: row.facts_bytes,
    payloadBytes: row.payload_bytes ?? 0,
  };
}
