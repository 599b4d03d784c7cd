import { badRequest, BotFailure } from "./bot-failure.ts";

export const textUnitsMax = 4_096;
export const captionUnitsMax = 1_024;
const callbackBytesMax = 64;

export interface Person {
  readonly id: number;
  readonly firstName: string;
  readonly language: string;
  readonly username?: string;
  readonly isBot?: boolean;
}

export interface Chat {
  readonly id: number;
  readonly type: "private" | "group" | "supergroup";
  readonly title?: string;
  readonly firstName?: string;
}

export interface Entity {
  readonly type: string;
  readonly offset: number;
  readonly length: number;
}

/** A message as it stands now, and what it said before. */
export interface ChatMessage {
  readonly id: number;
  readonly chat: Chat;
  readonly from: Person;
  readonly atMs: number;
  readonly isBots: boolean;
  text: string;
  entities: readonly Entity[];
  markup: InlineKeyboard | undefined;
  /** Files, places and the like, as the Bot API shows them. */
  readonly extra: Readonly<Record<string, unknown>>;
  readonly replyTo: number | undefined;
  readonly thread: number | undefined;
  /** Former texts, oldest first. */
  readonly former: string[];
  readonly isSilent: boolean;
  editedMs: number | undefined;
  deleted: boolean;
}

export interface InlineKeyboard {
  readonly inline_keyboard: readonly (readonly Readonly<Record<string, unknown>>[])[];
}

/** What a message is made of. */
export interface Content {
  readonly text: string;
  readonly entities: readonly Entity[];
  readonly markup: InlineKeyboard | undefined;
}

/** Every chat of the bot with what was said in it. */
export class ChatStore {
  readonly #chats = new Map<number, { readonly chat: Chat; readonly messages: ChatMessage[] }>();
  readonly #now: () => number;
  #nextMessage = 1;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Opens a chat, or returns the one that is open. */
  open(chat: Chat): Chat {
    const known = this.#chats.get(chat.id);
    if (known !== undefined) return known.chat;
    this.#chats.set(chat.id, { chat, messages: [] });
    return chat;
  }

  /** The chat a bot names. Throws the server's refusal: a bot cannot write first. */
  known(id: unknown): Chat {
    const number = typeof id === "string" && /^-?\d+$/u.test(id) ? Number(id) : id;
    const chat = typeof number === "number" ? this.#chats.get(number)?.chat : undefined;
    if (chat !== undefined) return chat;
    if (typeof number === "number" && number > 0)
      throw new BotFailure(403, "Forbidden: bot can't initiate conversation with a user");
    throw badRequest("chat not found");
  }

  /** What stands in a chat now, oldest first. */
  messages(chatId: number): readonly ChatMessage[] {
    return (this.#chats.get(chatId)?.messages ?? []).filter(({ deleted }) => !deleted);
  }

  get chats(): readonly Chat[] {
    return [...this.#chats.values()].map(({ chat }) => chat);
  }

  find(chatId: number, messageId: unknown): ChatMessage | undefined {
    return this.messages(chatId).find(({ id }) => id === Number(messageId));
  }

  add(
    message: Pick<ChatMessage, "chat" | "from" | "isBots" | "extra" | "replyTo" | "thread"> &
      Content & { readonly isSilent?: boolean },
  ): ChatMessage {
    const made: ChatMessage = {
      isSilent: false,
      ...message,
      id: this.#nextMessage++,
      atMs: this.#now(),
      former: [],
      editedMs: undefined,
      deleted: false,
    };
    this.#chats.get(message.chat.id)?.messages.push(made);
    return made;
  }

  /** Changes a message. Throws the server's refusal when nothing would change. */
  edit(message: ChatMessage, content: Content): void {
    const same =
      message.text === content.text &&
      JSON.stringify(message.entities) === JSON.stringify(content.entities) &&
      JSON.stringify(message.markup) === JSON.stringify(content.markup);
    if (same)
      throw badRequest(
        "message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message",
      );
    message.former.push(message.text);
    message.text = content.text;
    message.entities = content.entities;
    message.markup = content.markup;
    message.editedMs = this.#now();
  }
}

/** Checks a text with its entities as the server does. Throws its refusals. */
export function checkedText(
  text: unknown,
  entities: unknown,
  unitsMax: number,
): { readonly text: string; readonly entities: readonly Entity[] } {
  if (typeof text !== "string" || text.trim() === "") throw badRequest("message text is empty");
  if (text.length > unitsMax)
    throw badRequest(
      unitsMax === captionUnitsMax ? "message caption is too long" : "message is too long",
    );
  if (text !== text.toWellFormed()) throw badRequest("strings must be encoded in UTF-8");
  const list: unknown[] = Array.isArray(entities) ? entities : [];
  const checked = list.map((each): Entity => {
    const { type, offset, length } = fieldsOf(each);
    if (typeof type !== "string" || !Number.isInteger(offset) || !Number.isInteger(length))
      throw badRequest("can't parse entities: an entity needs type, offset and length");
    const entity = { type, offset: Number(offset), length: Number(length) };
    if (entity.offset < 0 || entity.length < 0 || entity.offset + entity.length > text.length)
      throw badRequest(`entity at ${entity.offset} reaches out of the text`);
    return { ...fieldsOf(each), ...entity };
  });
  return { text, entities: checked };
}

/** Checks a keyboard as the server does. Throws its refusals. */
export function checkedMarkup(markup: unknown): InlineKeyboard | undefined {
  if (markup === undefined) return undefined;
  const { inline_keyboard: rows } = fieldsOf(markup);
  if (!Array.isArray(rows)) return undefined;
  const checked = rows.map((row: unknown) => {
    if (!Array.isArray(row)) throw badRequest("object expected as reply markup");
    return row.map((button: unknown) => {
      const fields = fieldsOf(button);
      const { text, callback_data: data } = fields;
      if (typeof text !== "string" || text === "")
        throw badRequest("can't parse inline keyboard button: Button text must be non-empty");
      if (data !== undefined && (typeof data !== "string" || isDataTooLong(data)))
        throw badRequest("BUTTON_DATA_INVALID");
      return fields;
    });
  });
  return checked.flat().length === 0 ? undefined : { inline_keyboard: checked };
}

const isDataTooLong = (data: string): boolean =>
  data === "" || Buffer.byteLength(data) > callbackBytesMax;

/** An object's fields; none for anything else. */
export function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value))
    : {};
}
