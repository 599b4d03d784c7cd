import { problem } from "@adyton/protocol";
import type { DedupeKey } from "../domain/journal/record.ts";
import { ProblemError } from "../domain/problem-error.ts";
import type { Call } from "../ports/http.ts";
import type { JournalRecord, RecordsPort } from "../ports/journal.ts";
import { keyedDigest } from "./identifiers.ts";

export interface IdempotencyOptions {
  readonly dedupeKey: Uint8Array;
  readonly records: RecordsPort;
  readonly now: () => number;
}

/**
 * What a keyed request finds. `fresh`: nothing yet. `retry`: an earlier attempt left no answer. `answered`: the
 * record that answers every repetition.
 */
export type KeyState =
  | { readonly kind: "fresh" }
  | { readonly kind: "retry" }
  | { readonly kind: "answered"; readonly record: JournalRecord };

/** Keyed requests: the same key and content have one effect and one answer, for seven days, across restarts. */
export class Idempotency {
  readonly #options: IdempotencyOptions;

  constructor(options: IdempotencyOptions) {
    this.#options = options;
  }

  /** The journal's key of a request, when the request carries one. Keys are each principal's own. */
  keyOf(call: Call): DedupeKey | undefined {
    if (call.idempotencyKey === undefined) return undefined;
    const key = keyedDigest(
      this.#options.dedupeKey,
      "request",
      call.principal.id,
      call.idempotencyKey,
    );
    return { key, fingerprint: call.fingerprint };
  }

  /** The journal's key of an event from outside: its source and id within what one principal hands in. */
  eventKey(principal: string, source: string, id: string, fingerprint: Uint8Array): DedupeKey {
    return {
      key: keyedDigest(this.#options.dedupeKey, "event", principal, source, id),
      fingerprint,
    };
  }

  /** Looks a key up. Throws `ProblemError` when it stands for another request or its answer is erased. */
  look(key: DedupeKey): KeyState {
    const known = this.#options.records.known(key.key, this.#options.now());
    if (known === undefined) return { kind: "fresh" };
    if (Buffer.compare(known.fingerprint, key.fingerprint) !== 0) throw mismatch();
    if (known.result === null) return { kind: "retry" };
    const record = this.#options.records.record(known.result);
    if (record === undefined || record.payload === "erased")
      throw new ProblemError(problem("erased"));
    return { kind: "answered", record };
  }
}

/** The refusal of a key that stands for another request. */
export function mismatch(): ProblemError {
  return new ProblemError(
    problem("idempotency_mismatch", {
      detail: "Use a new Idempotency-Key for a request with another content.",
    }),
  );
}

/** Marks an answer that was not made anew. */
export const replayedHeader = { "Idempotent-Replayed": "true" } as const;
