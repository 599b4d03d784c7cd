import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { Health } from "@adyton/protocol";
import type { RootLog } from "@adyton/runtime/log";
import type { HttpServer } from "./adapters/http/serve-http.ts";
import type { NodeKeys } from "./adapters/keys/node-keys.ts";
import { forgettingIn } from "./adapters/sqlite/forget-thread.ts";
import type { Journal } from "./adapters/sqlite/journal.ts";
import type { BackendPool } from "./app/backend-pool.ts";
import type { Blocks } from "./app/blocks.ts";
import { Commands } from "./app/commands.ts";
import { Conversations } from "./app/conversations.ts";
import { DayTokens } from "./app/day-tokens.ts";
import type { DescribeOptions } from "./app/describe-self.ts";
import { Embedding } from "./app/embedding.ts";
import { Events } from "./app/events.ts";
import type { FoldOptions } from "./app/fold/fold-error.ts";
import type { FadingRecords } from "./app/fading-records.ts";
import { Forgetting } from "./app/forgetting.ts";
import { dataHandlers } from "./app/handlers/data.ts";
import { factHandlers } from "./app/handlers/facts.ts";
import { endingStreams } from "./app/handlers/ending-streams.ts";
import { nodeHandlers } from "./app/handlers/node.ts";
import { confirmationHandlers, pairingHandlers } from "./app/handlers/pairing.ts";
import { openAiHandlers } from "./app/handlers/openai.ts";
import { talkHandlers } from "./app/handlers/talk.ts";
import { textGenerationHandlers } from "./app/handlers/text-generation.ts";
import { healthOf } from "./app/health.ts";
import { Idempotency } from "./app/idempotency.ts";
import { KeyedTurns } from "./app/keyed-turns.ts";
import type { Memory } from "./app/memory.ts";
import { Counters } from "./app/metrics.ts";
import { Judges } from "./app/mirror/judges.ts";
import { ModelNames } from "./app/openai/model-names.ts";
import { ResponseChain } from "./app/openai/response-chain.ts";
import { type Recovered, recoverRuns } from "./app/recover.ts";
import { Runs } from "./app/runs.ts";
import { TaintedAnswers } from "./app/tainted-answers.ts";
import { SentRequests } from "./app/sent-requests.ts";
import { tellingProblems } from "./app/storage-problem.ts";
import type { Confirmations } from "./app/channels/confirmations.ts";
import type { Pairings } from "./app/channels/pairings.ts";
import { callersOf } from "./callers.ts";
import { local } from "./app/tokens.ts";
import { Turns, type TurnsOptions } from "./app/turns.ts";
import { tokensToday } from "./app/usage.ts";
import { type NodeFaults, startBackgroundWork } from "./background-work.ts";
import { assembleMemory } from "./assemble-memory.ts";
import type { NodeConfig } from "./config.ts";
import type { Modes } from "./domain/modes/registry.ts";
import type { SecretFilter } from "./domain/exit-filter/secret-filter.ts";
import type { DedupeKey, NewRecord } from "./domain/journal/record.ts";
import { estimateTokens } from "./domain/model/token-estimate.ts";
import type { SearchClient } from "./domain/search/search-contract.ts";
import { corePromptDefault } from "./domain/turns/core-prompt.ts";
import type { HomeFiles } from "./home.ts";
import { backUpJournal, nodeRecord, verifyJournal } from "./journal-upkeep.ts";
import { registeredLogs } from "./node-log.ts";
import { selfCheckOptions } from "./self-checks.ts";
import { nodeMetrics } from "./node-metrics.ts";
import type { Authenticate, Handlers, Principal } from "./ports/http.ts";
import type { DeliveriesPort } from "./ports/channel.ts";
import type { Callers } from "./ports/operations.ts";
import type { StatePort } from "./ports/journal.ts";

export interface Parts {
  readonly config: NodeConfig;
  readonly configHash: string;
  readonly modes: Modes;
  readonly keys: NodeKeys;
  readonly files: HomeFiles;
  readonly journal: Journal;
  readonly records: FadingRecords;
  readonly state: StatePort & DeliveriesPort;
  readonly search: SearchClient;
  readonly indexWaitMsMax?: number | undefined;
  readonly backends: BackendPool;
  readonly server: () => HttpServer | undefined;
  /** The messengers' doors, for the health report. */
  readonly doors: () => Health["parts"];
  /** Ends what channels do for messages that are being forgotten, before there is a turn. */
  readonly forgetErased: () => Promise<void>;
  /** Further parts of it. */
  readonly others: () => Health["parts"];
  readonly ownerTokenHash: string;
  readonly guard: {
    /** Knows the node's own keys and tokens, which leave with no answer. */
    readonly secrets: SecretFilter;
    readonly isOff: boolean | undefined;
  };
  readonly version: string;
  readonly language: "en" | "ru";
  readonly onUnexpected: (error: unknown) => void;
}

export interface App {
  readonly handlers: Handlers;
  readonly authenticate: Authenticate;
  readonly local: Principal;
  readonly callers: Callers;
  /** The journal's key of what a channel hands in, by its own id. */
  readonly channelKey: (channel: string, id: string) => DedupeKey;
  /** The journal's key of a principal's conversation. */
  readonly conversationKey: (principal: Principal, name: string) => string;
  readonly pairings: Pairings;
  readonly confirmations: Confirmations;
  /** What the exit filter took out since the start, by kind. */
  readonly redacted: Counters;
  /** The secrets that it knows; whoever reads one again has it learn that. */
  readonly secrets: SecretFilter;
  readonly startedRecord: NewRecord;
  readonly stoppedRecord: NewRecord;
  recover(): Promise<Recovered>;
  /** Teaches memory the manual and keeps to the retention times, beside everything else. */
  startBackground(manualFolder: URL, log: RootLog): AsyncDisposable;
  stop(graceMs: number): Promise<void>;
}

const specFile = new URL("../../../reverse-api-spec.yaml", import.meta.url);

/** Ties the use cases together: the only place that knows them all. */
export function assembleApp(parts: Parts): App {
  const { journal, records, state, version } = parts;
  const cases = useCases(parts);
  const { turns, memory, tokens, faults } = cases;
  // Read before the first request: a turn that comes in while the last process's are taken up is none of them.
  const unfinished = state.unfinishedRuns();
  cases.forgetting.hideUnfinished();
  return {
    handlers: allHandlers(parts, cases),
    authenticate: (bearer) => tokens.authenticate(bearer),
    local,
    callers: tokens,
    pairings: cases.pairings,
    confirmations: cases.confirmations,
    conversationKey: (principal, name) => cases.describe.conversations.key(principal, name),
    channelKey: (channel, id) => cases.idempotency.eventKey("node", channel, id),
    redacted: cases.redacted,
    secrets: parts.guard.secrets,
    startedRecord: {
      ...nodeRecord,
      type: "node.started",
      facts: { version, configHash: parts.configHash },
    },
    stoppedRecord: { ...nodeRecord, type: "node.stopped", facts: {} },
    recover: () =>
      recoverRuns({
        journal,
        records,
        unfinished,
        tokens,
        turns,
        language: parts.language,
        now: Date.now,
      }).finally(cases.recovered.resolve),
    startBackground: (manualFolder, log) => {
      const { embedding, conversations, forgetting } = cases;
      const { config, backends } = parts;
      const { retention } = config;
      return startBackgroundWork({
        memory,
        embedding,
        conversations,
        forgetting,
        faults,
        journal,
        backends,
        retention,
        manualFolder,
        log,
      });
    },
    stop: (graceMs) => turns.drain(graceMs),
  };
}

type UseCases = ReturnType<typeof useCases>;

function useCases(parts: Parts) {
  const { config, keys, records, state, search, backends, modes, language, version } = parts;
  const journal = tellingProblems(parts.journal, language);
  const now = Date.now;
  const startedMs = now();
  const corePrompt = config.turns.prompt ?? corePromptDefault;
  const historyTurns = config.turns.history_turns;
  const conversations = new Conversations({ ...keys, modes, records, state, historyTurns, now });
  const embedding = new Embedding({ pool: backends, search });
  const countTokens = (text: string): number =>
    backends.first("chat")?.countTokens(text) ?? estimateTokens(text);
  const remembered = assembleMemory(parts, { journal, embedding, countTokens, now });
  const judges = new Judges({ backends, state, modelKey: keys.modelKey });
  const sent = new SentRequests();
  const runCommand: TurnsOptions["runCommand"] = (name, run) => commands.ofMode(name, run);
  const redacted = new Counters();
  const cases = { conversations, corePrompt, judges, sent, ...remembered, redacted, runCommand };
  const turns = turnsOf(parts, cases);
  const callers = callersOf(parts, journal);
  const idempotency = new Idempotency({ ...keys, records, state, now });
  const describe: DescribeOptions = {
    nodeId: keys.nodeId,
    version,
    startedMs,
    configHash: parts.configHash,
    corePrompt,
    language,
    backends,
    conversations,
    ...remembered,
    turns,
    estimateTokens: countTokens,
  };
  const forgetting = forgettingOf(parts, { conversations, turns, ...remembered });
  const commands: Commands = new Commands({
    journal,
    state,
    conversations,
    turns,
    describe,
    fold: foldOptions(parts, describe),
    mirror: selfCheckOptions({ ...parts, ...remembered, embedding, describe, judges, sent }),
    forgetting,
    idempotency,
    language,
    now,
  });
  const nodeSource = `/adyton/${keys.nodeId}`;
  const events = new Events({ journal, records, idempotency, nodeSource });
  return {
    startedMs,
    conversations,
    turns,
    ...remembered,
    forgetting,
    embedding,
    ...callers,
    idempotency,
    describe,
    commands,
    runs: new Runs({ state, records, turns }),
    events,
    redacted,
    faults: { search: undefined } as NodeFaults,
    recovered: Promise.withResolvers<void>(),
  };
}

function foldOptions(parts: Parts, { nodeId, corePrompt, turns }: DescribeOptions): FoldOptions {
  const { records, state, keys, files, config, backends, language, configHash } = parts;
  const corePromptHash = createHash("sha256").update(corePrompt).digest("hex");
  return {
    records,
    state,
    digestKey: keys.foldKey,
    logs: registeredLogs(files, config),
    backends,
    subject: () => ({
      node: nodeId,
      configHash,
      corePromptHash,
      mode: turns.nodeMode.defaultFor("owner").id,
    }),
    language,
    now: Date.now,
  };
}

function forgettingOf(
  parts: Parts,
  cases: { conversations: Conversations; turns: Turns; memory: Memory; blocks: Blocks },
): Forgetting {
  const { records, state, keys, language, files } = parts;
  const { conversations, turns, memory, blocks } = cases;
  return new Forgetting({
    conversations,
    turns,
    memory,
    blocks,
    files: forgettingIn(parts.journal, files),
    forgetErased: parts.forgetErased,
    journal: tellingProblems(parts.journal, parts.language),
    records,
    state,
    dedupeKey: keys.dedupeKey,
    key: keys.forgetKey,
    language,
    now: Date.now,
  });
}

function turnsOf(
  parts: Parts,
  {
    conversations,
    corePrompt,
    memory,
    blocks,
    judges,
    sent,
    redacted,
    runCommand,
  }: Pick<DescribeOptions, "conversations" | "corePrompt" | "memory"> & {
    blocks: Blocks;
    judges: Judges;
    sent: SentRequests;
    redacted: Counters;
    runCommand: TurnsOptions["runCommand"];
  },
): Turns {
  const { config, journal, state, backends, modes, language, onUnexpected } = parts;
  return new Turns({
    journal,
    backends,
    find: (query) => memory.find(query),
    conversations,
    blocks,
    corePrompt,
    sent,
    answerTokensMax: config.turns.answer_tokens,
    language,
    wallMs: config.turns.wall_seconds * 1_000,
    modes,
    judgeQuality: () => judges.quality(),
    guard: {
      hosts: config.exit.links,
      secrets: parts.guard.secrets,
      removed: redacted,
      answers: new TaintedAnswers(),
      isOff: parts.guard.isOff,
    },
    state,
    runCommand,
    dayTokens: new DayTokens({
      perDay: config.recursia.tokens_per_day,
      usedToday: (principal) => tokensToday(state, principal, Date.now()),
    }),
    now: Date.now,
    onUnexpected,
  });
}

function allHandlers(parts: Parts, cases: UseCases): Handlers {
  const { journal, state, backends, language, version } = parts;
  const { turns, tokens, idempotency, describe, commands, runs, faults } = cases;
  const { conversations } = describe;
  const now = Date.now;
  let spec: string | undefined;
  const health = {
    version,
    startedMs: cases.startedMs,
    journal,
    backends,
    searchFault: () => faults.search,
    doors: parts.doors,
    others: parts.others,
    mode: () => turns.nodeMode.defaultFor("owner").id,
    language,
    now,
  };
  const recovered = cases.recovered.promise;
  const keyed = new KeyedTurns({ turns, idempotency, recovered });
  const names = new ModelNames({
    backends,
    modes: turns.modes,
    language,
    startedMs: cases.startedMs,
  });
  const chain = new ResponseChain({ records: parts.records, state, language });
  const handlers = {
    ...openAiHandlers({ keyed, names, chain, backends, language }),
    ...textGenerationHandlers({ keyed, names, backends }),
    ...talkHandlers({
      commands,
      conversations,
      turns,
      keyed,
      runs,
      idempotency,
      recovered,
      language,
      now,
    }),
    ...dataHandlers(cases),
    ...factHandlers(cases),
    ...pairingHandlers(cases),
    ...confirmationHandlers(cases),
    ...nodeHandlers({
      describe,
      tokens,
      state,
      now,
      health: (withDetails) => healthOf(health, withDetails),
      metrics: () => nodeMetrics({ ...parts, ...cases }),
      verify: (signal) => verifyJournal(parts, signal),
      backUp: (signal) => backUpJournal(parts, signal),
      readSpec: async () => (spec ??= await readFile(specFile, "utf8")),
    }),
  };
  return endingStreams(handlers, tokens);
}
