import type { SegmentedMessage, SegmentKind } from "../context/segments.ts";

/**
 * What the self-checks look at: the state of a conversation and its node at one moment. Whoever takes it does all the
 * reading; the checks are functions of it.
 */
export interface Snapshot {
  readonly context: ContextState;
  /** Prompts whose tokens were counted here and by the server. */
  readonly counts: readonly CountedPrompt[];
  readonly corePrompt: CorePromptState;
  /** The newest turns of the conversation, oldest first. */
  readonly turns: readonly SpokenTurn[];
  readonly invariants: Invariants;
  /** What of memory stands in the context. */
  readonly sources: readonly SourceState[];
  /** What memory holds to be true now. */
  readonly facts: readonly FactState[];
  /** Whether a word is a key or a token that this node was given or has issued. */
  readonly isOwnSecret: (word: string) => boolean;
  /** Absent where no model server is connected. */
  readonly upstream?: UpstreamState;
  readonly storage: StorageState;
  readonly node: NodeState;
  readonly config: ConfigState;
}

/** What the next question would be sent with; the question itself is not among it. */
export interface ContextState {
  readonly messages: readonly SegmentedMessage[];
  /** Messages of the history that no longer fit. */
  readonly dropped: number;
  /** Tokens of the parts; `reserve` is kept free for the answer. */
  readonly tokens: Readonly<Record<Exclude<SegmentKind, "question"> | "tools" | "reserve", number>>;
  /** The smallest of what the server states, what was measured of it, and half of what is merely advertised. */
  readonly windowTokens: number;
}

/** The tokens of one prompt, counted twice. */
export interface CountedPrompt {
  /** The run it belongs to, or `canary`. */
  readonly ref: string;
  readonly ownTokens: number;
  /** By the server's own tokenizer; otherwise the count is an estimate with a margin. */
  readonly isExact: boolean;
  readonly reportedTokens: number;
}

export interface CorePromptState {
  /** SHA-256 of what was pinned when the node started. */
  readonly pinnedHash: string;
  /** SHA-256 of what stands first in the context now. */
  readonly hash: string;
  /** The first message of the last request of this conversation; absent when none was made since the start. */
  readonly lastRequest?: { readonly role: string; readonly startsWithPrompt: boolean };
}

export interface SpokenTurn {
  /** The run that answered. */
  readonly ref: string;
  readonly question: string;
  readonly answer: string;
}

/** Rules for the model's answers that a program can hold them against. */
export interface Invariants {
  /** `same`: an answer has the language of its question. */
  readonly language?: "same" | "en" | "ru" | undefined;
  readonly answerCharsMax?: number | undefined;
  /** Texts that must not occur, in any case. */
  readonly forbidden?: readonly string[] | undefined;
  /** Every answer is one JSON value. */
  readonly json?: boolean | undefined;
}

export interface SourceState {
  readonly ref: string;
  /** `changed`: what it was read from is another by now. */
  readonly state: "current" | "expired" | "superseded" | "changed";
}

export interface FactState {
  readonly ref: string;
  readonly subject: string;
  readonly attribute: string;
  readonly value: string;
  readonly validFromMs: number;
  /** Absent while it holds. */
  readonly validToMs?: number;
  /** It stands in a block that every prompt carries. */
  readonly isPinned: boolean;
}

export interface UpstreamState {
  readonly configuredModel: string;
  /** The model that the last answer named; absent before there is one. */
  readonly answeredModel?: string;
  readonly isSilent: boolean;
  /** Of the last 15 minutes. */
  readonly calls: number;
  readonly failures: number;
  readonly p95Ms: number | null;
  readonly queue: number;
}

export interface StorageState {
  /** `unfinished`: the database is too large to be looked through in the time there is. */
  readonly quickCheck: "ok" | "damaged" | "unfinished";
  /** Rows of the index; `null` before anything was indexed. `vectors` is `null` where nothing is embedded. */
  readonly index: {
    readonly chunks: number;
    readonly indexed: number;
    readonly vectors: number | null;
  } | null;
  readonly hasBackup: boolean;
  /** Since the newest backup, or since the node's first record where there is none. */
  readonly hoursSinceBackup: number;
}

export interface NodeState {
  /** Deliveries that were given up. */
  readonly deadLetters: number;
  /** What arrived and was not taken in since the start. */
  readonly dropped: number;
  /** Model servers, rules or doors that are shut after failing too often. */
  readonly openBreakers: readonly string[];
  /** Seconds by which the newest record is ahead of the clock. */
  readonly skewSeconds: number;
}

export interface ConfigState {
  readonly runningHash: string;
  /** Of what a start would read now, or the word `invalid` where it would be refused. */
  readonly fileHash: string;
}
