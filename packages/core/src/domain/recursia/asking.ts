import type { RecursiaStop, RethinkReport, TraceStep } from "@adyton/protocol";
import type { Checker } from "./checker.ts";

/** A message the controller puts to the model. */
export interface AskMessage {
  readonly role: "system" | "user" | "assistant";
  readonly content: string;
}

/** What an answer is asked for. */
export type CallPurpose =
  | "draft"
  | "read"
  | "vote"
  | "revise"
  | "claims"
  | "verify"
  | "choose"
  | "map"
  | "reduce";

/** A JSON schema the answer must follow, for servers that can be held to one. */
export interface AnswerSchema {
  readonly name: string;
  readonly schema: unknown;
}

export interface AskCall {
  readonly purpose: CallPurpose;
  /** `conversation`: behind the conversation and its question. `alone`: these messages and nothing else. */
  readonly about: "conversation" | "alone";
  readonly messages: readonly AskMessage[];
  /** Stands in place of the conversation's question, where that is too long for the model. */
  readonly question?: string | undefined;
  readonly temperature: number;
  readonly schema?: AnswerSchema;
  /** Whether another model, kept for judging, is preferred. */
  readonly byVerifier: boolean;
  /** Milliseconds the call may take; absent for the first answer, which only the turn's own time bounds. */
  readonly msMax?: number;
}

/** Why a run ended. The controller itself knows nothing of days. */
export type StopReason = Exclude<RecursiaStop, "daily_tokens">;

export type AskOutcome =
  | {
      readonly kind: "answered";
      readonly text: string;
      readonly inTokens: number;
      readonly outTokens: number;
      readonly ms: number;
    }
  | {
      readonly kind: "stopped";
      readonly reason: "wall" | "cancelled" | "upstream";
      readonly ms: number;
    };

/** Puts one question to a model. Never rejects for a model's failure. */
export type Ask = (call: AskCall) => Promise<AskOutcome>;

/** A step of a run, in the order of events. */
export interface Step {
  readonly kind: TraceStep["kind"];
  readonly verdict: TraceStep["verdict"];
  /** The model's call it comes from, counted from 1; absent for what code did by itself. */
  readonly call?: number;
  readonly inTokens: number;
  readonly outTokens: number;
  readonly ms: number;
  /** The text before and after, where the step has one. */
  readonly textIn?: string;
  readonly textOut?: string;
  /** Why, in the language of the question. */
  readonly reason?: string;
}

/** A passage of memory that claims are held against. */
export interface Passage {
  readonly text: string;
  /** Title and headings, where the passage has them: rows of a table say little without the names of their columns. */
  readonly title?: string;
  readonly heading?: readonly string[];
  /** True: somebody else's words, in which nobody may hide orders. */
  readonly isExternal?: true;
}

/** What a judge was measured to do: the shares of wrong answers it finds, and of right ones it lets pass. */
export interface JudgeQuality {
  readonly sensitivity: number;
  readonly specificity: number;
}

export interface Policy {
  readonly calls: number;
  readonly tokens: number;
  readonly wallMs: number;
  readonly depth: "fast" | "deep";
  /** Revisions in a row that may bring nothing: 1 for a small model, 2 for a large one. */
  readonly patience: number;
  /** Present where a judge was calibrated; without it no judge is asked. */
  readonly judge?: JudgeQuality | undefined;
}

export interface Task {
  readonly question: string;
  /** The first answer, where there is one already. It is given back unless something is shown to be better. */
  readonly first?: string | undefined;
  /** What memory holds on the question. Asked for only where nothing else can decide. */
  readonly findPassages: () => Promise<readonly Passage[]>;
  /** Tokens of the window that question and answer may fill. */
  readonly windowTokens: number;
  /** Further checks the caller has, beside those the question asks for. */
  readonly checkers?: readonly Checker[];
}

export interface Rethought extends Pick<RethinkReport, "answer" | "improved" | "evidence"> {
  readonly stopReason: StopReason;
  readonly confidence?: "high" | "low";
  /** What changed and why, a sentence each. */
  readonly changes: readonly string[];
}
