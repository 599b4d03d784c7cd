import type { Fact, FactRequest, Proposal } from "@adyton/protocol";
import * as z from "zod";
import { normalise } from "../domain/search/normalise.ts";
import type { FactState, ProposalState, RecordsPort } from "../ports/journal.ts";
import { keyedDigest } from "./identifiers.ts";

/** What a fact says: its record's payload. */
export const FactWords = z.object({
  subject: z.string(),
  attribute: z.string(),
  value: z.string(),
});
export type FactWords = z.infer<typeof FactWords>;

/** A proposal's payload: the whole request, because times and sureness count from its acceptance on. */
export const ProposedWords = FactWords.extend({
  validFrom: z.string().optional(),
  validTo: z.string().optional(),
  confidence: z.number(),
});
export type ProposedWords = z.infer<typeof ProposedWords>;

/** The latest time that counts as an end (ECMA-262, 21.4.1.1). */
const never = 8_640_000_000_000_000;

/** Under which digests a fact is looked up. Spelling that a reader does not see makes no difference. */
export function factKeys(
  key: Uint8Array,
  { subject, attribute }: Pick<FactWords, "subject" | "attribute">,
): { readonly subjectKey: string; readonly slotKey: string } {
  const [who, what] = [plain(subject), plain(attribute)];
  return {
    subjectKey: keyedDigest(key, "subject", who).toString("base64url"),
    slotKey: keyedDigest(key, "slot", who, what).toString("base64url"),
  };
}

/** The digest of a subject alone. */
export function subjectKey(key: Uint8Array, subject: string): string {
  return factKeys(key, { subject, attribute: "" }).subjectKey;
}

/** Whether two values say the same. */
export function sameValue(left: string, right: string): boolean {
  return plain(left) === plain(right);
}

function plain(text: string): string {
  return normalise(text).replaceAll(/\s+/gu, " ").trim();
}

/** When a fact ends: as it was said, or when another took its place. */
export function endOf({ valid_to: said, closed }: FactState): number | null {
  const end = Math.min(said ?? never, closed ?? never);
  return end === never ? null : end;
}

function statusOf(fact: FactState, nowMs: number): Fact["status"] {
  if (fact.retracted !== null) return "retracted";
  const end = endOf(fact);
  if (end !== null && (end <= nowMs || end <= fact.valid_from)) return "ended";
  return fact.valid_from > nowMs ? "later" : "holds";
}

/** A fact as it is told. Of one whose words are erased the words are empty. */
export function describeFact(fact: FactState, words: FactWords | undefined, nowMs: number): Fact {
  const end = endOf(fact);
  return {
    factId: fact.id,
    subject: words?.subject ?? "",
    attribute: words?.attribute ?? "",
    value: words?.value ?? "",
    status: statusOf(fact, nowMs),
    validFrom: iso(fact.valid_from),
    validTo: end === null ? null : iso(end),
    confidence: fact.confidence,
    shared: fact.shared === 1,
    tier: fact.tier,
    source: fact.source,
    seq: fact.seq,
    sourceEventId: fact.source_seq,
    recordedAt: iso(fact.recorded),
    ...(fact.retracted === null ? {} : { retractedAt: iso(fact.retracted) }),
    supersedes: fact.supersedes,
    supersededBy: fact.superseded_by,
  };
}

export function describeProposal(
  proposal: ProposalState,
  words: ProposedWords | undefined,
): Proposal {
  return {
    proposalId: proposal.id,
    subject: words?.subject ?? "",
    attribute: words?.attribute ?? "",
    value: words?.value ?? "",
    validFrom: words?.validFrom ?? null,
    validTo: words?.validTo ?? null,
    confidence: words?.confidence ?? 0,
    shared: proposal.shared === 1,
    tier: proposal.tier,
    source: proposal.actor,
    seq: proposal.seq,
    proposedAt: iso(proposal.proposed),
    expiresAt: iso(proposal.until),
  };
}

/** What a record says, as the schema reads it; `undefined` when it is erased. */
export function readWords<T>(
  records: RecordsPort,
  seq: number,
  schema: z.ZodType<T>,
): T | undefined {
  return schema.safeParse(records.record(seq)?.data).data;
}

/** A request's times in milliseconds. */
export function timesOf({ validFrom, validTo }: Pick<FactRequest, "validFrom" | "validTo">): {
  readonly fromMs: number | undefined;
  readonly toMs: number | undefined;
} {
  return {
    fromMs: validFrom === undefined ? undefined : Date.parse(validFrom),
    toMs: validTo === undefined ? undefined : Date.parse(validTo),
  };
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
