import type { ServerEnvelope } from "@adyton/protocol/envelopes";
import type { StreamSink } from "../../ports/http.ts";
import type { Wire } from "./wire.ts";

export interface SessionStreamOptions {
  readonly id: string;
  readonly signal: AbortSignal;
  readonly send: (envelope: ServerEnvelope) => boolean;
  readonly wire: Wire;
  readonly unackedRecordsMax: number;
}

/**
 * A stream as events that carry its request's id. The reader sets the pace: what the operating system has not taken
 * holds up the next record, and with a client that acknowledges, so does what it has not said it took.
 */
export class SessionStream implements StreamSink {
  readonly #options: SessionStreamOptions;
  /** Records sent since the client began to acknowledge, and not acknowledged. */
  #unacked: number[] | undefined;
  #acknowledged: (() => void) | undefined;
  #beatsWaited = 0;

  constructor(options: SessionStreamOptions) {
    this.#options = options;
    options.signal.addEventListener("abort", () => this.#acknowledged?.(), { once: true });
  }

  get signal(): AbortSignal {
    return this.#options.signal;
  }

  send({ id: seq, event = "message", data }: Parameters<StreamSink["send"]>[0]): boolean {
    const { id, signal, send } = this.#options;
    if (signal.aborted) return false;
    if (seq !== undefined) this.#unacked?.push(seq);
    return send({ type: "event", id, ...(seq === undefined ? {} : { seq }), event, data });
  }

  async drained(): Promise<void> {
    const { wire, unackedRecordsMax, signal } = this.#options;
    if (wire.waitingBytes > 0) await wire.drained();
    while (this.#unacked !== undefined && this.#unacked.length >= unackedRecordsMax) {
      if (signal.aborted) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#acknowledged = resolve;
      await promise;
    }
    this.#acknowledged = undefined;
  }

  acknowledge(seq: number): void {
    this.#unacked ??= [];
    const left = this.#unacked.findIndex((sent) => sent > seq);
    this.#unacked.splice(0, left === -1 ? this.#unacked.length : left);
    this.#beatsWaited = 0;
    this.#acknowledged?.();
  }

  /** Asked with each beat: whether a whole time has passed since an acknowledgement was due. */
  waitsTooLong(): boolean {
    if (this.#acknowledged === undefined) this.#beatsWaited = 0;
    else this.#beatsWaited++;
    return this.#beatsWaited > 1;
  }
}
