import { createHash } from "node:crypto";
import {
  type Bilingual,
  blocksMax,
  blockTextCharsMax,
  type CommandSpec,
  commandTable,
  conversationQueueMax,
  dedupeDays,
  documentTextBytesMax,
  echoPulsePerMinuteMax,
  eventBatchMax,
  factValueCharsMax,
  grantCovers,
  messageTextCharsMax,
  mirrorPerHourMax,
  nodeQueueMax,
  overlaysActiveMax,
  overlayTextCharsMax,
  principalQueueMax,
  proposalsOfSourceMax,
  type Route,
  routes,
  type Self,
  switchModePerMinuteMax,
} from "@adyton/protocol";
import type { Segment } from "../domain/context/segments.ts";
import { systemSegments } from "../domain/context/system-message.ts";
import { shownModel } from "../domain/model/shown-model.ts";
import type { ModeSpec } from "../domain/modes/mode-spec.ts";
import type { Backend, BackendRole } from "../ports/backend.ts";
import type { Principal } from "../ports/http.ts";
import type { BackendPool, PooledBackend } from "./backend-pool.ts";
import { mayCommand } from "./permissions.ts";
import type { Blocks } from "./blocks.ts";
import type { Conversations } from "./conversations.ts";
import type { Facts } from "./facts.ts";
import type { NodeModeActive } from "./node-mode.ts";
import type { Memory } from "./memory.ts";
import type { Proposals } from "./proposals.ts";
import type { Turns } from "./turns.ts";

export interface DescribeOptions {
  readonly nodeId: string;
  readonly version: string;
  readonly startedMs: number;
  readonly configHash: string;
  readonly corePrompt: string;
  readonly language: keyof Bilingual;
  readonly backends: BackendPool;
  readonly conversations: Conversations;
  readonly memory: Memory;
  readonly facts: Facts;
  readonly proposals: Proposals;
  readonly blocks: Blocks;
  readonly turns: Turns;
  /** Counts the tokens of the core prompt where no model server does. */
  readonly estimateTokens: (text: string) => number;
}

/** The limits a caller can run into, by the names of the contract. */
const limits = {
  messageTextCharsMax,
  conversationQueueMax,
  principalQueueMax,
  nodeQueueMax,
  overlaysActiveMax,
  overlayTextCharsMax,
  eventBatchMax,
  documentTextBytesMax,
  factValueCharsMax,
  proposalsOfSourceMax,
  blocksMax,
  blockTextCharsMax,
  dedupeDays,
  switchModePerMinuteMax,
  echoPulsePerMinuteMax,
  mirrorPerHourMax,
};

const modelSilent = {
  severity: "warn",
  title: "The model server does not answer.",
  checkId: "D12",
} as const;

const isSilent = ({ backend }: PooledBackend): boolean => backend.health().status === "degraded";

/** What is wrong; a server that is not the only one is named. */
function findingsOf({ members }: BackendPool): Self["findings"] {
  return members.filter(isSilent).map(({ backend: { name } }) => {
    if (members.length === 1) return modelSilent;
    return { ...modelSilent, title: `The model server ${name} does not answer.` };
  });
}

const digest = (text: string): string => createHash("sha256").update(text).digest("hex");
const commands: readonly CommandSpec[] = commandTable;
const table: readonly Route[] = routes;

/**
 * The node's own structure, generated from what runs: modes, commands, routes, model, memory. What only the owner
 * may know is left out for everybody else. Equal structures give equal answers, so nothing in it counts time.
 */
export function describeSelf(
  options: DescribeOptions,
  caller: Principal,
  conversation?: string,
): Self {
  const { backends } = options;
  const isOwner = grantCovers(caller.grants, "admin");
  const key =
    conversation === undefined ? undefined : options.conversations.key(caller, conversation);
  const mode =
    (key === undefined ? undefined : options.conversations.mode(key).mode) ??
    options.turns.nodeMode.defaultFor(caller.tier);
  const content = {
    report: "describe_self" as const,
    version: "1" as const,
    subject: {
      node: options.nodeId,
      software: `adyton ${options.version}`,
      conversationId: conversation ?? null,
      mode: mode.id,
      model: modelOf(backends.first("chat"), isOwner),
      configHash: options.configHash,
      corePromptHash: digest(options.corePrompt),
    },
    status: backends.members.some(isSilent) ? ("warn" as const) : ("ok" as const),
    score: null,
    checks: [],
    findings: findingsOf(backends),
    cost: { calls: 0, inTokens: 0, outTokens: 0, ms: 0 },
    capabilities: ["chat", "stream", "events", "memory", "overlays", "tokens", "journal"],
    modes: options.turns.modes
      .usableBy(caller.tier)
      .map((each) => describeMode(each, { isOwner, language: options.language })),
    commands: commands.map((command) => ({
      name: command.name,
      forms: formsOf(command),
      summary: command.summary[options.language],
      changes: command.changes,
      allowed: mayCommand(caller, command),
    })),
    routes: table.map(({ id, method, path, access }) => ({
      id,
      method,
      path,
      needs: needsOf(access),
    })),
    backends: describeBackends(backends, isOwner),
    limits,
    corePrompt: {
      tokens: options.estimateTokens(options.corePrompt),
      ...(isOwner ? { text: options.corePrompt } : {}),
    },
    sent: sentTokens(options, { mode, key, caller }),
    memory: memoryOf(options, caller),
    retrieval: backends.of("embeddings").length > 0 ? ("hybrid" as const) : ("lexical" as const),
    nodeMode: nodeModeOf(options.turns.nodeMode.active(caller.tier)),
    overlays:
      key === undefined
        ? []
        : options.conversations
            .overlays(key)
            .map(({ overlayId, text, expires }) => ({ overlayId, text, expires })),
    caller: { tier: caller.tier, may: [...caller.grants] },
    openapi: "/api/v1/openapi.yaml",
  };
  const at = new Date(options.startedMs).toISOString();
  return { ...content, runId: `self_${digest(JSON.stringify(content)).slice(0, 24)}`, at };
}

/** What every turn is told before its history, counted part by part as it is sent. */
function sentTokens(
  { conversations, corePrompt, blocks, estimateTokens }: DescribeOptions,
  at: { readonly mode: ModeSpec; readonly key: string | undefined; readonly caller: Principal },
): Self["sent"] {
  const { mode, key, caller } = at;
  const segments = systemSegments(corePrompt, {
    modePrompt: mode.prompt,
    blocks: blocks.of(caller.person),
    overlays: key === undefined ? [] : conversations.overlays(key),
    tier: caller.tier,
  });
  const count = (isMeant: (segment: Segment) => boolean): number =>
    segments.filter(isMeant).reduce((sum, { text }) => sum + estimateTokens(text), 0);
  const parts = {
    core: count(({ source }) => source === "core"),
    mode: count(({ kind, source }) => kind === "system" && source !== "core"),
    blocks: count(({ kind }) => kind === "blocks"),
    overlays: count(({ kind }) => kind === "overlay"),
  };
  const tokens = Object.values(parts).reduce((sum, each) => sum + each, 0);
  return { tokens, ...parts };
}

function nodeModeOf(active: NodeModeActive | undefined): Self["nodeMode"] {
  if (active === undefined) return null;
  const { mode, untilMs, changedBy } = active;
  return { mode: mode.id, until: new Date(untilMs).toISOString(), changedBy };
}

/** A mode as it counts; what its owner wrote into its prompt is the owner's. */
function describeMode(
  mode: ModeSpec,
  { isOwner, language }: { readonly isOwner: boolean; readonly language: keyof Bilingual },
): Self["modes"][number] {
  const { id, version, aliases, controller, isOwn, minTier, budget, retrieval, output } = mode;
  const { prompt, command, clientTools, generation, answerTokensMax } = mode;
  return {
    id,
    version,
    aliases: [...aliases],
    controller,
    ...(command === undefined ? {} : { command }),
    own: isOwn,
    minTier,
    budget: budget ?? null,
    retrieval: retrieval === undefined ? null : { ...retrieval, sources: [...retrieval.sources] },
    ...(generation === undefined ? {} : { generation }),
    ...(answerTokensMax === undefined ? {} : { answerTokensMax }),
    clientTools,
    ...(output === undefined ? {} : { output }),
    ...(isOwner && prompt !== undefined ? { prompt } : {}),
    summary: mode.summary[language],
  };
}

/** Counts of everything; blocks are shown to their person alone, and what waits to whoever may see it. */
function memoryOf(
  { memory, facts, proposals, blocks }: DescribeOptions,
  caller: Principal,
): Self["memory"] {
  const pinned = grantCovers(caller.grants, "memory:read") ? blocks.list(caller.person) : [];
  return {
    documents: memory.documentCount,
    facts: facts.count,
    proposals: proposals.countFor(caller),
    blocks: pinned.map(({ name, text, version, tokens }) => ({ name, text, version, tokens })),
  };
}

/** Every way to write a command as text. */
function formsOf(command: CommandSpec): string[] {
  return [...(command.bare ? [command.name] : []), ...command.slash, `/command ${command.name}`];
}

function needsOf(access: Route["access"]): string {
  switch (access.kind) {
    case "open":
      return "nothing";
    case "local":
      return access.orCommand === undefined
        ? `nothing, or a token with ${access.grant}`
        : "nothing, or a token with say or the command";
    case "token":
      return `a token with ${access.grant}`;
  }
}

/** The model servers; where none answers, memory does. */
function describeBackends({ members }: BackendPool, isOwner: boolean): Self["backends"] {
  const memory = {
    name: "memory",
    kind: "extractive" as const,
    roles: ["chat"],
    model: null,
    status: "ok" as const,
    contextTokens: null,
  };
  const described = members.map(({ backend, roles }) => describeBackend(backend, roles, isOwner));
  return members.some(({ roles }) => roles.includes("chat")) ? described : [memory, ...described];
}

function describeBackend(
  backend: Backend,
  roles: readonly BackendRole[],
  isOwner: boolean,
): Self["backends"][number] {
  return {
    name: backend.name,
    kind: "openai",
    roles: [...roles],
    model: modelOf(backend, isOwner),
    status: backend.health().status,
    contextTokens: roles.includes("chat") ? backend.contextTokens : null,
    ...(isOwner ? { address: backend.address } : {}),
  };
}

function modelOf(backend: Backend | undefined, isOwner: boolean): string | null {
  if (backend === undefined || backend.model === "") return null;
  return isOwner ? backend.model : shownModel(backend.model);
}

const words = {
  en: (self: Self): string =>
    `${self.subject.software}, node ${self.subject.node}. Mode ${self.subject.mode}, ` +
    `${self.subject.model === null ? "no model: answers are quotes from memory" : `model ${self.subject.model}`}. ` +
    `Memory: ${self.memory.documents} documents, ${self.memory.facts} facts. ${self.commands.length} commands (/help), ${self.routes.length} routes (${self.openapi}).`,
  ru: (self: Self): string =>
    `${self.subject.software}, узел ${self.subject.node}. Режим ${self.subject.mode}, ` +
    `${self.subject.model === null ? "модели нет: ответы — цитаты из памяти" : `модель ${self.subject.model}`}. ` +
    `Память: документов ${self.memory.documents}, фактов ${self.memory.facts}. Команд ${self.commands.length} (/help), адресов ${self.routes.length} (${self.openapi}).`,
};

/** The description in a few sentences. */
export function selfInWords(self: Self, language: keyof Bilingual): string {
  return words[language](self);
}
