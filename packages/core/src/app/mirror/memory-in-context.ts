import type { Fact } from "@adyton/protocol";
import * as z from "zod";
import type { FactState, SourceState } from "../../domain/mirror/snapshot.ts";
import { normalise } from "../../domain/search/normalise.ts";
import type { RecordsPort, StatePort } from "../../ports/journal.ts";
import type { Blocks } from "../blocks.ts";
import type { Conversations } from "../conversations.ts";
import type { Facts } from "../facts.ts";

interface Options {
  readonly records: RecordsPort;
  readonly state: StatePort;
  readonly conversations: Conversations;
  readonly now: () => number;
}

const Cited = z.object({
  citations: z.array(z.object({ documentId: z.string() })).default([]),
});

/** What answers of the conversation were drawn from, each once, and whether it is still so. */
export function citedSources(
  { records, state, conversations, now }: Options,
  key: string,
  turnsMax: number,
): readonly SourceState[] {
  const freshAfter = conversations.state(key)?.fresh_after ?? 0;
  const cited = records.answeredTurns(key, freshAfter, turnsMax).flatMap(({ data }) => {
    const parsed = Cited.safeParse(data);
    return parsed.success ? parsed.data.citations : [];
  });
  const refs = new Set(cited.map(({ documentId }) => documentId));
  return [...refs].map((ref) => ({ ref, state: stateOf(state, ref, now()) }));
}

function stateOf(state: StatePort, ref: string, nowMs: number): SourceState["state"] {
  const fact = state.facts.fact(ref);
  if (fact !== undefined) {
    if (fact.superseded_by !== null) return "superseded";
    const isOver = fact.retracted !== null || (fact.valid_to ?? Infinity) <= nowMs;
    return isOver ? "expired" : "current";
  }
  const document = state.document(ref);
  // A document that takes another's place has an id of its own.
  if (document === undefined) return "changed";
  return (document.expires ?? Infinity) <= nowMs ? "expired" : "current";
}

/** The facts that contradict each other, of what a person may see. */
export function contradicting(
  { facts, blocks }: { readonly facts: Facts; readonly blocks: Blocks },
  person: string,
): readonly FactState[] {
  const pairs = facts.conflicts(person).flat();
  if (pairs.length === 0) return [];
  const pinned = blocks.of(person).map(({ text }) => normalise(text));
  const isPinned = ({ value }: Fact): boolean =>
    pinned.some((text) => text.includes(normalise(value)));
  const once = new Map(pairs.map((fact) => [fact.factId, fact]));
  return [...once.values()].map((fact) => ({
    ref: fact.factId,
    subject: fact.subject,
    attribute: fact.attribute,
    value: fact.value,
    validFromMs: Date.parse(fact.validFrom),
    ...(fact.validTo === null ? {} : { validToMs: Date.parse(fact.validTo) }),
    isPinned: isPinned(fact),
  }));
}
