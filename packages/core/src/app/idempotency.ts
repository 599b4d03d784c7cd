import { problem } from "@adyton/protocol";
import * as z from "zod";
import type { DedupeKey } from "../domain/journal/record.ts";
import { ProblemError } from "../domain/problem-error.ts";
import type { Call } from "../ports/http.ts";
import type { JournalRecord, RecordsPort, StatePort } from "../ports/journal.ts";
import { keyedDigest } from "./identifiers.ts";

export interface IdempotencyOptions {
  readonly dedupeKey: Uint8Array;
  readonly records: RecordsPort;
  readonly state: StatePort;
  readonly now: () => number;
}

/**
 * What a keyed request finds. `fresh`: nothing yet. `begun`: the question is in the journal, and its run has no answer
 * yet or will have none. `answered`: the record that answers every repetition.
 */
export type KeyState =
  | { readonly kind: "fresh" }
  | { readonly kind: "begun"; readonly run: string | undefined }
  | { readonly kind: "answered"; readonly record: JournalRecord };

const RunFacts = z.object({ run: z.string() });

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
    return { key, fingerprint: this.#keyed(call.fingerprint) };
  }

  /**
   * The journal's key of an event from outside: its source and id within what one principal hands in. These two alone
   * make a duplicate (CloudEvents 1.0, "id"), so the content does not count.
   */
  eventKey(principal: string, source: string, id: string): DedupeKey {
    const key = keyedDigest(this.#options.dedupeKey, "event", principal, source, id);
    return { key, fingerprint: key };
  }

  /** A plain digest of a short text could be guessed after the text is erased. */
  #keyed(fingerprint: Uint8Array): Uint8Array {
    const content = Buffer.from(fingerprint).toString("base64");
    return keyedDigest(this.#options.dedupeKey, "content", content);
  }

  /** Looks a key up. Throws `ProblemError` when it stands for another request or its answer is erased. */
  look(key: DedupeKey): KeyState {
    const known = this.#options.records.known(key.key, this.#options.now());
    if (known === undefined) return { kind: "fresh" };
    if (Buffer.compare(known.fingerprint, key.fingerprint) !== 0) throw mismatch();
    const run = known.result === null ? this.#runOf(known.seq) : undefined;
    // A run that was taken up after a restart knows no key: its own state leads to the answer.
    const result = known.result ?? (run?.status === "answered" ? run.result : null);
    if (result === null) return { kind: "begun", run: run?.id };
    const record = this.#options.records.record(result);
    if (record === undefined || record.payload === "erased")
      throw new ProblemError(problem("erased"));
    return { kind: "answered", record };
  }

  #runOf(seq: number) {
    const facts = RunFacts.safeParse(this.#options.records.record(seq)?.facts);
    return facts.success ? this.#options.state.run(facts.data.run) : undefined;
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

/** A key promises one effect and one answer. What cannot keep that promise does not take one. */
export function refuseKey(call: Pick<Call, "idempotencyKey">, reason: string): void {
  if (call.idempotencyKey === undefined) return;
  const detail = `${reason}, so this request cannot be repeated under a key; leave Idempotency-Key out.`;
  throw new ProblemError(problem("conflict", { detail }));
}

/** Marks an answer that was not made anew. */
export const replayedHeader = { "Idempotent-Replayed": "true" } as const;
