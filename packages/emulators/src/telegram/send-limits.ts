import { BotFailure } from "./bot-failure.ts";
import type { Chat } from "./chat-store.ts";

/** What the documentation names as the pace of sends; the real limits are unpublished and change. */
export interface SendPace {
  readonly perChatSecond: number;
  readonly perSecond: number;
  readonly perGroupMinute: number;
}

/** Refuses sends beyond the pace with 429, as long as a window of the pace lasts. */
export class SendLimits {
  readonly #pace: SendPace | undefined;
  readonly #sent = new Map<string, number[]>();

  constructor(pace: SendPace | undefined) {
    this.#pace = pace;
  }

  /** Counts a send. Throws the 429 that tells how long to wait. */
  count(chat: Chat, nowMs: number): void {
    if (this.#pace === undefined) return;
    const { perChatSecond, perSecond, perGroupMinute } = this.#pace;
    const windows: [key: string, most: number, ms: number][] = [
      [`chat ${chat.id}`, perChatSecond, 1_000],
      ["all", perSecond, 1_000],
    ];
    if (chat.type !== "private") windows.push([`group ${chat.id}`, perGroupMinute, 60_000]);
    const recent = windows.map(([key, most, ms]) => {
      const times = (this.#sent.get(key) ?? []).filter((timeMs) => timeMs > nowMs - ms);
      const [first] = times;
      if (times.length >= most && first !== undefined) {
        const seconds = Math.max(1, Math.ceil((first + ms - nowMs) / 1_000));
        throw new BotFailure(429, `Too Many Requests: retry after ${seconds}`, seconds);
      }
      return [key, times] as const;
    });
    for (const [key, times] of recent) this.#sent.set(key, [...times, nowMs]);
  }
}
