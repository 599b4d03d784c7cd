import { SpoolAnswer, type SpoolRequest } from "@adyton/protocol";
import { spoolMethod, spoolTakenMax } from "@adyton/protocol/link-spool-limits";
import { AgeError } from "@adyton/runtime/age";
import type { Secret } from "@adyton/runtime/secret";
import { openUpdate } from "@adyton/runtime/link/spooled-update";
import type { Update } from "grammy/types";
import type { PollManner, TelegramClient, TelegramResult } from "./telegram-client.ts";

// What the relay has kept comes before what Telegram still has, and looks the same to whoever polls: updates, of which an
// offset confirms those before it. Confirmed means here that the relay may erase them. An update that comes both ways is
// known by its key.

/** Why a record was given up. */
export type DropReason = "unknown_key" | "damaged";

/** The node's keys of the spool. */
interface SpoolKeys {
  /** The one to seal to now. */
  recipient(): Promise<string>;
  of(epoch: string): { readonly epoch: string; readonly identity: Secret } | undefined;
  /** Nothing is sealed to older keys any more. */
  drainedTo(recipient: string): Promise<void>;
}

export interface SpooledUpdatesOptions {
  /** Has the relay answer a method of its own; `undefined` when it has no spool. Rejects when it cannot be asked. */
  readonly ask: (method: string, body: Buffer, signal: AbortSignal) => Promise<Buffer | undefined>;
  readonly keys: SpoolKeys;
  /** Whose updates the relay is to keep. */
  readonly people: () => readonly number[];
  /** Records that nobody can open: they are erased. */
  readonly onDropped: (reason: DropReason, count: number) => void;
  /** Records that grew too old on the relay since it was asked last. */
  readonly onExpired: (count: number) => void;
}

type Updates = Pick<TelegramClient, "updates">;

interface Spooled {
  readonly id: string;
  readonly update: Update;
}

export class SpooledUpdates {
  readonly #options: SpooledUpdatesOptions;
  /** Handed out and not confirmed, oldest first. */
  #open: readonly Spooled[] = [];
  /** The relay may erase these. */
  #taken: string[] = [];
  #expired = 0;

  constructor(options: SpooledUpdatesOptions) {
    this.#options = options;
  }

  /** Gives updates from the spool while it has any, else from Telegram. */
  before(client: Updates): Updates {
    return {
      updates: (offset, signal, manner) => this.#updates(client, { offset, manner }, signal),
    };
  }

  async #updates(
    client: Updates,
    { offset, manner }: { readonly offset: number; readonly manner: PollManner | undefined },
    signal: AbortSignal,
  ): Promise<TelegramResult<readonly Update[]>> {
    this.#confirm(offset);
    try {
      while (this.#open.length === 0 && (await this.#fetch(signal)));
    } catch (error) {
      signal.throwIfAborted();
      const code: unknown = error instanceof Error ? Reflect.get(error, "code") : undefined;
      const words = typeof code === "string" ? code : "the relay's spool cannot be read";
      return { kind: "failed", failure: { kind: "unknown", status: 0, retryAfterMs: 0, words } };
    }
    if (this.#open.length === 0) return client.updates(offset, signal, manner);
    return { kind: "done", value: this.#open.map(({ update }) => update) };
  }

  /** An update may lie there twice: then only the first is confirmed, and the second comes once more. */
  #confirm(offset: number): void {
    const last = this.#open.findIndex(({ update }) => update.update_id + 1 === offset);
    this.#taken.push(...this.#open.slice(0, last + 1).map(({ id }) => id));
    this.#open = this.#open.slice(last + 1);
  }

  /** Exchanges what was taken for what is next. Answers whether there may be more. */
  async #fetch(signal: AbortSignal): Promise<boolean> {
    const { ask, keys, people } = this.#options;
    const taken = this.#taken.slice(0, spoolTakenMax);
    const recipient = await keys.recipient();
    const request: SpoolRequest = { recipient, people: [...people()], taken };
    const body = await ask(spoolMethod, Buffer.from(JSON.stringify(request)), signal);
    if (body === undefined) return false;
    const answer = SpoolAnswer.parse(JSON.parse(body.toString()));
    this.#taken.splice(0, taken.length);
    this.#tellExpired(answer);
    this.#take(answer);
    if (answer.records.length === 0 && answer.left === 0) await keys.drainedTo(recipient);
    return answer.records.length > 0 || this.#taken.length > 0;
  }

  #take({ records }: SpoolAnswer): void {
    const dropped = { unknown_key: 0, damaged: 0 };
    const open: Spooled[] = [];
    for (const { id, epoch, file } of records) {
      const opened = this.#opened(epoch, Buffer.from(file, "base64"));
      if (typeof opened === "string") {
        dropped[opened] += 1;
        this.#taken.push(id);
      } else open.push({ id, update: opened });
    }
    this.#open = open;
    for (const reason of ["unknown_key", "damaged"] as const)
      if (dropped[reason] > 0) this.#options.onDropped(reason, dropped[reason]);
  }

  #opened(epoch: string, file: Buffer): Update | DropReason {
    const key = this.#options.keys.of(epoch);
    if (key === undefined) return "unknown_key";
    try {
      // The sealed text is what Telegram answered: its form is looked at where every update's is.
      return openUpdate(key, file) ?? "damaged";
    } catch (error) {
      if (error instanceof AgeError) return "damaged";
      throw error;
    }
  }

  #tellExpired({ expired }: SpoolAnswer): void {
    // The relay counts from its own start.
    const more = expired < this.#expired ? expired : expired - this.#expired;
    this.#expired = expired;
    if (more > 0) this.#options.onExpired(more);
  }
}
