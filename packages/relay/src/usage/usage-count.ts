import { isWhole, memberOf } from "../json-value.ts";

/** What one person used in a stretch of time. Nothing else is ever written of anybody. */
export interface UsageRow {
  /** Seconds since 1970, of the stretch's beginning. */
  readonly ts: number;
  readonly user_id: number;
  readonly messages: number;
  /** Of the texts, in UTF-8. */
  readonly bytes: number;
  /** From a message to the last word of its answer. */
  readonly ms: number;
}

interface Sum {
  messages: number;
  bytes: number;
  ms: number;
}

/** What came from one person in one chat and is, or is not, being answered. */
interface Pending {
  readonly chat: number;
  readonly user: number;
  readonly sinceMs: number;
  messages: number;
  bytes: number;
  answeredMs: number | undefined;
}

/** Messages that wait for an answer; beyond, the oldest is forgotten. Strangers are never answered, so they end there. */
export const pendingMax = 1_000;
/** People in one stretch; who comes beyond is counted together under the number 0. */
export const usersMax = 1_000;

/** Updates that are known when they come again, ten answers of the messenger: what was not confirmed comes next. */
export const knownMax = 1_000;

/** Counts who used the bot and how much: whoever is answered. Holds numbers only. */
export class UsageCount {
  readonly #now: () => number;
  readonly #pending = new Map<string, Pending>();
  /** The updates that were counted last, by their numbers. */
  readonly #known = new Set<number>();
  #sums = new Map<number, Sum>();
  #startMs: number;

  constructor(now: () => number) {
    this.#now = now;
    this.#startMs = now();
  }

  /** Updates are on their way to the node. One that comes again, because the node had not confirmed it, counts once. */
  delivered(updates: readonly unknown[]): void {
    for (const update of updates) {
      const message = messageOf(update);
      if (message === undefined || !this.#isNew(update)) continue;
      const { chat, user, bytes } = message;
      const key = `${chat}/${user}`;
      const before = this.#pending.get(key);
      if (before?.answeredMs !== undefined) this.#settle(key, before);
      const fresh = { chat, user, sinceMs: this.#now(), messages: 0, bytes: 0 };
      const pending = this.#pending.get(key) ?? { ...fresh, answeredMs: undefined };
      pending.messages += 1;
      pending.bytes += bytes;
      this.#pending.set(key, pending);
      const [oldest] = this.#pending;
      if (this.#pending.size > pendingMax && oldest !== undefined) this.#settle(...oldest);
    }
  }

  /** The node says something in a chat. */
  said(chat: number): void {
    for (const pending of this.#pending.values())
      if (pending.chat === chat) pending.answeredMs = this.#now();
  }

  /** What was used since the last time; the count begins anew. */
  take(): readonly UsageRow[] {
    for (const [key, pending] of this.#pending)
      if (pending.answeredMs !== undefined) this.#settle(key, pending);
    const ts = Math.floor(this.#startMs / 1_000);
    const rows = Array.from(this.#sums, ([user_id, sum]) => ({ ts, user_id, ...sum }));
    this.#sums = new Map();
    this.#startMs = this.#now();
    return rows;
  }

  #isNew(update: unknown): boolean {
    const id = memberOf(update, "update_id");
    if (!isWhole(id) || this.#known.has(id)) return false;
    this.#known.add(id);
    const [oldest] = this.#known;
    if (this.#known.size > knownMax && oldest !== undefined) this.#known.delete(oldest);
    return true;
  }

  #settle(key: string, { user, messages, bytes, sinceMs, answeredMs }: Pending): void {
    this.#pending.delete(key);
    if (answeredMs === undefined) return;
    const id = this.#sums.has(user) || this.#sums.size < usersMax ? user : 0;
    const sum = this.#sums.get(id) ?? { messages: 0, bytes: 0, ms: 0 };
    sum.messages += messages;
    sum.bytes += bytes;
    sum.ms += answeredMs - sinceMs;
    this.#sums.set(id, sum);
  }
}

function messageOf(update: unknown) {
  const message = memberOf(update, "message");
  const chat = memberOf(memberOf(message, "chat"), "id");
  const user = memberOf(memberOf(message, "from"), "id");
  if (!isWhole(chat) || !isWhole(user)) return undefined;
  const text = memberOf(message, "text") ?? memberOf(message, "caption");
  return { chat, user, bytes: typeof text === "string" ? Buffer.byteLength(text) : 0 };
}
