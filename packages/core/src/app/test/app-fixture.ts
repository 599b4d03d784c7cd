import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SecretFilter } from "../../domain/exit-filter/secret-filter.ts";
import type { ModeSpec } from "../../domain/modes/mode-spec.ts";
import { builtInModes, Modes, recursiaBudget } from "../../domain/modes/registry.ts";
import { corePromptDefault } from "../../domain/turns/core-prompt.ts";
import { LogFiles, type RegisteredLog } from "../../adapters/files/log-files.ts";
import { loadNodeKeys } from "../../adapters/keys/node-keys.ts";
import { NodeConfig } from "../../config.ts";
import { configHash } from "../../home.ts";
import { inspectionOf } from "../../node-inspection.ts";
import { openSearch } from "../../adapters/search/search-client.ts";
import { forgettingIn } from "../../adapters/sqlite/forget-thread.ts";
import { Journal } from "../../adapters/sqlite/journal.ts";
import { JournalReader } from "../../adapters/sqlite/journal-reader.ts";
import { StateReader } from "../../adapters/sqlite/state-reader.ts";
import type { Invariants } from "../../domain/mirror/snapshot.ts";
import type { JudgeQuality } from "../../domain/recursia/asking.ts";
import type { SearchClient } from "../../domain/search/search-contract.ts";
import type { Backend, BackendHealth, ChatOutcome, ChatRequest } from "../../ports/backend.ts";
import type { ForgettingPort } from "../../ports/forgetting.ts";
import type { Principal } from "../../ports/http.ts";
import type { JournalPort } from "../../ports/journal.ts";
import { BackendPool } from "../backend-pool.ts";
import { Blocks } from "../blocks.ts";
import { Commands } from "../commands.ts";
import { Conversations } from "../conversations.ts";
import type { DescribeOptions } from "../describe-self.ts";
import { Events } from "../events.ts";
import { Facts } from "../facts.ts";
import { FadingRecords } from "../fading-records.ts";
import { Forgetting } from "../forgetting.ts";
import { Idempotency } from "../idempotency.ts";
import type { Submission } from "../live-run.ts";
import { Memory } from "../memory.ts";
import { MemoryTransfer } from "../memory-transfer.ts";
import { Proposals } from "../proposals.ts";
import { Judges } from "../mirror/judges.ts";
import { Runs } from "../runs.ts";
import { owner, Tokens } from "../tokens.ts";
import { SentRequests } from "../sent-requests.ts";
import { Turns } from "../turns.ts";
import { DayTokens } from "../day-tokens.ts";
import type { GuardOptions } from "../guard.ts";
import { Counters } from "../metrics.ts";
import { TaintedAnswers } from "../tainted-answers.ts";
import { tokensToday } from "../usage.ts";

/** A call the backend got and has not answered. */
export interface OpenChat {
  readonly request: ChatRequest;
  answer(text: string): void;
  end(outcome: ChatOutcome): void;
}

/** A backend whose answers the test gives: it says nothing by itself and heeds no signal. */
export class HeldBackend implements Backend {
  readonly name: string = "held";
  readonly model: string = "held-1";
  readonly address = "http://127.0.0.1:1";
  readonly contextTokens: number = 8_192;
  readonly open: OpenChat[] = [];
  readonly requests: ChatRequest[] = [];
  concurrency: number;
  /** Present: every call is answered at once with this. */
  instant: string | undefined;

  constructor(concurrency = 4, instant?: string) {
    this.concurrency = concurrency;
    this.instant = instant;
  }

  chat(request: ChatRequest): Promise<ChatOutcome> {
    this.requests.push(request);
    const { promise, resolve } = Promise.withResolvers<ChatOutcome>();
    const answer = (text: string): void =>
      resolve({ kind: "answered", text, finish: "stop", model: this.model });
    this.open.push({ request, answer, end: resolve });
    if (this.instant !== undefined) answer(this.instant);
    return promise;
  }

  countTokens(text: string): number {
    return Math.ceil(text.length / 4);
  }

  health(): BackendHealth {
    return { status: "ok", detail: "", sinceMs: 0 };
  }

  onHealthChange(_listener: (health: BackendHealth) => void): void {
    // Its health never changes.
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // It holds nothing.
  }
}

export const person = (name: string, ...grants: Principal["grants"]): Principal => ({
  id: `token:${name}`,
  tier: "member",
  grants: grants.length === 0 ? ["say", "read"] : grants,
  person: `token:${name}`,
});

/** The modes of a node whose owner defined none. */
export const builtIn = new Modes(builtInModes());

/** A mode that every node has. */
export function policyOf(id: string): ModeSpec {
  return builtIn.find(id) ?? assert.fail(`there is no mode ${id}`);
}

/** Milliseconds a proposal waits for a decision. */
export const proposalMs = 86_400_000;

export const guardDefault: GuardOptions = {
  hosts: [],
  secrets: new SecretFilter([], "en"),
  removed: new Counters(),
  answers: new TaintedAnswers(),
};

export interface Clock {
  ms: number;
}

export interface FixtureOptions {
  readonly home?: string | undefined;
  readonly backend?: Backend | undefined;
  /** In place of `backend`. */
  readonly backends?: BackendPool;
  readonly wallMs?: number;
  readonly historyTurns?: number;
  /** Keys for model servers. */
  readonly secrets?: readonly string[];
  readonly tokensPerDay?: number;
  /** Of the mode RECURSIA. */
  readonly budget?: Partial<Record<keyof typeof recursiaBudget, number>>;
  /** Modes that the owner defined. */
  readonly modes?: readonly ModeSpec[];
  /** In place of what was measured of the judge. */
  readonly judge?: JudgeQuality | undefined;
  readonly invariants?: Invariants;
  readonly mirrorMsMax?: number;
  readonly guard?: Partial<GuardOptions>;
  readonly commitDelayMs?: number;
  readonly search?: SearchClient;
  readonly language?: "en" | "ru";
  readonly logs?: readonly RegisteredLog[];
  readonly factLifetimeMs?: number;
  /** Stands between the use cases and the journal. */
  readonly wrap?: (journal: Journal) => JournalPort;
  /** Stands between forgetting and the journal's files. */
  readonly wrapFiles?: (files: ForgettingPort) => ForgettingPort;
}

/** The model servers of a node that has this one alone, or none. */
export function poolOf(...backends: readonly (Backend | undefined)[]): BackendPool {
  const pool = new BackendPool();
  for (const backend of backends)
    if (backend !== undefined) pool.add({ backend, roles: ["chat"], weight: 1 });
  return pool;
}

/** The use cases over a real journal and a real index in a temporary folder. */
export async function openApp(options: FixtureOptions = {}) {
  const home = options.home ?? mkdtempSync(join(tmpdir(), "adyton-app-"));
  const keys = loadNodeKeys(home);
  const file = join(home, "journal.db");
  const real = await Journal.open({
    file,
    headFile: join(home, "journal.head"),
    headKey: keys.headKey,
    nodeId: keys.nodeId,
    commitDelayMs: options.commitDelayMs ?? 0,
  });
  const journal = options.wrap?.(real) ?? real;
  const reader = new JournalReader(file);
  const records = new FadingRecords(reader);
  const state = new StateReader(reader.database);
  const search = options.search ?? openSearch({ file: join(home, "index.db") });
  const clock: Clock = { ms: Date.now() };
  const now = (): number => clock.ms;
  const unexpected: unknown[] = [];
  let isOpen = true;
  const budget = { ...recursiaBudget, ...options.budget };
  const modes = new Modes([...builtInModes(budget), ...(options.modes ?? [])]);
  const conversations = new Conversations({
    records,
    state,
    conversationKey: keys.conversationKey,
    modes,
    historyTurns: options.historyTurns ?? 4,
    now,
  });
  const backends = options.backends ?? poolOf(options.backend);
  const { dedupeKey } = keys;
  const { factLifetimeMs: lifetimeMs, language = "en" } = options;
  const memory = new Memory({ journal, records, state, search, dedupeKey, language, now });
  const stored = { journal, records, state, dedupeKey, now };
  const facts = new Facts({ ...stored, lifetimeMs, index: memory.index });
  const proposals = new Proposals({ ...stored, facts, lifetimeMs: proposalMs });
  const blocks = new Blocks({ ...stored, countTokens: (text) => text.length });
  const transfer = new MemoryTransfer({ records, state, memory, facts, blocks, now });
  const judges = new Judges({ backends, state, modelKey: keys.modelKey });
  const sent = new SentRequests();
  const turns = new Turns({
    journal,
    sent,
    backends,
    find: (query) => memory.find(query),
    modes,
    state,
    conversations,
    blocks,
    corePrompt: corePromptDefault,
    answerTokensMax: undefined,
    language,
    wallMs: options.wallMs ?? 60_000,
    judgeQuality: () => options.judge ?? judges.quality(),
    guard: { ...guardDefault, answers: new TaintedAnswers(), ...options.guard },
    runCommand: (command, run) => commands.ofMode(command, run),
    dayTokens: new DayTokens({
      perDay: options.tokensPerDay ?? 1_000_000,
      usedToday: (principal) => tokensToday(state, principal, now()),
    }),
    now,
    onUnexpected: (error) => unexpected.push(error),
  });
  const idempotency = new Idempotency({ dedupeKey: keys.dedupeKey, records, state, now });
  const describe: DescribeOptions = {
    nodeId: keys.nodeId,
    version: "0",
    startedMs: 0,
    configHash: "0",
    corePrompt: corePromptDefault,
    language,
    backends,
    conversations,
    memory,
    facts,
    proposals,
    blocks,
    turns,
    estimateTokens: (text) => text.length,
  };
  const files = {
    journal: file,
    index: join(home, "index.db"),
    log: join(home, "adyton.log"),
    backups: join(home, "backups"),
  };
  const inFiles = forgettingIn(real, files);
  const forgetting = new Forgetting({
    files: options.wrapFiles?.(inFiles) ?? inFiles,
    forgetErased: async () => undefined,
    journal,
    records,
    state,
    conversations,
    turns,
    memory,
    blocks,
    dedupeKey: keys.dedupeKey,
    key: keys.forgetKey,
    language,
    now,
  });
  const commands: Commands = new Commands({
    journal,
    state,
    conversations,
    turns,
    forgetting,
    idempotency,
    describe,
    fold: {
      records,
      state,
      digestKey: keys.foldKey,
      logs: new LogFiles(options.logs ?? []),
      backends,
      subject: () => ({ node: "0", configHash: "0", corePromptHash: "0", mode: "DIRECT" }),
      language,
      now,
    },
    mirror: {
      judges,
      conversations,
      facts,
      blocks,
      corePrompt: corePromptDefault,
      corePromptHash: createHash("sha256").update(corePromptDefault).digest("hex"),
      configHash: configHash(NodeConfig.parse({}), modes),
      answerTokensMax: undefined,
      invariants: options.invariants ?? { language: "same" },
      backends,
      sent,
      turns,
      records,
      state,
      inspection: inspectionOf({
        files: {
          journal: file,
          backups: join(home, "backups"),
          config: join(home, "adyton.yaml"),
          modes: join(home, "modes"),
        },
        journal: real,
        state,
        search,
        embedding: { leftOut: undefined },
        hasEmbedder: () => false,
        ownerTokenHash: "00",
        isKey: (word) => options.secrets?.includes(word) === true,
        doors: () => [],
      }),
      describe,
      language,
      now,
      ...(options.mirrorMsMax === undefined ? {} : { mirrorMsMax: options.mirrorMsMax }),
    },
    language,
    now,
  });
  return {
    home,
    clock,
    journal,
    real,
    /** As they lie in the journal. */
    records: reader,
    fading: records,
    state,
    search,
    conversations,
    turns,
    idempotency,
    memory,
    facts,
    proposals,
    blocks,
    forgetting,
    transfer,
    commands,
    describe,
    judges,
    unexpected,
    runs: new Runs({ state, records, turns }),
    tokens: new Tokens({ journal, state, ownerTokenHash: "00", now }),
    events: new Events({ journal, records, idempotency, nodeSource: `/adyton/${keys.nodeId}` }),
    /** Ends everything and leaves the folder, for the next process. */
    close: async () => {
      if (!isOpen) return;
      isOpen = false;
      await turns.drain(0);
      await search[Symbol.asyncDispose]();
      reader[Symbol.dispose]();
      await real[Symbol.asyncDispose]();
    },
    async [Symbol.asyncDispose]() {
      await this.close();
      rmSync(home, { recursive: true, force: true });
    },
  };
}
export type OpenApp = Awaited<ReturnType<typeof openApp>>;

export function question(text: string, more: Partial<Submission> = {}): Submission {
  return { principal: owner, conversation: "c", text, detached: false, watched: false, ...more };
}

/** Resolves once the condition holds. Throws after half a minute: a busy machine may take seconds for what is quick. */
export async function until(what: string, holds: () => boolean): Promise<void> {
  const giveUp = performance.now() + 30_000;
  while (!holds()) {
    if (performance.now() > giveUp) throw new Error(`waited in vain: ${what}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
