import assert from "node:assert/strict";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { documentTier } from "../../domain/journal/document-tier.ts";
import type { Facts, NodeEventType } from "../../domain/journal/record.ts";
import { factProjections } from "./fact-projections.ts";
import { deliveryProjection } from "./delivery-projection.ts";
import { doorProjection } from "./door-projection.ts";
import { pairingProjection } from "./pairing-projection.ts";
import { foldProjection } from "./fold-projection.ts";
import { forgettingProjections } from "./forgetting-projections.ts";
import type { Project, ProjectedRecord } from "./project.ts";

/** The state tables, in the order in which they are compared. */
export const stateTables = [
  "run",
  "conversation",
  "node_mode",
  "overlay",
  "document",
  "fact",
  "proposal",
  "block",
  "forgetting",
  "token",
  "usage",
  "fold_cluster",
  "fold_count",
  "fold_cover",
  "fold_group",
  "judge",
  "pairing",
  "confirmation",
  "delivery",
  "delivery_part",
  "door",
  "report",
] as const;

const dayOf = (timeMs: number): string => new Date(timeMs).toISOString().slice(0, 10);
/** A document's owner column: NULL when everybody may find it. */
const visibleTo = (record: ProjectedRecord, shared: boolean): string | null =>
  shared ? null : record.owner;

/** Keeps the state tables in step with the records, in the transaction that appends them. */
export class Projections {
  readonly #prepared = new Map<string, StatementSync>();
  readonly #database: DatabaseSync;
  readonly #project: Project;

  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#project = {
      ...this.#turns(),
      ...this.#conversations(),
      ...this.#things(),
      ...factProjections((sql, ...values) => this.#run(sql, ...values)),
      ...forgettingProjections((sql, ...values) => this.#run(sql, ...values)),
      ...pairingProjection((sql, ...values) => this.#run(sql, ...values)),
      ...deliveryProjection((sql, ...values) => this.#run(sql, ...values)),
      ...doorProjection((sql, ...values) => this.#run(sql, ...values)),
      ...foldProjection(
        (sql, ...values) => this.#run(sql, ...values),
        (record, facts) => this.#count(record, { messages: 0, failed: 0, ...facts }),
      ),
    };
  }

  /** Applies one of the node's own records. Its facts passed their schema before they were chained. */
  apply(record: ProjectedRecord & { readonly facts: string }, type: string): void {
    if (this.#isProjected(type)) this.#applyAs(record, type, knownFacts(type, record.facts));
  }

  /** Empties the state tables and applies every record of `source` again, oldest first. */
  replay(source: DatabaseSync): void {
    for (const table of stateTables) this.#database.exec(`DELETE FROM ${table}`);
    const rows = source
      .prepare(
        "SELECT seq, time, type, owner, actor, tier, conversation, cause, facts FROM event WHERE origin = 'node' ORDER BY seq",
      )
      .iterate();
    for (const row of rows) {
      const conversation = row["conversation"];
      const cause = row["cause"];
      const record = {
        seq: Number(row["seq"]),
        time: Number(row["time"]),
        owner: String(row["owner"]),
        actor: String(row["actor"]),
        tier: String(row["tier"]),
        conversation: typeof conversation === "string" ? conversation : null,
        cause: typeof cause === "number" ? cause : null,
        facts: String(row["facts"]),
      };
      this.apply(record, String(row["type"]));
    }
  }

  #isProjected(type: string): type is NodeEventType {
    return Object.hasOwn(this.#project, type);
  }

  #applyAs<T extends NodeEventType>(record: ProjectedRecord, type: T, facts: Facts<T>): void {
    const project: Project[T] = this.#project[type];
    project?.(record, facts);
  }

  #run(sql: string, ...values: (string | number | null)[]): void {
    let statement = this.#prepared.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare(sql);
      this.#prepared.set(sql, statement);
    }
    statement.run(...values);
  }

  #turns(): Project {
    return {
      "turn.received": (record, facts) => {
        this.#run(
          `INSERT INTO run (id, actor, owner, conversation, status, mode, attempts, detached, created, received)
           VALUES (?, ?, ?, ?, 'running', ?, 1, ?, ?, ?)`,
          facts.run,
          record.actor,
          record.owner,
          record.conversation,
          facts.mode,
          facts.detached ? 1 : 0,
          record.time,
          record.seq,
        );
        this.#run(
          `INSERT INTO conversation (key, owner, turns, fresh_after) VALUES (?, ?, 1, 0)
           ON CONFLICT (key) DO UPDATE SET turns = turns + 1`,
          record.conversation,
          record.owner,
        );
      },
      "turn.resumed": (_record, facts) =>
        this.#run("UPDATE run SET attempts = attempts + 1 WHERE id = ?", facts.run),
      "turn.answered": (record, facts) => {
        this.#finish(record, facts.run, "answered");
        this.#count(record, { messages: 1, failed: 0, ...facts });
      },
      "turn.failed": (record, facts) => {
        this.#finish(record, facts.run, facts.status);
        const { ms, promptTokens = 0, completionTokens = 0 } = facts;
        this.#count(record, { messages: 1, failed: 1, promptTokens, completionTokens, ms });
      },
    };
  }

  #finish(record: ProjectedRecord, run: string, status: string): void {
    this.#run(
      "UPDATE run SET status = ?, finished = ?, result = ? WHERE id = ?",
      status,
      record.time,
      record.seq,
      run,
    );
  }

  #count(
    record: ProjectedRecord,
    n: {
      messages: number;
      failed: number;
      promptTokens: number;
      completionTokens: number;
      ms: number;
    },
  ): void {
    this.#run(
      `INSERT INTO usage (day, actor, messages, failed, prompt_tokens, completion_tokens, ms) VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (day, actor) DO UPDATE SET messages = messages + excluded.messages, failed = failed + excluded.failed,
         prompt_tokens = prompt_tokens + excluded.prompt_tokens,
         completion_tokens = completion_tokens + excluded.completion_tokens, ms = ms + excluded.ms`,
      dayOf(record.time),
      record.actor,
      n.messages,
      n.failed,
      n.promptTokens,
      n.completionTokens,
      n.ms,
    );
  }

  #conversations(): Project {
    const ensure = (record: ProjectedRecord): void =>
      this.#run(
        "INSERT OR IGNORE INTO conversation (key, owner, turns, fresh_after) VALUES (?, ?, 0, 0)",
        record.conversation,
        record.owner,
      );
    return {
      "conversation.reset": (record) => {
        ensure(record);
        this.#run(
          "UPDATE conversation SET fresh_after = ? WHERE key = ?",
          record.seq,
          record.conversation,
        );
      },
      "mode.changed": (record, facts) => {
        if (record.conversation === null) return this.#switchNode(record, facts);
        ensure(record);
        this.#run(
          `UPDATE conversation SET mode = ?, mode_previous = ?, mode_until_turn = ?, mode_until_time = ?, mode_by = ?
           WHERE key = ?`,
          facts.mode,
          facts.previous,
          facts.untilTurn,
          facts.untilMs,
          record.actor,
          record.conversation,
        );
      },
      "mode.restored": (record, facts) => {
        if (record.conversation === null)
          return this.#switchNode(record, { mode: null, previous: null, untilMs: null });
        ensure(record);
        this.#run(
          `UPDATE conversation SET mode = ?, mode_previous = NULL, mode_until_turn = NULL, mode_until_time = NULL,
             mode_by = ? WHERE key = ?`,
          facts.mode,
          record.actor,
          record.conversation,
        );
      },
      "overlay.added": (record, facts) => {
        ensure(record);
        this.#run(
          "INSERT INTO overlay (id, conversation, seq, until_turn, until_time) VALUES (?, ?, ?, ?, ?)",
          facts.overlay,
          record.conversation,
          record.seq,
          facts.untilTurn,
          facts.untilMs,
        );
      },
      "overlay.removed": (record, facts) =>
        this.#run("UPDATE overlay SET removed = ? WHERE id = ?", record.time, facts.overlay),
    };
  }

  /** The mode of the whole node: one row, or none while that never happened. */
  #switchNode(
    { actor }: ProjectedRecord,
    state: { mode: string | null; previous: string | null; untilMs: number | null },
  ): void {
    this.#run(
      "INSERT OR REPLACE INTO node_mode (id, mode, previous, until_time, changed_by) VALUES (1, ?, ?, ?, ?)",
      state.mode,
      state.previous,
      state.untilMs,
      actor,
    );
  }

  #things(): Project {
    return {
      "report.made": (record, facts) => {
        if (facts.calls > 0) this.#count(record, { messages: 0, failed: 0, ...facts });
        this.#run(
          "INSERT OR REPLACE INTO report (subject, kind, run, seq, checks, hash) VALUES (?, ?, ?, ?, ?, ?)",
          record.conversation ?? record.owner,
          facts.report,
          facts.run,
          record.seq,
          JSON.stringify(facts.checks),
          facts.hash,
        );
      },
      "memory.document.added": (record, facts) => {
        this.#run("DELETE FROM document WHERE source_key = ?", facts.sourceKey);
        this.#run(
          `INSERT INTO document (id, owner, source_key, media_type, sha256, bytes, tier, seq, time, ingested_by,
             cause, expires, original_sha256)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
          facts.document,
          visibleTo(record, facts.shared),
          facts.sourceKey,
          facts.mediaType,
          facts.sha256,
          facts.bytes,
          documentTier(facts, record.tier),
          record.seq,
          facts.first?.ms ?? record.time,
          facts.first?.by ?? record.actor,
          record.cause ?? record.seq,
          facts.expiresMs ?? null,
          facts.originalSha256 ?? null,
        );
      },
      "token.added": (record, facts) =>
        this.#run(
          "INSERT INTO token (name, hash, tier, may, person, created, expires) VALUES (?, ?, ?, ?, ?, ?, ?)",
          facts.name,
          facts.hash,
          facts.tier,
          JSON.stringify(facts.may),
          facts.person ? 1 : 0,
          record.time,
          facts.expiresMs,
        ),
      "judge.measured": (record, facts) =>
        this.#run(
          `INSERT OR REPLACE INTO judge (model, sensitivity, specificity, seq, time) VALUES (?, ?, ?, ?, ?)`,
          facts.model,
          facts.sensitivity,
          facts.specificity,
          record.seq,
          record.time,
        ),
      "token.revoked": (record, facts) =>
        this.#run(
          "UPDATE token SET revoked = ? WHERE name = ? AND revoked IS NULL",
          record.time,
          facts.name,
        ),
    };
  }
}

/** What was chained had passed its type's schema; parsing it again would bring every schema into the writer's thread. */
function knownFacts<T extends NodeEventType>(type: T, text: string): Facts<T>;
function knownFacts(type: string, text: string): unknown {
  const facts: unknown = JSON.parse(text);
  assert(typeof facts === "object" && facts !== null, type);
  return facts;
}
