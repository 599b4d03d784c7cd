import type { BotStrike } from "./bot-fault.ts";

/** One call of the Bot API. */
export interface BotCallRecord {
  readonly method: string;
  values: Readonly<Record<string, unknown>>;
  /** The status it was answered with; undefined while it waits, or when it never was. */
  outcome: number | undefined;
  /** What struck it. */
  fault?: BotStrike;
  readonly atMs: number;
}

/** The last calls, oldest dropped first; the count goes on beyond what is kept. */
export class CallJournal {
  readonly #callsMax: number;
  readonly #calls: BotCallRecord[] = [];
  readonly #listeners = new Set<() => void>();
  seen = 0;

  constructor(callsMax: number) {
    this.#callsMax = callsMax;
  }

  get calls(): readonly BotCallRecord[] {
    return [...this.#calls];
  }

  add(call: Pick<BotCallRecord, "method" | "values" | "outcome">): BotCallRecord {
    const record: BotCallRecord = { ...call, atMs: Date.now() };
    this.seen += 1;
    this.#calls.push(record);
    if (this.#calls.length > this.#callsMax) this.#calls.shift();
    for (const listener of this.#listeners) listener();
    return record;
  }

  /** Calls the listener with each call. Returns how to stop. */
  onCall(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
