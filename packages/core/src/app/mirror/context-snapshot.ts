import { createHash } from "node:crypto";
import { joined, type SegmentedMessage, type SegmentKind } from "../../domain/context/segments.ts";
import type {
  ContextState,
  CorePromptState,
  CountedPrompt,
  Invariants,
  NodeState,
  Snapshot,
  SpokenTurn,
  UpstreamState,
} from "../../domain/mirror/snapshot.ts";
import { estimateTokens, messageOverheadTokens } from "../../domain/model/token-estimate.ts";
import type { Backend } from "../../ports/backend.ts";
import type { RecordsPort, StatePort } from "../../ports/journal.ts";
import type { NodeInspection } from "../../ports/node-inspection.ts";
import type { BackendPool } from "../backend-pool.ts";
import type { Blocks } from "../blocks.ts";
import type { Conversations } from "../conversations.ts";
import type { Facts } from "../facts.ts";
import type { SentRequests } from "../sent-requests.ts";
import { type ContextPlace, contextNow } from "../turn-context.ts";
import type { Turns } from "../turns.ts";
import { citedSources, contradicting } from "./memory-in-context.ts";

/** Answers that the checks look back at. */
const turnsLookedAt = 20;
const hourMs = 3_600_000;
/** What stands in for a window where no model is connected. */
const windowWithoutModel = 8_192;

/** A conversation, and whose memory it sees. */
export interface SnapshotPlace extends ContextPlace {
  readonly person: string;
}

export interface SnapshotOptions {
  readonly conversations: Conversations;
  readonly facts: Facts;
  readonly blocks: Blocks;
  readonly state: StatePort;
  readonly corePrompt: string;
  /** SHA-256 of the core prompt, in hex, as it was when the node started. */
  readonly corePromptHash: string;
  readonly configHash: string;
  readonly answerTokensMax: number | undefined;
  readonly invariants: Invariants;
  readonly backends: BackendPool;
  readonly sent: SentRequests;
  readonly turns: Turns;
  readonly records: RecordsPort;
  readonly inspection: NodeInspection;
  readonly now: () => number;
}

/** Reads everything the deterministic checks look at. `counts` are of prompts sent just now. */
export async function takeSnapshot(
  options: SnapshotOptions,
  place: SnapshotPlace,
  counts: readonly CountedPrompt[],
): Promise<Snapshot> {
  const { conversations, inspection, configHash } = options;
  const [quickCheck, index, backupMs, fileHash] = await Promise.all([
    inspection.quickCheck(),
    inspection.census(),
    inspection.newestBackupMs(),
    inspection.configFileHash(),
  ]);
  const sent = options.sent.last(place.key);
  const upstream = upstreamOf(options, sent);
  const context = await contextState(options, place);
  const turns = conversations
    .newest(place.key, turnsLookedAt)
    .map(({ run, question, answer }): SpokenTurn => ({ ref: run, question, answer }));
  return {
    context,
    counts,
    corePrompt: {
      ...corePromptOf(options, context.messages[0]),
      ...(sent === undefined ? {} : { lastRequest: sent }),
    },
    turns,
    invariants: options.invariants,
    sources: citedSources(options, place.key, turnsLookedAt),
    facts: contradicting(options, place.person),
    isOwnSecret: (word) => inspection.isOwnSecret(word),
    ...(upstream === undefined ? {} : { upstream }),
    storage: {
      quickCheck,
      index,
      hasBackup: backupMs !== undefined,
      hoursSinceBackup: hoursSince(options, backupMs),
    },
    node: nodeOf(options),
    config: { runningHash: configHash, fileHash },
  };
}

async function contextState(options: SnapshotOptions, place: ContextPlace): Promise<ContextState> {
  const server = options.backends.first("chat");
  const counter = server ?? { contextTokens: windowWithoutModel, countTokens: estimateTokens };
  const now = contextNow(options, counter, { ...place, question: "" });
  // The question is empty: nobody asked it.
  const messages = now.messages.slice(0, -1);
  const windows = options.backends.of("chat").map(({ backend }) => backend.contextTokens);
  return {
    messages,
    dropped: now.dropped,
    tokens: { ...(await tokensOf(messages, server)), tools: 0, reserve: now.reserveTokens },
    // Any of the servers may be asked.
    windowTokens: Math.min(counter.contextTokens, ...windows),
  };
}

/**
 * Tokens by what they are spent on: by the server's tokenizer where it offers one, else estimated without what was
 * learned from the server, so that looking twice gives the same.
 */
async function tokensOf(
  messages: readonly SegmentedMessage[],
  server: Backend | undefined,
): Promise<Omit<ContextState["tokens"], "tools" | "reserve">> {
  const count = async (kind: SegmentKind): Promise<number> => {
    const own = messages.filter(({ segments }) => segments[0]?.kind === kind).length;
    const text = messages
      .flatMap(({ segments }) => segments.filter((segment) => segment.kind === kind))
      .map((segment) => segment.text)
      .join("\n");
    const tokens = text === "" ? 0 : ((await server?.countExact?.(text)) ?? estimateTokens(text));
    return tokens + own * messageOverheadTokens;
  };
  return {
    system: await count("system"),
    overlay: await count("overlay"),
    blocks: await count("blocks"),
    retrieved: await count("retrieved"),
    history: await count("history"),
  };
}

function corePromptOf(
  { corePromptHash }: SnapshotOptions,
  system: SegmentedMessage | undefined,
): CorePromptState {
  const core = system?.segments.filter(({ source }) => source === "core") ?? [];
  const hash = createHash("sha256").update(joined(core)).digest("hex");
  return { pinnedHash: corePromptHash, hash };
}

function upstreamOf(
  { backends, turns, now }: SnapshotOptions,
  sent: ReturnType<SentRequests["last"]>,
): UpstreamState | undefined {
  const server = backends.first("chat");
  if (server === undefined) return undefined;
  const answeredModel = sent?.answeredModel;
  return {
    configuredModel: sent?.askedModel ?? server.model,
    ...(answeredModel === undefined ? {} : { answeredModel }),
    isSilent: !backends.works("chat"),
    ...backends.recent.figures(now()),
    queue: turns.waiting,
  };
}

function hoursSince({ records, now }: SnapshotOptions, backupMs: number | undefined): number {
  const since = backupMs ?? records.headersAfter(0, 1)[0]?.timeMs ?? now();
  return Math.max(0, now() - since) / hourMs;
}

function nodeOf({ backends, records, inspection, now }: SnapshotOptions): NodeState {
  const newest = records.record(records.lastSeq());
  const aheadMs = newest === undefined ? 0 : newest.timeMs - now();
  return {
    deadLetters: inspection.deadLetters(now()),
    dropped: inspection.refused,
    openBreakers: [
      ...backends.members
        .filter(({ backend }) => backend.health().status === "degraded")
        .map(({ backend }) => backend.name),
      ...inspection.closedDoors(),
    ],
    skewSeconds: Math.max(0, aheadMs) / 1_000,
  };
}
