import type { DatabaseSync, StatementSync } from "node:sqlite";
import type * as z from "zod";

type Value = string | number | null;

/** Reads rows through a schema. Statements are prepared when they are first needed. */
export class PreparedRows {
  readonly #database: DatabaseSync;
  readonly #prepared = new Map<string, StatementSync>();

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  one<T>(schema: z.ZodType<T>, sql: string, ...values: Value[]): T | undefined {
    const row = this.#statement(sql).get(...values);
    return row === undefined ? undefined : schema.parse(row);
  }

  all<T>(schema: z.ZodType<T>, sql: string, ...values: Value[]): readonly T[] {
    return this.#statement(sql)
      .all(...values)
      .map((row) => schema.parse(row));
  }

  /** The number that a statement answers with as `n`. */
  count(sql: string, ...values: Value[]): number {
    return Number(this.#statement(sql).get(...values)?.["n"] ?? 0);
  }

  #statement(sql: string): StatementSync {
    let statement = this.#prepared.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare(sql);
      this.#prepared.set(sql, statement);
    }
    return statement;
  }
}
