import type { Chat, ChatMessage, Person } from "./chat-store.ts";

// The Bot API's JSON for what the emulator keeps.

export function personShape(person: Person): object {
  return {
    id: person.id,
    is_bot: person.isBot === true,
    first_name: person.firstName,
    ...(person.username === undefined ? {} : { username: person.username }),
    ...(person.isBot === true ? {} : { language_code: person.language }),
  };
}

export function chatShape(chat: Chat): object {
  return {
    id: chat.id,
    type: chat.type,
    ...(chat.title === undefined ? {} : { title: chat.title }),
    ...(chat.firstName === undefined ? {} : { first_name: chat.firstName }),
  };
}

export function messageShape(message: ChatMessage, replied?: ChatMessage): object {
  const isCaption = message.text !== "" && "file_id" in flat(message.extra);
  const said =
    message.text === ""
      ? {}
      : isCaption
        ? { caption: message.text, caption_entities: message.entities }
        : {
            text: message.text,
            ...(message.entities.length === 0 ? {} : { entities: message.entities }),
          };
  return {
    message_id: message.id,
    ...(message.thread === undefined
      ? {}
      : { message_thread_id: message.thread, is_topic_message: true }),
    from: personShape(message.from),
    chat: chatShape(message.chat),
    date: Math.floor(message.atMs / 1_000),
    ...(message.editedMs === undefined ? {} : { edit_date: Math.floor(message.editedMs / 1_000) }),
    ...said,
    ...message.extra,
    ...(message.markup === undefined ? {} : { reply_markup: message.markup }),
    ...(replied === undefined ? {} : { reply_to_message: messageShape(replied) }),
  };
}

/** The fields of what a message carries: one file, or the sizes of a picture. */
function flat(extra: Readonly<Record<string, unknown>>): object {
  for (const carried of Object.values(extra)) {
    const one: unknown = Array.isArray(carried) ? carried[0] : carried;
    if (typeof one === "object" && one !== null && "file_id" in one) return one;
  }
  return {};
}
