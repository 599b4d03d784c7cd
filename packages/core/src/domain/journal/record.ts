import { ForgetCounts, stepFacts, taintFacts } from "@adyton/protocol";
import * as z from "zod";
import { leakKinds } from "../exit-filter/own-identity.ts";

/**
 * Retention classes. `record` is what state is rebuilt from and is never erased by age; `message` what people and
 * models said; `event` what came from outside; `trace` how a run went.
 */
export const retentionClasses = ["record", "message", "event", "trace"] as const;
export type RetentionClass = (typeof retentionClasses)[number];

const runId = z.string();
const lifetime = { untilTurn: z.int(), untilMs: z.int() };

/**
 * The facts of each of the node's own records: ids and figures the node determined, never anybody's words. They
 * stand in the chained header and outlive the payload, so state can be rebuilt after every erasure.
 */
export const factsByType = {
  "node.started": z.strictObject({ version: z.string(), configHash: z.string() }),
  "node.stopped": z.strictObject({}),
  "turn.received": z.strictObject({ run: runId, mode: z.string(), detached: z.boolean() }),
  "turn.resumed": z.strictObject({ run: runId }),
  "turn.answered": z.strictObject({
    run: runId,
    by: z.enum(["model", "extractive", "command"]),
    promptTokens: z.int(),
    completionTokens: z.int(),
    ms: z.int(),
    /** Of a model's answer: which server gave it, how often the question was put again, how long that held it up. */
    backend: z.string().optional(),
    failovers: z.int().optional(),
    stalledMs: z.int().optional(),
    /** Present where the model was given external text, or such text is quoted. */
    taint: z.strictObject(taintFacts).optional(),
  }),
  "turn.failed": z.strictObject({
    run: runId,
    status: z.enum(["failed", "cancelled", "interrupted"]),
    code: z.string(),
    ms: z.int(),
    /** What the model was asked before it failed, where several calls make a turn. */
    promptTokens: z.int().optional(),
    completionTokens: z.int().optional(),
  }),
  /** A step of a run whose mode takes several. */
  "run.step": z.strictObject(stepFacts),
  "command.executed": z.strictObject({ run: runId, command: z.string() }),
  "fold.recorded": z.strictObject({
    run: runId,
    /** Keyed digests: of whose log it is and which, and of each cluster's fingerprint in it. */
    scope: z.string(),
    /** Of the window's end, since 1970. */
    hour: z.int(),
    clusters: z.array(
      z.strictObject({
        key: z.string(),
        count: z.int(),
        /** The payload holds the cluster's text. */
        isTold: z.boolean(),
      }),
    ),
    windowMs: z.int(),
    lines: z.int(),
    malformed: z.int(),
    calls: z.int(),
    promptTokens: z.int(),
    completionTokens: z.int(),
    ms: z.int(),
  }),
  /** A model was measured as a judge; `model` is a keyed digest of its name. */
  "judge.measured": z.strictObject({
    model: z.string(),
    sensitivity: z.number(),
    specificity: z.number(),
  }),
  /** Clusters that count as the first of them, or one of which each text counts for itself; by their keys. */
  "fold.regrouped": z.strictObject({
    scope: z.string(),
    kind: z.enum(["merge", "split"]),
    keys: z.array(z.string()),
  }),
  "conversation.reset": z.strictObject({}),
  /** Of a conversation; without one, of the whole node, which has no turns to count. */
  "mode.changed": z.strictObject({
    mode: z.string(),
    previous: z.string().nullable(),
    untilTurn: z.int().nullable(),
    untilMs: z.int(),
  }),
  "mode.restored": z.strictObject({ mode: z.string().nullable() }),
  "overlay.added": z.strictObject({ overlay: z.string(), ...lifetime }),
  "overlay.removed": z.strictObject({ overlay: z.string() }),
  "memory.document.added": z.strictObject({
    document: z.string(),
    sourceKey: z.string(),
    mediaType: z.string(),
    sha256: z.string(),
    bytes: z.int(),
    shared: z.boolean(),
    /** Absent: it stays. */
    expiresMs: z.int().optional(),
    /** Of the file the text was taken from. */
    originalSha256: z.string().optional(),
    /** Carried over from another memory: who brought it there, how far that was trusted, and when. */
    first: z.strictObject({ by: z.string(), tier: z.string(), ms: z.int() }).optional(),
    /** Present where the words are not of whoever added them. */
    external: z.literal(true).optional(),
  }),
  /** Of a fact: who said it and how far that one is trusted, which for an accepted proposal is not who accepted it. */
  "memory.fact.stored": z.strictObject({
    fact: z.string(),
    subjectKey: z.string(),
    slotKey: z.string(),
    shared: z.boolean(),
    validFromMs: z.int(),
    validToMs: z.int().nullable(),
    confidence: z.number(),
    tier: z.string(),
    source: z.string(),
    proposal: z.string().nullable(),
    /** When it was first told, of one carried over from another memory. */
    recordedMs: z.int().optional(),
  }),
  "memory.fact.retracted": z.strictObject({ fact: z.string() }),
  "memory.fact.proposed": z.strictObject({
    proposal: z.string(),
    subjectKey: z.string(),
    slotKey: z.string(),
    shared: z.boolean(),
    untilMs: z.int(),
  }),
  "memory.proposal.rejected": z.strictObject({ proposal: z.string() }),
  /** A version; its cause is the version before it. */
  "memory.block.saved": z.strictObject({
    block: z.string(),
    nameKey: z.string(),
    version: z.int(),
    chars: z.int(),
  }),
  "memory.block.removed": z.strictObject({ block: z.string() }),
  /** Forgetting begins with what it chose, and erases once it has chosen again with nothing under way. */
  "memory.forgetting": z.strictObject({
    forget: z.string(),
    stage: z.enum(["begun", "settled"]),
    deleted: ForgetCounts,
    tombstone: z.string(),
  }),
  /** Ids of documents, facts, proposals and blocks. */
  "memory.entries.forgotten": z.strictObject({
    forget: z.string(),
    entries: z.array(z.string()),
  }),
  "memory.forgotten": z.strictObject({
    forget: z.string(),
    deleted: ForgetCounts,
    residueBytes: z.int().nullable(),
    tombstone: z.string(),
    signature: z.string(),
  }),
  "token.added": z.strictObject({
    name: z.string(),
    hash: z.string(),
    tier: z.string(),
    may: z.array(z.string()),
    person: z.boolean(),
    expiresMs: z.int().nullable(),
  }),
  "token.revoked": z.strictObject({ name: z.string() }),
  /** A one-time code was made. `server` and `code` are keyed digests. */
  "pairing.made": z.strictObject({
    name: z.string(),
    server: z.string(),
    code: z.string(),
    expiresMs: z.int(),
  }),
  /** A messenger's user sent the code and may speak from now on. */
  "pairing.used": z.strictObject({ name: z.string(), user: z.int() }),
  "pairing.revoked": z.strictObject({ name: z.string() }),
  /** Until then an owner's messages count as the owner's, although they come through a relay that runs the bot. */
  "confirmation.made": z.strictObject({ user: z.int(), expiresMs: z.int() }),
  "confirmation.revoked": z.strictObject({ user: z.int() }),
  /** A reply is owed through a channel: the end of a run, or a text in the payload. */
  "delivery.opened": z.strictObject({
    delivery: z.string(),
    channel: z.string(),
    run: runId.nullable(),
    /** What it answers, where that was a command and nothing else. */
    command: z.string().optional(),
  }),
  /** The reply that is owed is another from now on: its question was edited before it was answered. */
  "delivery.replaced": z.strictObject({
    delivery: z.string(),
    run: runId.nullable(),
    command: z.string().optional(),
  }),
  /** Something became known of a reply that waits for work; the run, once its end will be the reply. */
  "delivery.noted": z.strictObject({ delivery: z.string(), run: runId.nullable() }),
  /** A message without content is about to be sent for a part of it. */
  "delivery.placing": z.strictObject({ delivery: z.string(), part: z.int() }),
  "delivery.placed": z.strictObject({ delivery: z.string(), part: z.int(), message: z.int() }),
  "delivery.closed": z.strictObject({
    delivery: z.string(),
    /** `not_admitted`: its chat, or whoever it was for, is not let in any more. */
    outcome: z.enum(["delivered", "refused", "erased", "not_admitted"]),
  }),
  /** What the exit filter took out, by kind: of a reply through a channel, or of an answer for whoever asks. */
  "exit.redacted": z.strictObject({
    delivery: z.string().nullable(),
    run: runId.nullable(),
    removed: z.partialRecord(z.enum(leakKinds), z.int()),
  }),
  /** A channel's door stopped working, or works again. `sinceMs` is when it stopped. */
  "door.changed": z.strictObject({
    door: z.string(),
    status: z.enum(["open", "closed"]),
    sinceMs: z.int().optional(),
  }),
  /** Updates that waited on the relay and are lost. */
  "spool.dropped": z.strictObject({
    reason: z.enum(["unknown_key", "damaged", "expired"]),
    count: z.int(),
  }),
  /** A report of the node on itself: what its checks came to. Quotations lie in the payload. */
  "report.made": z.strictObject({
    run: runId,
    report: z.enum(["echo_pulse", "mirror_self"]),
    status: z.enum(["ok", "warn", "fail", "partial"]),
    score: z.number().nullable(),
    checks: z.record(z.string(), z.enum(["ok", "warn", "fail", "skipped", "error"])),
    /** SHA-256 of what the deterministic checks found. */
    hash: z.string(),
    calls: z.int(),
    promptTokens: z.int(),
    completionTokens: z.int(),
    ms: z.int(),
  }),
  "backend.changed": z.strictObject({ name: z.string(), status: z.string() }),
  "storage.recovered": z.strictObject({ refused: z.int() }),
  "journal.erased": z.strictObject({
    ranges: z.array(z.tuple([z.int(), z.int()])),
    reason: z.string(),
  }),
  "journal.backed_up": z.strictObject({ lastSeq: z.int(), hash: z.string() }),
  "journal.restored": z.strictObject({ lastSeq: z.int(), hash: z.string() }),
} as const;

export type NodeEventType = keyof typeof factsByType;
export type Facts<T extends NodeEventType> = z.infer<(typeof factsByType)[T]>;

/** Who and where: the header of a record besides what the journal itself adds. */
export interface RecordContext {
  /** Whose words the payload holds; decides who may see them. */
  readonly owner: string;
  /** Who acted. */
  readonly actor: string;
  readonly tier: string;
  /** The conversation's internal key. */
  readonly conversation?: string | undefined;
  /** The record this one follows from; `"first"` names the first record of the same group. */
  readonly cause?: number | "first" | undefined;
  readonly hop?: number | undefined;
}

/** A record to append. */
export type NewRecord = RecordContext & {
  readonly class: RetentionClass;
  readonly data?: unknown;
} & (
    | {
        readonly [T in NodeEventType]: {
          readonly origin: "node";
          readonly type: T;
          readonly facts: Facts<T>;
        };
      }[NodeEventType]
    | { readonly origin: "outside"; readonly type: string; readonly facts: Record<string, never> }
  );

/**
 * An HMAC that names an outside event or a keyed request, and one of its content that tells a repetition from a clash.
 * Both are keyed: they outlive the erasing of what they stand for, until they expire.
 */
export interface DedupeKey {
  readonly key: Uint8Array;
  readonly fingerprint: Uint8Array;
}

/** Records that are written together or not at all. */
export interface RecordGroup {
  readonly records: readonly NewRecord[];
  /** When the key is known already, nothing of the group is written. */
  readonly dedupe?: DedupeKey | undefined;
  /** The group's last record is what a repetition of this key is answered with. */
  readonly resultOf?: Uint8Array | undefined;
}

export type AppendOutcome =
  | {
      readonly kind: "appended";
      readonly firstSeq: number;
      readonly lastSeq: number;
      readonly timeMs: number;
    }
  | {
      readonly kind: "duplicate";
      readonly seq: number;
      /** The record that answers it; absent while the first is still under way. */
      readonly result: number | null;
      /** False: the same key stands for another content. */
      readonly same: boolean;
    };
