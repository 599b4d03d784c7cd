import type { NewRecord } from "../../domain/journal/record.ts";
import type { DoorsPort } from "../../ports/channel.ts";
import type { JournalPort } from "../../ports/journal.ts";
import { isStorageFailure } from "../storage-problem.ts";

// A door that was shut for long is told of twice: to the journal when that is certain, which whoever follows it learns
// at once, and through the door itself to its owners when it is open again. Between the two the journal remembers,
// so that a new process tells what the last one could not.

export interface OutagesOptions {
  /** The channel's name. */
  readonly door: string;
  readonly journal: Pick<JournalPort, "append">;
  readonly doors: DoorsPort;
  /** Has every owner told, once for each outage, however often it is asked. Resolves when that is on disk. */
  readonly tellOwners: (outage: {
    readonly sinceMs: number;
    readonly untilMs: number;
  }) => Promise<void>;
}

/** What is known of the door at present. Times are of the wall clock. */
export type DoorState =
  | { readonly kind: "open"; readonly nowMs: number }
  | { readonly kind: "closed"; readonly sinceMs: number; readonly detail: string };

/** Keeps the journal in step with a door. */
export class Outages {
  readonly #options: OutagesOptions;

  constructor(options: OutagesOptions) {
    this.#options = options;
  }

  /** Records what has changed. What the disk does not take now is recorded the next time; other failures reject. */
  async note(state: DoorState): Promise<void> {
    const { door, doors } = this.#options;
    const closedSinceMs = doors.closedSince(door);
    if ((state.kind === "closed") === (closedSinceMs !== undefined)) return;
    try {
      if (state.kind === "closed") await this.#record("closed", state.sinceMs, state.detail);
      else if (closedSinceMs !== undefined) await this.#reopen(closedSinceMs, state.nowMs);
    } catch (error) {
      if (!isStorageFailure(error)) throw error;
    }
  }

  async #reopen(closedSinceMs: number, untilMs: number): Promise<void> {
    // A clock that was put back must not end an outage before it began.
    const outage = { sinceMs: closedSinceMs, untilMs: Math.max(closedSinceMs, untilMs) };
    await this.#options.tellOwners(outage);
    await this.#record("open", closedSinceMs, "");
  }

  async #record(status: "open" | "closed", sinceMs: number, detail: string): Promise<void> {
    const { door, journal } = this.#options;
    const record: NewRecord = {
      owner: "node",
      actor: "node",
      tier: "owner",
      class: "trace",
      origin: "node",
      type: "door.changed",
      facts: { door, status, sinceMs },
      data: { detail },
    };
    await journal.append({ records: [record] });
  }
}
