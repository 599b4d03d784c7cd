import { randomBytes } from "node:crypto";
import type { BotState } from "./bot-state.ts";
import { fileShape } from "./bot-methods.ts";
import type { UploadedFile } from "./call-body.ts";
import type { Chat, ChatMessage, Entity, Person } from "./chat-store.ts";
import type { Update } from "./update-queue.ts";
import { messageShape, personShape } from "./wire-shape.ts";

export interface SayOptions {
  /** Where; the person's own chat with the bot without it. */
  readonly chat?: Chat;
  readonly replyTo?: number;
  readonly thread?: number;
  readonly entities?: readonly Entity[];
  /** Further fields of the message, as the Bot API writes them: `location`, `forward_origin` and so on. */
  readonly extra?: Readonly<Record<string, unknown>>;
}

/** Somebody who writes to the bot. */
export class EmulatedPerson {
  readonly person: Person;
  readonly chat: Chat;
  readonly #state: BotState;

  constructor(state: BotState, person: Person) {
    this.#state = state;
    this.person = person;
    this.chat = state.chats.open({
      id: person.id,
      type: "private",
      firstName: person.firstName,
    });
  }

  /** What stands in the chat with the bot now. */
  get messages(): readonly ChatMessage[] {
    return this.#state.chats.messages(this.chat.id);
  }

  /** What the bot says in it. */
  get answers(): readonly ChatMessage[] {
    return this.messages.filter(({ isBots }) => isBots);
  }

  /** Writes a message. A command at its beginning is marked as one, as the apps do. */
  say(text: string, options: SayOptions = {}): ChatMessage {
    const command = /^\/\w+(?:@\w+)?/u.exec(text)?.[0];
    const marked =
      command === undefined ? [] : [{ type: "bot_command", offset: 0, length: command.length }];
    return this.#add(text, { ...options, entities: options.entities ?? marked });
  }

  /** Sends a file under the name of the message's field. */
  sendFile(
    field: "audio" | "document" | "photo" | "video_note" | "voice",
    file: UploadedFile,
    caption = "",
    options: SayOptions = {},
  ): ChatMessage {
    const extra = { ...options.extra, [field]: fileShape(this.#state, field, file) };
    return this.#add(caption, { ...options, extra });
  }

  /** Changes what was said. */
  edit(message: ChatMessage, text: string): Update | undefined {
    this.#state.chats.edit(message, { text, entities: [], markup: undefined });
    const update = this.#state.updates.push("edited_message", messageShape(message));
    this.#state.changed();
    return update;
  }

  /** What the bot shows as its draft here; empty while it only says that it thinks. */
  get draft(): string | undefined {
    return this.#state.drafts.get(this.chat.id)?.text;
  }

  /** Stops the draft that is shown. */
  stopDraft(): Update | undefined {
    const draft = this.#state.drafts.get(this.chat.id);
    if (draft === undefined) return undefined;
    this.#state.drafts.delete(this.chat.id);
    const { id, firstName } = this.person;
    const chat = { id, type: "private", first_name: firstName };
    const stopped = { chat, draft_id: draft.id };
    const update = this.#state.updates.push("stopped_message_generation", stopped);
    this.#state.changed();
    return update;
  }

  /** Presses a button of a message by its data. */
  press(message: ChatMessage, data: string): Update | undefined {
    const id = randomBytes(8).toString("hex");
    this.#state.callbacks.add(id);
    return this.#state.updates.push("callback_query", {
      id,
      from: personShape(this.person),
      message: messageShape(message),
      chat_instance: String(message.chat.id),
      data,
    });
  }

  #add(text: string, options: SayOptions): ChatMessage {
    const { chat = this.chat, replyTo, thread, entities = [], extra = {} } = options;
    const message = this.#state.chats.add({
      chat: this.#state.chats.open(chat),
      from: this.person,
      isBots: false,
      text,
      entities,
      markup: undefined,
      extra,
      replyTo,
      thread,
    });
    const replied = this.#state.chats.find(chat.id, replyTo);
    this.#state.updates.push("message", messageShape(message, replied));
    this.#state.changed();
    return message;
  }
}
