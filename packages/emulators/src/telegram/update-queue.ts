import { BotFailure } from "./bot-failure.ts";

// What a bot has not yet confirmed. The rules are those of the Bot API's documentation and of the server's published
// source (tdlib/telegram-bot-api, Client.cpp): a higher offset confirms everything before it, there is no other way.

export const updatesPerCallMax = 100;
export const pollSecondsMax = 50;
const dayMs = 86_400_000;
/** A pressed button waits so long for a bot; a message a day. */
const callbackMsMax = 150_000;
/** An offset so far beyond the newest update is of an older numbering; the server starts at the oldest update. */
const offsetAheadMax = 10;
/** So many of the updates confirmed last can be given once more. */
const repeatMax = 100;
/** The same question again within this time gets one update. */
const repeatedMs = 500;

export interface Update {
  readonly update_id: number;
  readonly [kind: string]: unknown;
}

interface Kept {
  readonly update: Update;
  readonly kind: string;
  readonly expiresMs: number;
}

export interface UpdateQuestion {
  readonly offset: number;
  readonly limit: number;
  readonly seconds: number;
  readonly allowed: readonly string[] | undefined;
}

/** The kinds a bot gets unless it asks for others. */
const quietKinds = ["chat_member", "message_reaction", "message_reaction_count"];

export class UpdateQueue {
  readonly #now: () => number;
  #kept: Kept[] = [];
  /** Confirmed last, oldest first. */
  #confirmed: Kept[] = [];
  /** Given with the next answer although they are confirmed. */
  #repeated: Kept[] = [];
  #nextId: number;
  #allowed: readonly string[] = [];
  #waiting: { wake: () => void; end: (failure: BotFailure) => void } | undefined;
  #asked = { offset: Number.NaN, atMs: Number.NEGATIVE_INFINITY };

  constructor(now: () => number, firstId: number) {
    this.#now = now;
    this.#nextId = firstId;
  }

  /** Updates that wait to be confirmed. */
  get pending(): number {
    return this.#kept.length;
  }

  /** The kinds the bot asked for last; empty means the usual ones. */
  get allowed(): readonly string[] {
    return this.#allowed;
  }

  /**
   * Adds an update; undefined when the bot does not want this kind. `unasked` adds it all the same: the real server sends
   * what came before a bot has said what it wants.
   */
  push(kind: string, value: object, unasked = false): Update | undefined {
    const wanted =
      this.#allowed.length === 0 ? !quietKinds.includes(kind) : this.#allowed.includes(kind);
    if (!wanted && !unasked) return undefined;
    const update: Update = { update_id: this.#nextId++, [kind]: value };
    const lifeMs = kind === "callback_query" ? callbackMsMax : dayMs;
    this.#kept.push({ update, kind, expiresMs: this.#now() + lifeMs });
    this.#waiting?.wake();
    return update;
  }

  /** The next update gets this number: after a quiet week the real server chooses one anew, which may be lower. */
  renumber(nextId: number): void {
    this.#nextId = nextId;
    this.#confirmed = [];
    this.#repeated = [];
  }

  /** The next answer begins with up to so many of the updates that were confirmed last; returns how many. */
  repeat(most: number): number {
    const again = this.#confirmed.splice(-Math.min(most, repeatMax));
    this.#repeated.push(...again);
    this.#waiting?.wake();
    return again.length;
  }

  clear(): void {
    this.#kept = [];
  }

  /**
   * Answers `getUpdates`: confirms, then waits up to the question's seconds for something to give. Ends an older
   * question with 409. Resolves with nothing when `gone` aborts.
   */
  async answer(question: UpdateQuestion, gone: AbortSignal): Promise<readonly Update[]> {
    this.#waiting?.end(
      new BotFailure(
        409,
        "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
      ),
    );
    if (question.allowed !== undefined) this.#allowed = question.allowed;
    this.#expire();
    this.#confirm(question.offset);
    const isRepeated =
      question.offset === this.#asked.offset && this.#now() - this.#asked.atMs < repeatedMs;
    this.#asked = { offset: question.offset, atMs: this.#now() };
    const limit = isRepeated ? 1 : question.limit;
    if (this.#kept.length + this.#repeated.length === 0 && question.seconds > 0)
      await this.#wait(question.seconds, gone);
    if (gone.aborted) return [];
    this.#kept.unshift(...this.#repeated.splice(0));
    return this.#kept.slice(0, limit).map(({ update }) => update);
  }

  #expire(): void {
    const nowMs = this.#now();
    this.#kept = this.#kept.filter(({ expiresMs }) => expiresMs > nowMs);
  }

  #confirm(offset: number): void {
    if (offset < 0) this.#kept = this.#kept.slice(offset);
    const newest = this.#kept.at(-1)?.update.update_id;
    if (offset <= 0 || newest === undefined || offset > newest + offsetAheadMax) return;
    const behind = this.#kept.findLastIndex(({ update }) => update.update_id < offset);
    this.#confirmed.push(...this.#kept.splice(0, behind + 1));
    this.#confirmed.splice(0, this.#confirmed.length - repeatMax);
  }

  async #wait(seconds: number, gone: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiting = { wake: resolve, end: reject };
    this.#waiting = waiting;
    const timer = setTimeout(resolve, seconds * 1_000);
    gone.addEventListener("abort", () => resolve(), { once: true });
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      if (this.#waiting === waiting) this.#waiting = undefined;
    }
  }
}
