import type { documentMediaTypes, runStatuses, Tier } from "@adyton/protocol";
import type { AppendOutcome, RecordGroup } from "../domain/journal/record.ts";

/** The journal as the use cases see it. One implementation, real in tests too; stated here so that they import no adapter. */

export interface JournalPort {
  readonly lastSeq: number;
  readonly storage: "ok" | "storage_full" | "storage_failed";
  /** Resolves when the group is on disk or was found to be a duplicate; rejects with a `code` when it was not written. */
  append(group: RecordGroup): Promise<AppendOutcome>;
  noteTokenUse(name: string, timeMs: number): void;
  onAppended(listener: (lastSeq: number) => void): () => void;
}

/** A record without its payload. Of a record nothing else has a size that its writer chooses. */
export interface RecordHeader {
  readonly seq: number;
  readonly timeMs: number;
  readonly origin: "node" | "outside";
  readonly type: string;
  readonly owner: string;
  readonly actor: string;
  readonly tier: string;
  readonly conversation: string | null;
  readonly cause: number | null;
  readonly facts: unknown;
  readonly payload: "present" | "erased" | "none";
  /** Bytes of the facts' text, and of the payload's when it is present. */
  readonly factsBytes: number;
  readonly payloadBytes: number;
}

export interface JournalRecord extends RecordHeader {
  readonly data: unknown;
}

export interface RecordsPort {
  lastSeq(): number;
  record(seq: number): JournalRecord | undefined;
  /** Ranges are read without payloads, whose bytes are then counted before they are fetched one by one. */
  headersAfter(seq: number, limit: number, type?: string): readonly RecordHeader[];
  answeredTurns(conversation: string, afterSeq: number, limit: number): readonly JournalRecord[];
  /** The steps of a run between its question and its end, oldest first. */
  steps(
    run: Pick<RunState, "conversation" | "received" | "result">,
    limit: number,
  ): readonly JournalRecord[];
  known(
    key: Uint8Array,
    nowMs: number,
  ):
    | { readonly seq: number; readonly result: number | null; readonly fingerprint: Uint8Array }
    | undefined;
}

export interface RunState {
  readonly id: string;
  readonly actor: string;
  readonly owner: string;
  readonly conversation: string;
  readonly status: (typeof runStatuses)[number];
  readonly mode: string;
  readonly attempts: number;
  readonly detached: number;
  readonly created: number;
  readonly finished: number | null;
  readonly received: number;
  readonly result: number | null;
}

export interface ConversationState {
  readonly key: string;
  readonly turns: number;
  readonly fresh_after: number;
  readonly mode: string | null;
  readonly mode_previous: string | null;
  readonly mode_until_turn: number | null;
  readonly mode_until_time: number | null;
  readonly mode_by: string | null;
}

export interface NodeModeState {
  readonly mode: string | null;
  readonly previous: string | null;
  readonly until_time: number | null;
  readonly changed_by: string;
}

export interface OverlayState {
  readonly id: string;
  readonly conversation: string;
  readonly seq: number;
  readonly until_turn: number;
  readonly until_time: number;
  readonly removed: number | null;
}

export interface DocumentState {
  readonly id: string;
  readonly owner: string | null;
  readonly source_key: string;
  readonly media_type: (typeof documentMediaTypes)[number];
  readonly sha256: string;
  readonly bytes: number;
  readonly tier: Tier;
  readonly seq: number;
  readonly time: number;
  readonly ingested_by: string;
  readonly cause: number;
  readonly expires: number | null;
  readonly original_sha256: string | null;
}

/** Something that is being forgotten, and the records that tell what: when it began, and when nothing more came to it. */
export interface ForgettingState {
  readonly id: string;
  readonly begun: number;
  readonly settled: number | null;
}

export interface TokenState {
  readonly name: string;
  readonly hash: string;
  readonly tier: string;
  readonly may: string;
  readonly person: number;
  readonly created: number;
  readonly expires: number | null;
  readonly revoked: number | null;
  readonly used: number | null;
}

export interface PairingState {
  readonly name: string;
  readonly server: string;
  readonly code: string;
  readonly created: number;
  readonly expires: number;
  readonly user: number | null;
  readonly paired: number | null;
  readonly revoked: number | null;
}

export interface ConfirmationState {
  readonly user: number;
  readonly created: number;
  readonly expires: number;
}

export interface UsageState {
  readonly day: string;
  readonly actor: string;
  readonly messages: number;
  readonly failed: number;
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly ms: number;
}

/** A cluster of a log, as far as the journal counts it. */
export interface FoldClusterState {
  readonly key: string;
  /** The record whose payload has its text. */
  readonly seq: number;
  /** Lines in the windows that are asked for; 0 without such. */
  readonly count: number;
}

/** A cluster that counts as another, or `null`, whose texts count each for itself. */
export interface FoldGroupState {
  readonly key: string;
  readonly into: string | null;
}

export interface FoldCoverage {
  /** Milliseconds of the log that were folded in the hours that are asked for. */
  readonly ms: number;
}

/** A fact, whose words lie in the record `seq`. Times are milliseconds. */
export interface FactState {
  readonly id: string;
  readonly owner: string;
  readonly shared: number;
  readonly subject_key: string;
  readonly slot_key: string;
  readonly valid_from: number;
  /** Its end as it was said. */
  readonly valid_to: number | null;
  /** When a later value took its place. */
  readonly closed: number | null;
  readonly confidence: number;
  readonly tier: string;
  readonly source: string;
  readonly source_seq: number;
  readonly supersedes: string | null;
  readonly superseded_by: string | null;
  readonly seq: number;
  readonly recorded: number;
  readonly retracted: number | null;
}

export interface ProposalState {
  readonly id: string;
  readonly owner: string;
  readonly actor: string;
  readonly tier: string;
  readonly shared: number;
  readonly subject_key: string;
  readonly slot_key: string;
  readonly until: number;
  readonly seq: number;
  readonly proposed: number;
  readonly decided: number | null;
  /** The fact it became. */
  readonly fact: string | null;
}

export interface BlockState {
  readonly id: string;
  readonly owner: string;
  readonly name_key: string;
  readonly version: number;
  readonly chars: number;
  readonly tier: string;
  /** The record of its newest version, whose cause is that of the version before. */
  readonly seq: number;
  readonly created: number;
  readonly changed: number;
  readonly removed: number | null;
}

/** Which facts are read: those a person may see, of a subject or a slot, those that hold at a time. */
export interface FactSelection {
  readonly person: string;
  readonly subjectKey?: string | undefined;
  readonly slotKey?: string | undefined;
  /** Absent: also those that ended, begin later, or were retracted. */
  readonly atMs?: number | undefined;
  readonly after: number;
  readonly limit: number;
}

/** The state of facts, proposals and blocks. */
export interface FactsStatePort {
  fact(id: string): FactState | undefined;
  /** What may be found: retracted facts are not counted. */
  count(): number;
  visible(selection: FactSelection): readonly FactState[];
  after(seq: number, limit: number): readonly FactState[];
  supersededBy(id: string): readonly FactState[];
  retracted(after: number, limit: number): readonly FactState[];
  /** Pairs of one slot that hold at the same time, of what a person may see. */
  overlapping(person: string, limit: number): readonly { readonly a: string; readonly b: string }[];
  proposal(id: string): ProposalState | undefined;
  /** Proposals that wait at a time, oldest first; of one actor, or of all. */
  waiting(atMs: number, actor: string | null): readonly ProposalState[];
  blocks(owner: string): readonly BlockState[];
}

/** What a model was measured to be as a judge. */
export interface JudgeState {
  readonly sensitivity: number;
  readonly specificity: number;
}

/** The newest report of a kind on a subject. */
export interface ReportState {
  readonly run: string;
  readonly seq: number;
  /** What its checks came to, by their ids. */
  readonly checks: Readonly<Record<string, "ok" | "warn" | "fail" | "skipped" | "error">>;
  readonly hash: string;
}

export interface StatePort {
  readonly facts: FactsStatePort;
  /** By the keyed digest of a model's name. */
  judge(model: string): JudgeState | undefined;
  /** The clusters of a log, the one seen last first, with what the given hours (since 1970) counted of them. */
  /** `subject` is a conversation's key, or the person where the report was on no conversation. */
  report(subject: string, kind: string): ReportState | undefined;
  foldClusters(scope: string, hours: readonly number[]): readonly FoldClusterState[];
  foldGroups(scope: string): readonly FoldGroupState[];
  foldCoverage(scope: string, hours: readonly number[]): FoldCoverage;
  run(id: string): RunState | undefined;
  unfinishedRuns(): readonly RunState[];
  conversation(key: string): ConversationState | undefined;
  nodeMode(): NodeModeState | undefined;
  overlay(id: string): OverlayState | undefined;
  overlays(conversation: string): readonly OverlayState[];
  document(id: string): DocumentState | undefined;
  documentBySource(sourceKey: string): DocumentState | undefined;
  documentsAfter(seq: number, limit: number): readonly DocumentState[];
  documentCount(): number;
  forgettings(): readonly ForgettingState[];
  tokens(): readonly TokenState[];
  pairings(): readonly PairingState[];
  confirmations(): readonly ConfirmationState[];
  usage(sinceDay: string, actor: string | null): readonly UsageState[];
}
