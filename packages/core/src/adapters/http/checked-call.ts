import type { Call } from "../../ports/http.ts";

/** What a call consists of. Most answers need neither its fingerprint nor its signal: both are made when asked for. */
export interface CallParts extends Omit<Call, "fingerprint" | "signal"> {
  readonly makeFingerprint: () => Uint8Array;
  readonly makeSignal: () => AbortSignal;
}

/**
 * A call that passed every check. A class, because V8 notes the getters of an object literal in a hidden class of that
 * object's own, which lies in the old generation and keeps the whole request there until the next full collection.
 */
export class CheckedCall implements Call {
  readonly principal: Call["principal"];
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
  readonly wantsStream: boolean;
  readonly idempotencyKey?: string;
  readonly lastEventId?: number;
  readonly preferAsyncAfterMs?: number;
  readonly #parts: CallParts;

  constructor(parts: CallParts) {
    this.#parts = parts;
    this.principal = parts.principal;
    this.params = parts.params;
    this.query = parts.query;
    this.body = parts.body;
    this.wantsStream = parts.wantsStream;
    if (parts.idempotencyKey !== undefined) this.idempotencyKey = parts.idempotencyKey;
    if (parts.lastEventId !== undefined) this.lastEventId = parts.lastEventId;
    if (parts.preferAsyncAfterMs !== undefined) this.preferAsyncAfterMs = parts.preferAsyncAfterMs;
  }

  get fingerprint(): Uint8Array {
    return this.#parts.makeFingerprint();
  }

  get signal(): AbortSignal {
    return this.#parts.makeSignal();
  }
}
