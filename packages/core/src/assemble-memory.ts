import { Blocks } from "./app/blocks.ts";
import type { Embedding } from "./app/embedding.ts";
import { Facts } from "./app/facts.ts";
import { Memory } from "./app/memory.ts";
import { MemoryTransfer } from "./app/memory-transfer.ts";
import { Proposals } from "./app/proposals.ts";
import type { NodeConfig } from "./config.ts";
import type { SearchClient } from "./domain/search/search-contract.ts";
import type { JournalPort, RecordsPort, StatePort } from "./ports/journal.ts";

export interface MemoryParts {
  readonly config: NodeConfig;
  readonly keys: { readonly dedupeKey: Uint8Array };
  readonly records: RecordsPort;
  readonly state: StatePort;
  readonly search: SearchClient;
  readonly indexWaitMsMax?: number | undefined;
  readonly language: "en" | "ru";
}

export interface MemoryNeeds {
  readonly journal: JournalPort;
  readonly embedding: Embedding;
  readonly countTokens: (text: string) => number;
  readonly now: () => number;
}

const dayMs = 86_400_000;

/** The use cases of memory: documents and search, facts, what is proposed as one, and pinned blocks. */
export function assembleMemory(
  { config, keys, records, state, search, indexWaitMsMax, language }: MemoryParts,
  { journal, embedding, countTokens, now }: MemoryNeeds,
) {
  const { fact_days: factDays, proposal_days: proposalDays } = config.memory;
  const { dedupeKey } = keys;
  const stored = { journal, records, state, dedupeKey, now };
  const memory = new Memory({ ...stored, search, embedding, indexWaitMsMax, language });
  const lifetimeMs = factDays === undefined ? undefined : factDays * dayMs;
  const facts = new Facts({ ...stored, lifetimeMs, index: memory.index });
  const proposals = new Proposals({ ...stored, facts, lifetimeMs: proposalDays * dayMs });
  const blocks = new Blocks({ ...stored, countTokens });
  const transfer = new MemoryTransfer({ records, state, memory, facts, blocks, now });
  return { memory, facts, proposals, blocks, transfer };
}
