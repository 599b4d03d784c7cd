import { setTimeout as delay } from "node:timers/promises";
import { systemClock } from "@adyton/runtime/clock";
import type { Update } from "grammy/types";
import { pollUpdates } from "./adapters/telegram/poll-loop.ts";
import {
  TelegramClient,
  type TelegramClientOptions,
  type TelegramResult,
} from "./adapters/telegram/telegram-client.ts";
import {
  type TelegramFailure,
  timedOutCode,
  type Trouble,
  troubleOf,
} from "./adapters/telegram/trouble.ts";
import { isSameCode, writtenCode } from "./app/channels/pairing-code.ts";

/** Connecting a bot before the node has one: whether Telegram is reached, and who its owner is. */

export { newPairingCode } from "./app/channels/pairing-code.ts";
export { proxyOf, relayOf } from "./open-telegram.ts";

export interface Blocked {
  readonly kind: "blocked";
  readonly obstacle: Trouble;
  /** The system's code or the server's words. */
  readonly words: string;
}

export interface Bot {
  readonly id: number;
  readonly username: string;
}

export interface Sender {
  readonly id: number;
  readonly name: string;
  readonly language: "en" | "ru";
}

export type Claim =
  | Blocked
  | { readonly kind: "claimed"; readonly sender: Sender }
  | { readonly kind: "expired" };

export interface ClaimOptions {
  readonly code: string;
  readonly expiresMs: number;
  /** The connection failed, or works again; waiting goes on. */
  readonly onTrouble: (blocked: Blocked | undefined) => void;
}

/** A server that works answers within a second or two; a blocked one often says nothing at all. */
const answerMsMax = 10_000;
/** These do not pass while one waits. */
const lasting: ReadonlySet<Trouble> = new Set(["token", "poller", "webhook"]);

/** An update is only looked at here, so none is given up. */
const ignored = (): void => undefined;

/** One bot, spoken to for as long as its setup takes. */
export class TelegramSetup implements Disposable {
  readonly #client: TelegramClient;

  constructor(options: TelegramClientOptions) {
    this.#client = new TelegramClient(options);
  }

  /** Asks who the bot is, which needs everything that the node will need. Rejects only with the signal's reason. */
  async reach(signal: AbortSignal): Promise<Blocked | { readonly kind: "reached"; bot: Bot }> {
    const me = await this.#call((api, within) => api.getMe(within), signal);
    if (me.kind === "failed") return blockedBy(me.failure);
    return { kind: "reached", bot: { id: me.value.id, username: me.value.username } };
  }

  /** Whether the bot's messages are sent to a web address, which keeps everybody from asking for them. */
  async hasWebhook(signal: AbortSignal): Promise<boolean> {
    const info = await this.#call((api, within) => api.getWebhookInfo(within), signal);
    return info.kind === "done" && (info.value.url ?? "") !== "";
  }

  /** Removes the web address; what waits stays. Whether it went. */
  async dropWebhook(signal: AbortSignal): Promise<boolean> {
    const dropped = await this.#call((api, within) => api.deleteWebhook({}, within), signal);
    return dropped.kind === "done";
  }

  /**
   * Waits for a private message that is the code and nothing else. Every other message is passed over without an
   * answer, and is gone: what was written to a bot before it is set up has no reader. Rejects with the signal's reason.
   */
  async claim({ code, expiresMs, onTrouble }: ClaimOptions, signal: AbortSignal): Promise<Claim> {
    const over = new AbortController();
    let claim: Claim = { kind: "expired" };
    const settle = (outcome: Claim): void => {
      if (!over.signal.aborted) claim = outcome;
      over.abort();
    };
    let last: Update | undefined;
    const take = (update: Update): Promise<"taken"> => {
      const sender = claimant(update, code);
      if (sender !== undefined) {
        settle({ kind: "claimed", sender });
        last ??= update;
      }
      return Promise.resolve("taken");
    };
    const onFailure = (failure: TelegramFailure): void => {
      const blocked = blockedBy(failure);
      if (lasting.has(blocked.obstacle)) settle(blocked);
      else onTrouble(blocked);
    };
    const onPolled = (): void => onTrouble(undefined);
    const client = (): TelegramClient => this.#client;
    const expired = AbortSignal.timeout(expiresMs);
    await pollUpdates(
      { client, take, onGivenUp: ignored, onPolled, onFailure, clock: systemClock },
      AbortSignal.any([signal, over.signal, expired]),
    ).catch((error: unknown) => {
      // A pause between two polls ends like this when the waiting is over.
      if (!over.signal.aborted && !expired.aborted) throw error;
    });
    signal.throwIfAborted();
    if (last !== undefined) await this.#confirm(last, signal);
    return claim;
  }

  /** Answers the owner in the private chat; whether Telegram took it. */
  async answer(sender: Sender, text: string, signal: AbortSignal): Promise<boolean> {
    const more = { link_preview_options: { is_disabled: true } };
    const sent = await this.#call(
      (api, within) => api.sendMessage(sender.id, text, more, within),
      signal,
    );
    return sent.kind === "done";
  }

  [Symbol.dispose](): void {
    this.#client[Symbol.dispose]();
  }

  /** The node must not get the code as a message. A server that was asked a moment ago is given a moment. */
  async #confirm({ update_id: id }: Update, signal: AbortSignal): Promise<void> {
    const question = { offset: id + 1, limit: 1, timeout: 0 };
    for (const waitMs of [0, 500, 2_000]) {
      await delay(waitMs, undefined, { signal });
      const asked = await this.#call((api, within) => api.getUpdates(question, within), signal);
      if (asked.kind === "done") return;
    }
  }

  async #call<T>(
    work: Parameters<typeof TelegramClient.prototype.call<T>>[0],
    signal: AbortSignal,
  ): Promise<TelegramResult<T>> {
    const timeout = AbortSignal.timeout(answerMsMax);
    try {
      return await this.#client.call(work, AbortSignal.any([signal, timeout]));
    } catch (error) {
      signal.throwIfAborted();
      if (!timeout.aborted) throw error;
      const failure = { status: 0, retryAfterMs: 0, words: timedOutCode } as const;
      return { kind: "failed", failure: { kind: "unknown", ...failure } };
    }
  }
}

/** Whoever sends the code to the bot alone. */
function claimant({ message }: Update, code: string): Sender | undefined {
  if (message?.chat.type !== "private" || message.from.is_bot) return undefined;
  const given = writtenCode(message.text ?? "");
  if (given === undefined || !isSameCode(given, code)) return undefined;
  const { id, first_name: name, language_code: tongue } = message.from;
  return { id, name, language: tongue === "ru" ? "ru" : "en" };
}

function blockedBy(failure: TelegramFailure): Blocked {
  const { status, words } = failure;
  return {
    kind: "blocked",
    obstacle: troubleOf(failure),
    words: status === 0 ? words : `${status} ${words}`,
  };
}
