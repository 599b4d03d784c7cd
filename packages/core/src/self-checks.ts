import { createHash } from "node:crypto";
import type { Health } from "@adyton/protocol";
import type { SecretFilter } from "./domain/exit-filter/secret-filter.ts";
import type { Journal } from "./adapters/sqlite/journal.ts";
import type { Blocks } from "./app/blocks.ts";
import type { DescribeOptions } from "./app/describe-self.ts";
import type { Embedding } from "./app/embedding.ts";
import type { Facts } from "./app/facts.ts";
import type { Judges } from "./app/mirror/judges.ts";
import type { MirrorOptions } from "./app/mirror/mirror-self.ts";
import type { SentRequests } from "./app/sent-requests.ts";
import type { NodeConfig } from "./config.ts";
import type { Invariants } from "./domain/mirror/snapshot.ts";
import type { SearchClient } from "./domain/search/search-contract.ts";
import type { HomeFiles } from "./home.ts";
import { inspectionOf } from "./node-inspection.ts";
import type { DeliveriesPort } from "./ports/channel.ts";
import type { RecordsPort, StatePort } from "./ports/journal.ts";

export interface CheckedNode {
  readonly config: NodeConfig;
  readonly files: HomeFiles;
  readonly journal: Journal;
  readonly records: RecordsPort;
  readonly state: StatePort & DeliveriesPort;
  readonly doors: () => Health["parts"];
  readonly search: SearchClient;
  readonly embedding: Embedding;
  readonly facts: Facts;
  readonly blocks: Blocks;
  readonly describe: DescribeOptions;
  readonly judges: Judges;
  readonly sent: SentRequests;
  readonly ownerTokenHash: string;
  readonly guard: { readonly secrets: Pick<SecretFilter, "own"> };
}

/** What the node's checks of itself go by. */
export function selfCheckOptions(node: CheckedNode): MirrorOptions {
  const { config, records, state, facts, blocks, describe, judges, sent } = node;
  const { conversations, corePrompt, configHash, backends, turns, language } = describe;
  return {
    describe,
    judges,
    conversations,
    facts,
    blocks,
    corePrompt,
    corePromptHash: createHash("sha256").update(corePrompt).digest("hex"),
    configHash,
    answerTokensMax: config.turns.answer_tokens,
    invariants: invariantsOf(config),
    backends,
    sent,
    turns,
    records,
    state,
    inspection: inspectionOf({
      ...node,
      isKey: (word) => node.guard.secrets.own.includes(word),
      hasEmbedder: () => backends.of("embeddings").length > 0,
    }),
    language,
    now: Date.now,
  };
}

/** The default prompt asks for the language of the last message; a prompt of one's own may ask for anything. */
function invariantsOf({ invariants, turns }: NodeConfig): Invariants {
  const { answer_chars: answerCharsMax, forbidden, json } = invariants;
  const language = invariants.language ?? (turns.prompt === undefined ? "same" : "any");
  return { language: language === "any" ? undefined : language, answerCharsMax, forbidden, json };
}
