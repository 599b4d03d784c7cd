import type { AnswerSchema } from "../domain/recursia/asking.ts";
import type { ChatOutcome, ChatSettings } from "../ports/backend.ts";

/** Holds model servers to a schema. One that refuses to be held is asked without from then on. */
export class SchemaHolding {
  readonly #refusing = new Set<string>();

  /** `put` asks the server, with these settings beside its own. */
  async ask<T extends { readonly outcome: ChatOutcome }>(
    server: string,
    schema: AnswerSchema | undefined,
    put: (settings: ChatSettings) => Promise<T>,
  ): Promise<T> {
    if (schema === undefined || this.#refusing.has(server)) return put({});
    const json_schema = { ...schema, strict: true };
    const asked = await put({ response_format: { type: "json_schema", json_schema } });
    const { outcome } = asked;
    if (outcome.kind !== "failed" || outcome.reason !== "refused") return asked;
    this.#refusing.add(server);
    return put({});
  }
}
