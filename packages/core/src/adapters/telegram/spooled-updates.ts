import { SpoolAnswer, type SpoolRequest } from "@adyton/protocol";
import { spoolMethod, spoolTakenMax } from "@adyton/protocol/link-spool-limits";
import { AgeError } from "@adyton/runtime/age";
import type { Clock } from "@adyton/runtime/clock";
import { CodedError } from "@adyton/runtime/coded-error";
import type { Secret } from "@adyton/runtime/secret";
import { openUpdate } from "@adyton/runtime/link/spooled-update";
import type { Update } from "grammy/types";
import type { PollManner, TelegramClient, TelegramResult } from "./telegram-client.ts";

// What the relay has kept comes before what Telegram still has, and looks the same to whoever polls: updates, of which an
// offset confirms those before it. Confirmed means here that the relay may erase them. An update that comes both ways is
// known by its key.

/** Reading and erasing some hundred small files takes a moment: a relay that takes longer is given up, and asked again. */
export const exchangeMsMax = 30_000;
/** What is lost is told at once and then summed up for so long: a relay that somebody else has must not fill the journal. */
export const tellLostEveryMs = 60_000;

const reasons = ["unknown_key", "damaged", "expired"] as const;
/** Why a record is lost: no key opens it, nothing can be read in it, or it grew too old on the relay. */
export type LossReason = (typeof reasons)[number];

class ExchangeError extends CodedError<"RELAY_LATE"> {}

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
  /** Records that are lost: they are erased. */
  readonly onLost: (reason: LossReason, count: number) => void;
  readonly clock: Clock;
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
  /** Not told yet. */
  readonly #lost = { unknown_key: 0, damaged: 0, expired: 0 };
  #tellAtMs = 0;

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
    const { keys, people } = this.#options;
    const taken = this.#taken.slice(0, spoolTakenMax);
    const recipient = await keys.recipient();
    const body = await this.#ask({ recipient, people: [...people()], taken }, signal);
    if (body === undefined) return false;
    const answer = SpoolAnswer.parse(JSON.parse(body.toString()));
    this.#taken.splice(0, taken.length);
    this.#countExpired(answer);
    this.#take(answer);
    this.#tellLost();
    if (answer.records.length === 0 && answer.left === 0) await keys.drainedTo(recipient);
    return answer.records.length > 0 || this.#taken.length > 0;
  }

  async #ask(request: SpoolRequest, signal: AbortSignal): Promise<Buffer | undefined> {
    const { ask, clock } = this.#options;
    const late = new AbortController();
    using _ = clock.setTimer(exchangeMsMax, () =>
      late.abort(new ExchangeError("RELAY_LATE", "the relay does not hand over what it keeps")),
    );
    const body = Buffer.from(JSON.stringify(request));
    return await ask(spoolMethod, body, AbortSignal.any([signal, late.signal]));
  }

  #take({ records }: SpoolAnswer): void {
    const open: Spooled[] = [];
    for (const { id, epoch, file } of records) {
      const opened = this.#opened(epoch, Buffer.from(file, "base64"));
      if (typeof opened === "string") {
        this.#lost[opened] += 1;
        this.#taken.push(id);
      } else open.push({ id, update: opened });
    }
    this.#open = open;
  }

  #opened(epoch: string, file: Buffer): Update | LossReason {
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

  #countExpired({ expired }: SpoolAnswer): void {
    // The relay counts from its own start.
    this.#lost.expired += expired < this.#expired ? expired : expired - this.#expired;
    this.#expired = expired;
  }

  #tellLost(): void {
    const { clock, onLost } = this.#options;
    const lost = reasons.filter((reason) => this.#lost[reason] > 0);
    if (lost.length === 0 || clock.monotonicMs() < this.#tellAtMs) return;
    this.#tellAtMs = clock.monotonicMs() + tellLostEveryMs;
    for (const reason of lost) {
      onLost(reason, this.#lost[reason]);
      this.#lost[reason] = 0;
    }
  }
}
