import type { Message } from "grammy/types";
import type { ChannelUser } from "../../app/channels/channel-principals.ts";
import type { Place } from "../../ports/channel.ts";

/** Where a message stands. */
export function placeOf(
  message: Pick<Message, "chat" | "is_topic_message" | "message_thread_id">,
): Place {
  const { chat, is_topic_message: isInTopic, message_thread_id: thread } = message;
  return { chat: String(chat.id), ...(isInTopic === true ? { thread } : {}) };
}

/** The name of the conversation that goes on in a place: each topic of a chat is one. */
export function conversationOf({ chat, thread }: Place): string {
  return `telegram ${chat}${thread === undefined ? "" : ` ${thread}`}`;
}

/** Who speaks in a chat. Groups have numbers below zero; a private chat has its user's. */
export const speakerIn = (user: number, chat: number): ChannelUser =>
  chat < 0 ? { user, group: chat } : { user };
