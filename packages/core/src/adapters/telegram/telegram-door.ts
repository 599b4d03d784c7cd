import type { Bilingual } from "@adyton/protocol";
import type { MessageEntity } from "grammy/types";
import type { Styled } from "../../domain/channels/format.ts";
import type { Buttons, CallOutcome, ChannelDoor, Place } from "../../ports/channel.ts";
import { channelWords } from "./channel-words.ts";
import { draftIdOf, stopButton } from "./keyboards.ts";
import type { TelegramClient, TelegramResult } from "./telegram-client.ts";
import type { TelegramFailure } from "./trouble.ts";

/** What Telegram takes in one message, in UTF-16 units. */
const textUnitsMax = 4_096;
/** A link's preview would fetch it from Telegram's servers: whoever reads their logs would learn of it. */
const noPreview = { link_preview_options: { is_disabled: true } } as const;
/** No words, so that sending it twice says nothing twice. */
const placeholder = "…";

/** How an edit is refused whose message is not there any more, also by servers behind the one of the Bot API. */
const goneWords = /message (?:to edit not found|can't be edited)|MESSAGE_ID_INVALID/u;

/** Telegram takes about one message a second in a chat, and twenty a minute in a group (its FAQ for bots). */
const privateEditEveryMs = 2_000;
const groupEditEveryMs = 3_500;

export interface TelegramDoorOptions {
  readonly client: () => TelegramClient;
  readonly language: keyof Bilingual;
  /** Whether answers grow in drafts, which private chats alone have. */
  readonly drafts: boolean;
  /** What each send and edit to a chat came to, for whoever watches the door. */
  readonly onSent: (chat: string, failure: TelegramFailure | undefined) => void;
}

/** Telegram as the outbox sees it. Every send goes through here. */
export function telegramDoor({
  client,
  language,
  drafts,
  onSent,
}: TelegramDoorOptions): ChannelDoor {
  const send = async (
    place: Place,
    text: string,
    replyTo: number | undefined,
    signal: AbortSignal,
  ): Promise<CallOutcome> => {
    const result = await client().call(
      (api, polyfill) =>
        api.sendMessage(
          place.chat,
          text,
          {
            ...noPreview,
            ...(place.thread === undefined ? {} : { message_thread_id: place.thread }),
            ...(replyTo === undefined
              ? {}
              : {
                  reply_parameters: { message_id: replyTo, allow_sending_without_reply: true },
                }),
          },
          polyfill,
        ),
      signal,
    );
    onSent(place.chat, failureOf(result));
    return outcomeOf(result, ({ message_id: message }) => message);
  };
  return {
    name: "telegram",
    textUnitsMax,
    refusedWords: channelWords.refused[language],
    place: (place, signal) => send(place, placeholder, quoted(place), signal),
    ping: (place, message, signal) => send(place, pingWords[language], message, signal),
    fill: async (place, message, { said, buttons }, signal) => {
      const { text, styles } = said ?? { text: placeholder, styles: [] };
      // Ranges of our own: what a model writes is never parsed as markup by the server.
      const entities = styles.map(entityOf);
      // An edit without a keyboard takes the old one away.
      const more = { ...noPreview, entities, ...keyboardOf(buttons) };
      const result = await client().call(
        (api, polyfill) => api.editMessageText(place.chat, message, text, more, polyfill),
        signal,
      );
      onSent(place.chat, failureOf(result));
      if (result.kind === "failed" && /message is not modified/u.test(result.failure.words))
        return { kind: "done", message };
      if (result.kind === "failed" && goneWords.test(result.failure.words)) return { kind: "gone" };
      return outcomeOf(result, () => message);
    },
    remove: async ({ chat }, message, signal) => {
      const result = await client().call(
        (api, polyfill) => api.deleteMessage(chat, message, polyfill),
        signal,
      );
      const isSettled = result.kind === "done" || result.failure.status === 400;
      return isSettled ? { kind: "done", message } : failedOutcome(result.failure);
    },
    ...whileItGrows({ client, language, drafts }),
  };
}

/** What is shown of an answer before it is there. What comes of it nobody watches: the answer itself will tell. */
function whileItGrows({
  client,
  language,
  drafts,
}: Omit<TelegramDoorOptions, "onSent">): Pick<
  ChannelDoor,
  "hasDrafts" | "draft" | "editEveryMs" | "stopButton" | "showWriting"
> {
  return {
    hasDrafts: ({ chat }) => drafts && !isGroup(chat),
    draft: async ({ chat, thread }, { run, said }, signal) => {
      const { text, styles } = said ?? { text: "", styles: [] };
      const topic = thread === undefined ? {} : { message_thread_id: thread };
      const more = { ...topic, entities: styles.map(entityOf), can_stop: true };
      const id = draftIdOf(run);
      const result = await client().call(
        (api, polyfill) => api.sendMessageDraft(Number(chat), id, text, more, polyfill),
        signal,
      );
      return outcomeOf(result, () => id);
    },
    editEveryMs: ({ chat }) => (isGroup(chat) ? groupEditEveryMs : privateEditEveryMs),
    stopButton: (run) => stopButton(run, language),
    showWriting: async ({ chat, thread }, signal) => {
      const topic = thread === undefined ? {} : { message_thread_id: thread };
      await client().call(
        (api, polyfill) => api.sendChatAction(chat, "typing", topic, polyfill),
        signal,
      );
    },
  };
}

function entityOf({ type, offset, length, language }: Styled): MessageEntity {
  return type === "pre" && language !== undefined
    ? { type, offset, length, language }
    : { type, offset, length };
}

const keyboardOf = (rows: Buttons) =>
  rows.length === 0
    ? {}
    : {
        reply_markup: {
          inline_keyboard: rows.map((row) =>
            row.map(({ text, data }) => ({ text, callback_data: data })),
          ),
        },
      };

const pingWords: Bilingual = { en: "The answer is here ↑", ru: "Ответ готов ↑" };

/** In a group an answer names its question; in a private chat it stands right below. */
const quoted = ({ chat, replyTo, isQuoted }: Place): number | undefined =>
  isGroup(chat) || isQuoted === true ? replyTo : undefined;
/** Their numbers alone are below zero. */
export const isGroup = (chat: string): boolean => chat.startsWith("-");

const failureOf = (result: TelegramResult<unknown>): TelegramFailure | undefined =>
  result.kind === "failed" ? result.failure : undefined;

function outcomeOf<T>(result: TelegramResult<T>, message: (value: T) => number): CallOutcome {
  if (result.kind === "done") return { kind: "done", message: message(result.value) };
  return failedOutcome(result.failure);
}

/** A wrong token may be put right while the reply waits; everything else that is refused stays refused. */
const tokenWaitMs = 5_000;

function failedOutcome({ kind, status, retryAfterMs, words }: TelegramFailure): CallOutcome {
  if (kind === "limited") return { kind: "later", afterMs: retryAfterMs };
  if (status === 401 || status === 404) return { kind: "later", afterMs: tokenWaitMs };
  return kind === "unknown" ? { kind: "unknown" } : { kind: "refused", reason: words };
}
