import { randomBytes } from "node:crypto";
import { badRequest, BotFailure } from "./bot-failure.ts";
import type { BotState } from "./bot-state.ts";
import type { CallArguments, UploadedFile } from "./call-body.ts";
import {
  captionUnitsMax,
  type ChatMessage,
  checkedMarkup,
  checkedText,
  fieldsOf,
  textUnitsMax,
} from "./chat-store.ts";
import { pollSecondsMax, updatesPerCallMax } from "./update-queue.ts";
import { chatShape, messageShape, personShape } from "./wire-shape.ts";

export interface BotCall extends CallArguments {
  /** Aborts when the bot goes away. */
  readonly gone: () => AbortSignal;
}

type Method = (state: BotState, call: BotCall) => unknown;

const uploadBytesMax = 50 * 1024 * 1024;
const draftUnitsMax = 4_096;

const webhookWords =
  "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first";

/** Every method the emulator has. Names are the Bot API's, in any case. */
const methods: Readonly<Record<string, Method>> = {
  getMe: (state) => ({ ...personShape(state.bot), can_join_groups: true }),
  getUpdates: (state, { values, gone }) => {
    if (state.webhook !== "") throw new BotFailure(409, webhookWords);
    return state.updates.answer(
      {
        offset: whole(values["offset"], 0),
        limit: Math.min(Math.max(whole(values["limit"], 100), 1), updatesPerCallMax),
        seconds: Math.min(Math.max(whole(values["timeout"], 0), 0), pollSecondsMax),
        allowed: texts(values["allowed_updates"]),
      },
      gone(),
    );
  },
  setWebhook: (state, { values }) => {
    state.webhook = typeof values["url"] === "string" ? values["url"] : "";
    return true;
  },
  deleteWebhook: (state, { values }) => {
    state.webhook = "";
    if (values["drop_pending_updates"] === true) state.updates.clear();
    return true;
  },
  getWebhookInfo: (state) => ({
    url: state.webhook,
    has_custom_certificate: false,
    pending_update_count: state.updates.pending,
    allowed_updates: state.updates.allowed,
  }),
  sendMessage,
  editMessageText: (state, { values }) => {
    const message = ownMessage(state, values, "edit");
    const said = checkedText(values["text"], values["entities"], textUnitsMax);
    state.chats.edit(message, { ...said, markup: checkedMarkup(values["reply_markup"]) });
    return told(state, message);
  },
  editMessageReplyMarkup: (state, { values }) => {
    const message = ownMessage(state, values, "edit");
    const { text, entities } = message;
    const markup = checkedMarkup(values["reply_markup"]);
    state.chats.edit(message, { text, entities, markup });
    return told(state, message);
  },
  deleteMessage: (state, { values }) => {
    ownMessage(state, values, "delete").deleted = true;
    state.changed();
    return true;
  },
  sendChatAction: (state, { values }) => {
    const chat = state.chats.known(values["chat_id"]);
    if (typeof values["action"] !== "string") throw badRequest("wrong parameter action in request");
    state.actions.set(chat.id, { action: values["action"], atMs: state.now() });
    state.changed();
    return true;
  },
  sendMessageDraft: (state, { values }) => {
    const chat = state.chats.known(values["chat_id"]);
    if (chat.type !== "private") throw badRequest("PEER_ID_INVALID");
    const { text = "", draft_id: draft } = values;
    if (typeof draft !== "number" || draft === 0) throw badRequest("draft_id must be non-zero");
    if (typeof text !== "string" || text.length > draftUnitsMax)
      throw badRequest("message is too long");
    state.drafts.set(chat.id, { id: draft, text });
    state.changed();
    return true;
  },
  answerCallbackQuery: (state, { values }) => {
    if (!state.callbacks.delete(String(values["callback_query_id"])))
      throw badRequest("query is too old and response timeout expired or query ID is invalid");
    return true;
  },
  setMyCommands: (state, { values }) => {
    const language = languageOf(values);
    state.commands.set(language, Array.isArray(values["commands"]) ? values["commands"] : []);
    return true;
  },
  getMyCommands: (state, { values }) => state.commands.get(languageOf(values)) ?? [],
  deleteMyCommands: (state, { values }) => {
    state.commands.delete(languageOf(values));
    return true;
  },
  setMessageReaction: (state, { values }) => {
    const chat = state.chats.known(values["chat_id"]);
    if (state.chats.find(chat.id, values["message_id"]) === undefined)
      throw badRequest("message to react not found");
    return true;
  },
  getChat: (state, { values }) => chatShape(state.chats.known(values["chat_id"])),
  getFile: (state, { values }) => {
    const file = state.files.get(String(values["file_id"]));
    if (file === undefined)
      throw badRequest("wrong file_id or the file is temporarily unavailable");
    if (file.bytes.length > 20 * 1024 * 1024) throw badRequest("file is too big");
    return {
      file_id: values["file_id"],
      file_unique_id: values["file_id"],
      file_size: file.bytes.length,
      file_path: `documents/${String(values["file_id"])}`,
    };
  },
  sendDocument: (state, call) => sendFile(state, call, "document"),
  sendPhoto: (state, call) => sendFile(state, call, "photo"),
  sendVoice: (state, call) => sendFile(state, call, "voice"),
};

const byLowerName = new Map(
  Object.entries(methods).map(([name, method]) => [name.toLowerCase(), { name, method }]),
);

/** Finds a method by its name; the real server ignores the case too. */
export function botMethod(
  name: string,
): { readonly name: string; readonly method: Method } | undefined {
  return byLowerName.get(name.toLowerCase());
}

function sendMessage(state: BotState, { values }: BotCall): object {
  const chat = state.chats.known(values["chat_id"]);
  const said = checkedText(values["text"], values["entities"], textUnitsMax);
  return sent(state, values, {
    ...said,
    chat,
    extra: {},
  });
}

function sendFile(state: BotState, { values, files }: BotCall, field: string): object {
  const chat = state.chats.known(values["chat_id"]);
  const named = values[field];
  const attached = typeof named === "string" ? named.replace(/^attach:\/\//u, "") : field;
  const file = files.get(attached);
  if (file === undefined) throw badRequest(`there is no ${field} in the request`);
  if (file.bytes.length === 0) throw badRequest("file must be non-empty");
  if (file.bytes.length > uploadBytesMax) throw new BotFailure(413, "Request Entity Too Large");
  const said =
    values["caption"] === undefined
      ? { text: "", entities: [] }
      : checkedText(values["caption"], values["caption_entities"], captionUnitsMax);
  return sent(state, values, { ...said, chat, extra: { [field]: fileShape(state, field, file) } });
}

/** Keeps a file and returns what messages say about it. */
export function fileShape(state: BotState, field: string, file: UploadedFile): unknown {
  const id = randomBytes(12).toString("base64url");
  state.files.set(id, file);
  const base = { file_id: id, file_unique_id: id, file_size: file.bytes.length };
  if (field === "photo") return [{ ...base, width: 1, height: 1 }];
  const media = { ...base, mime_type: file.mediaType };
  if (field === "video_note") return { ...base, length: 240, duration: 1 };
  return field === "voice" ? { ...media, duration: 1 } : { ...media, file_name: file.name };
}

function sent(
  state: BotState,
  values: Readonly<Record<string, unknown>>,
  content: Pick<ChatMessage, "text" | "entities" | "chat" | "extra">,
): object {
  state.limits.count(content.chat, state.now());
  const reply = fieldsOf(values["reply_parameters"]);
  const replyTo = reply["message_id"];
  const replied = state.chats.find(content.chat.id, replyTo);
  if (
    replyTo !== undefined &&
    replied === undefined &&
    reply["allow_sending_without_reply"] !== true
  )
    throw badRequest("message to be replied not found");
  const message = state.chats.add({
    ...content,
    from: state.bot,
    isBots: true,
    markup: checkedMarkup(values["reply_markup"]),
    replyTo: replied?.id,
    thread: optionalWhole(values["message_thread_id"]),
    isSilent: values["disable_notification"] === true,
  });
  // A message takes the place of what was shown while it was written.
  state.drafts.delete(content.chat.id);
  state.actions.delete(content.chat.id);
  return told(state, message);
}

function told(state: BotState, message: ChatMessage): object {
  state.changed();
  return messageShape(message, state.chats.find(message.chat.id, message.replyTo));
}

function ownMessage(
  state: BotState,
  values: Readonly<Record<string, unknown>>,
  verb: "edit" | "delete",
): ChatMessage {
  const chat = state.chats.known(values["chat_id"]);
  const message = state.chats.find(chat.id, values["message_id"]);
  if (message === undefined) throw badRequest(`message to ${verb} not found`);
  if (!message.isBots)
    throw badRequest(`message can't be ${verb === "edit" ? "edited" : "deleted"}`);
  return message;
}

function whole(value: unknown, otherwise: number): number {
  return optionalWhole(value) ?? otherwise;
}

function optionalWhole(value: unknown): number | undefined {
  return typeof value === "number" && Number.isSafeInteger(value) ? value : undefined;
}

function texts(value: unknown): readonly string[] | undefined {
  return Array.isArray(value) ? value.filter((each) => typeof each === "string") : undefined;
}

function languageOf(values: Readonly<Record<string, unknown>>): string {
  const language = values["language_code"];
  return typeof language === "string" ? language : "";
}
