import type { DatabaseSync } from "node:sqlite";
import { documentMediaTypes, runStatuses, Tier } from "@adyton/protocol";
import * as z from "zod";
import { FactReader } from "./fact-reader.ts";
import { PreparedRows } from "./prepared-rows.ts";

const RunRow = z.object({
  id: z.string(),
  actor: z.string(),
  owner: z.string(),
  conversation: z.string(),
  status: z.enum(runStatuses),
  mode: z.string(),
  attempts: z.int(),
  detached: z.int(),
  created: z.int(),
  finished: z.int().nullable(),
  received: z.int(),
  result: z.int().nullable(),
});
export type RunRow = z.infer<typeof RunRow>;

const ConversationRow = z.object({
  key: z.string(),
  owner: z.string(),
  turns: z.int(),
  fresh_after: z.int(),
  mode: z.string().nullable(),
  mode_previous: z.string().nullable(),
  mode_until_turn: z.int().nullable(),
  mode_until_time: z.int().nullable(),
  mode_by: z.string().nullable(),
});
export type ConversationRow = z.infer<typeof ConversationRow>;

const NodeModeRow = z.object({
  mode: z.string().nullable(),
  previous: z.string().nullable(),
  until_time: z.int().nullable(),
  changed_by: z.string(),
});

const OverlayRow = z.object({
  id: z.string(),
  conversation: z.string(),
  seq: z.int(),
  until_turn: z.int(),
  until_time: z.int(),
  removed: z.int().nullable(),
});
export type OverlayRow = z.infer<typeof OverlayRow>;

const DocumentRow = z.object({
  id: z.string(),
  owner: z.string().nullable(),
  source_key: z.string(),
  media_type: z.enum(documentMediaTypes),
  sha256: z.string(),
  bytes: z.int(),
  tier: Tier,
  seq: z.int(),
  time: z.int(),
  ingested_by: z.string(),
  cause: z.int(),
  expires: z.int().nullable(),
  original_sha256: z.string().nullable(),
});
export type DocumentRow = z.infer<typeof DocumentRow>;

const ForgettingRow = z.object({
  id: z.string(),
  begun: z.int(),
  settled: z.int().nullable(),
});

const TokenRow = z.object({
  name: z.string(),
  hash: z.string(),
  tier: z.string(),
  may: z.string(),
  person: z.int(),
  created: z.int(),
  expires: z.int().nullable(),
  revoked: z.int().nullable(),
  used: z.int().nullable(),
});
export type TokenRow = z.infer<typeof TokenRow>;

const PairingRow = z.object({
  name: z.string(),
  server: z.string(),
  code: z.string(),
  created: z.int(),
  expires: z.int(),
  user: z.int().nullable(),
  paired: z.int().nullable(),
  revoked: z.int().nullable(),
});

const ConfirmationRow = z.object({ user: z.int(), created: z.int(), expires: z.int() });

const UsageRow = z.object({
  day: z.string(),
  actor: z.string(),
  messages: z.int(),
  failed: z.int(),
  prompt_tokens: z.int(),
  completion_tokens: z.int(),
  ms: z.int(),
});
export type UsageRow = z.infer<typeof UsageRow>;

const FoldClusterRow = z.object({ key: z.string(), seq: z.int(), count: z.int() });
const FoldGroupRow = z.object({ key: z.string(), into: z.string().nullable() });
const FoldCoverageRow = z.object({ ms: z.int() });
const JudgeRow = z.object({ sensitivity: z.number(), specificity: z.number() });

const Numbers = z.string().transform((list) => z.array(z.int()).parse(JSON.parse(list)));
const DeliveryRow = z.object({
  id: z.string(),
  actor: z.string(),
  run: z.string().nullable(),
  seq: z.int(),
  time: z.int(),
  placing: z.int(),
  messages: Numbers,
  notes: Numbers,
});

const DoorRow = z.object({ since: z.int() });

const ReportRow = z.object({
  run: z.string(),
  seq: z.int(),
  checks: z
    .string()
    .transform((text): unknown => JSON.parse(text))
    .pipe(z.record(z.string(), z.enum(["ok", "warn", "fail", "skipped", "error"]))),
  hash: z.string(),
});

/** Reads the state tables. */
export class StateReader {
  readonly #rows: PreparedRows;
  readonly facts: FactReader;

  constructor(database: DatabaseSync) {
    this.#rows = new PreparedRows(database);
    this.facts = new FactReader(this.#rows);
  }

  run(id: string): RunRow | undefined {
    return this.#rows.one(RunRow, "SELECT * FROM run WHERE id = ?", id);
  }

  unfinishedRuns(): readonly RunRow[] {
    return this.#rows.all(RunRow, "SELECT * FROM run WHERE status = 'running' ORDER BY id");
  }

  conversation(key: string): ConversationRow | undefined {
    return this.#rows.one(ConversationRow, "SELECT * FROM conversation WHERE key = ?", key);
  }

  nodeMode(): z.infer<typeof NodeModeRow> | undefined {
    return this.#rows.one(NodeModeRow, "SELECT * FROM node_mode");
  }

  overlay(id: string): OverlayRow | undefined {
    return this.#rows.one(OverlayRow, "SELECT * FROM overlay WHERE id = ?", id);
  }

  /** The overlays of a conversation that are not removed, expired ones included, oldest first. */
  overlays(conversation: string): readonly OverlayRow[] {
    return this.#rows.all(
      OverlayRow,
      "SELECT * FROM overlay WHERE conversation = ? AND removed IS NULL ORDER BY seq",
      conversation,
    );
  }

  document(id: string): DocumentRow | undefined {
    return this.#rows.one(DocumentRow, "SELECT * FROM document WHERE id = ?", id);
  }

  documentBySource(sourceKey: string): DocumentRow | undefined {
    return this.#rows.one(DocumentRow, "SELECT * FROM document WHERE source_key = ?", sourceKey);
  }

  /** The newest report of a kind on a subject. */
  report(subject: string, kind: string): z.infer<typeof ReportRow> | undefined {
    return this.#rows.one(
      ReportRow,
      "SELECT run, seq, checks, hash FROM report WHERE subject = ? AND kind = ?",
      subject,
      kind,
    );
  }

  /** Documents in the order they came, after a sequence number. */
  documentsAfter(seq: number, limit: number): readonly DocumentRow[] {
    return this.#rows.all(
      DocumentRow,
      "SELECT * FROM document WHERE seq > ? ORDER BY seq LIMIT ?",
      seq,
      limit,
    );
  }

  documentCount(): number {
    return this.#rows.count("SELECT count(*) AS n FROM document");
  }

  /** What is being forgotten and not finished, oldest first. */
  forgettings(): readonly z.infer<typeof ForgettingRow>[] {
    return this.#rows.all(ForgettingRow, "SELECT * FROM forgetting ORDER BY begun");
  }

  tokens(): readonly TokenRow[] {
    return this.#rows.all(
      TokenRow,
      "SELECT token.*, token_use.time AS used FROM token LEFT JOIN token_use USING (name) ORDER BY name",
    );
  }

  pairings(): readonly z.infer<typeof PairingRow>[] {
    return this.#rows.all(PairingRow, "SELECT * FROM pairing ORDER BY name");
  }

  confirmations(): readonly z.infer<typeof ConfirmationRow>[] {
    return this.#rows.all(ConfirmationRow, "SELECT * FROM confirmation ORDER BY user");
  }

  usage(sinceDay: string, actor: string | null): readonly UsageRow[] {
    return this.#rows.all(
      UsageRow,
      "SELECT * FROM usage WHERE day >= ?1 AND (?2 IS NULL OR actor = ?2) ORDER BY day, actor",
      sinceDay,
      actor,
    );
  }

  foldClusters(scope: string, hours: readonly number[]): readonly z.infer<typeof FoldClusterRow>[] {
    return this.#rows.all(
      FoldClusterRow,
      `SELECT key, seq, coalesce((SELECT sum(count) FROM fold_count WHERE fold_count.scope = fold_cluster.scope
         AND fold_count.key = fold_cluster.key AND hour IN (SELECT value FROM json_each(?2))), 0) AS count
       FROM fold_cluster WHERE scope = ?1 ORDER BY last DESC, key`,
      scope,
      JSON.stringify(hours),
    );
  }

  foldGroups(scope: string): readonly z.infer<typeof FoldGroupRow>[] {
    const sql = 'SELECT key, into_key AS "into" FROM fold_group WHERE scope = ? ORDER BY key';
    return this.#rows.all(FoldGroupRow, sql, scope);
  }

  foldCoverage(scope: string, hours: readonly number[]): z.infer<typeof FoldCoverageRow> {
    const sql =
      "SELECT coalesce(sum(ms), 0) AS ms FROM fold_cover WHERE scope = ? AND hour IN (SELECT value FROM json_each(?))";
    return this.#rows.one(FoldCoverageRow, sql, scope, JSON.stringify(hours)) ?? { ms: 0 };
  }

  /** What a channel still owes, oldest first. */
  deliveries(channel: string): readonly z.infer<typeof DeliveryRow>[] {
    return this.#rows.all(
      DeliveryRow,
      `SELECT id, actor, run, seq, time, placing, notes, (SELECT json_group_array(message ORDER BY part) FROM delivery_part
         WHERE delivery = delivery.id) AS messages
       FROM delivery WHERE channel = ? ORDER BY seq`,
      channel,
    );
  }

  /** Since when a channel's door is shut. */
  closedSince(channel: string): number | undefined {
    return this.#rows.one(DoorRow, "SELECT since FROM door WHERE name = ?", channel)?.since;
  }

  judge(model: string): z.infer<typeof JudgeRow> | undefined {
    const sql = "SELECT sensitivity, specificity FROM judge WHERE model = ?";
    return this.#rows.one(JudgeRow, sql, model);
  }
}
