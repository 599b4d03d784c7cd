import type { Message, Update, User } from "grammy/types";
import type { Place } from "../../ports/channel.ts";
import { type Content, readContent } from "./message-content.ts";
import { type Admission, isFromAdmitted } from "./admission.ts";

/** What the node makes of an update. `stranger` costs a counter, `nothing` not even that. */
export type Incoming =
  | {
      readonly kind: "message";
      readonly user: number;
      readonly place: Place & { readonly replyTo: number };
      /** Tells this update from any other, also when Telegram begins to number anew. */
      readonly key: string;
      readonly content: Content;
      /** Whether it is a message of before, whose words were changed. */
      readonly isEdit: boolean;
      /** Of the sender's app, as it names it. */
      readonly appLanguage: string | undefined;
      /** Of several messages that are shown as one. */
      readonly album?: string;
    }
  | {
      readonly kind: "unreadable";
      readonly user: number;
      readonly place: Place;
      readonly key: string;
    }
  | { readonly kind: "stranger" }
  | { readonly kind: "nothing" };

/** Reads an update as a message to the node. In groups only what is said to the bot counts. */
export function readUpdate(
  update: Update,
  bot: User,
  admission: Admission & { readonly isOfAlbum: (album: string) => boolean },
): Incoming {
  // Of places only the first version counts: one that moves is edited every few seconds.
  const { edited_message: edited } = update;
  const isReworded = (edited?.text ?? edited?.caption) !== undefined;
  const message = update.message ?? (isReworded ? edited : undefined);
  const user = message?.from?.id;
  if (message === undefined || user === undefined)
    return { kind: isFromAdmitted(update, admission) ? "nothing" : "stranger" };
  if (!mayThere(message, user, admission)) return { kind: "stranger" };
  const isPrivate = message.chat.type === "private";
  const said = message.text ?? message.caption ?? "";
  const group = message.media_group_id;
  const album = group === undefined ? undefined : `${message.chat.id}/${group}`;
  // Of an album one message has the caption that names the bot.
  const isJoining = album !== undefined && admission.isOfAlbum(album);
  if (!isPrivate && !isJoining && !isToBot(message, said, bot)) return { kind: "nothing" };
  const key = `${update.update_id}/${message.chat.id}/${message.message_id}`;
  const place = {
    chat: String(message.chat.id),
    ...(message.is_topic_message === true ? { thread: message.message_thread_id } : {}),
    replyTo: message.message_id,
  };
  const read = readContent(message, asCommand(withoutName(said, bot).trim()));
  if (read.kind === "nothing") return read;
  if (read.kind === "unreadable") return { kind: "unreadable", user, place, key };
  const { content } = read;
  const isEdit = update.message === undefined;
  const appLanguage = message.from?.language_code;
  const incoming = { kind: "message", user, place, key, content, isEdit, appLanguage } as const;
  return album === undefined ? incoming : { ...incoming, album };
}

/** Whether somebody may speak to the bot, and in that chat. */
export function mayThere(
  { chat }: Pick<Message, "chat">,
  user: number,
  { owners, members, groups }: Admission,
): boolean {
  if (!owners.has(user) && !members.has(user)) return false;
  return chat.type === "private" || groups.has(chat.id);
}

function isToBot(message: Message, said: string, bot: User): boolean {
  if (message.reply_to_message?.from?.id === bot.id) return true;
  const entities = message.entities ?? message.caption_entities ?? [];
  // A bot that is chosen from the list of members is named without its username.
  if (entities.some((each) => each.type === "text_mention" && each.user.id === bot.id)) return true;
  return new RegExp(`@${bot.username ?? ""}\\b`, "iu").test(said);
}

/** Takes the bot's own name out of a text: "/help@name" is "/help", "@name, hello" is "hello". */
function withoutName(text: string, bot: User): string {
  const name = `@${bot.username ?? ""}`;
  return text
    .replace(new RegExp(`^(/\\w+)${name}\\b`, "iu"), "$1")
    .replace(new RegExp(`^${name}\\b[,:]?\\s*`, "iu"), "");
}

/** The apps offer /start with a parameter; it is the same greeting. */
function asCommand(text: string): string {
  return /^\/start\b/u.test(text) ? "/start" : text;
}
