import { attachmentNameCharsMax, messageQuoteCharsMax } from "@adyton/protocol";
import type { ExternalReplyInfo, Message, PhotoSize } from "grammy/types";
import * as z from "zod";
import { mediaTypeOf } from "../../domain/documents/media-types.ts";

/**
 * A file that Telegram keeps. `speech` is what the sender says, `recording` what somebody else says; its id opens it with
 * the bot's token alone, also weeks later.
 */
const FileRef = z.strictObject({
  use: z.enum(["document", "picture", "speech", "recording"]),
  id: z.string(),
  /** As Telegram says; it may say nothing. */
  bytes: z.int().optional(),
  seconds: z.int().optional(),
  name: z.string().optional(),
  mediaType: z.string().optional(),
});
export type FileRef = z.infer<typeof FileRef>;

/** What a message consists of, apart by whose words they are. */
export const Content = z.strictObject({
  /** The sender's own words; empty where there are none. */
  text: z.string(),
  /** What the message answers to, in words. */
  quote: z.string().optional(),
  /** Words of others: forwarded ones, a contact, a place. */
  texts: z.array(z.strictObject({ name: z.string().optional(), text: z.string() })),
  files: z.array(FileRef),
});
export type Content = z.infer<typeof Content>;

export type ContentRead =
  | { readonly kind: "content"; readonly content: Content }
  /** Something the node cannot look at, or does not know, and says so. */
  | { readonly kind: "unreadable" }
  /** Nothing that anybody says. */
  | { readonly kind: "nothing" };

/** The larger side of a picture that is fetched: models make pictures no larger than about this. */
export const pictureSideMax = 1_280;

const unreadable = [
  "animation",
  "checklist",
  "dice",
  "game",
  "invoice",
  "paid_media",
  "poll",
  "sticker",
  "story",
  "video",
] as const satisfies readonly (keyof Message)[];

/** What the apps write into a chat by themselves. */
const events = [
  "boost_added",
  "chat_background_set",
  "forum_topic_closed",
  "forum_topic_created",
  "forum_topic_edited",
  "forum_topic_reopened",
  "left_chat_member",
  "message_auto_delete_timer_changed",
  "new_chat_members",
  "new_chat_photo",
  "new_chat_title",
  "pinned_message",
  "write_access_allowed",
] as const satisfies readonly (keyof Message)[];

/** Reads a message. `own` is the sender's text or caption without the bot's name. */
export function readContent(message: Message, own: string): ContentRead {
  if (events.some((kind) => message[kind] !== undefined)) return { kind: "nothing" };
  if (unreadable.some((kind) => message[kind] !== undefined)) return { kind: "unreadable" };
  const isForwarded = message.forward_origin !== undefined;
  const replied = message.reply_to_message;
  const quote = (message.quote?.text ?? replied?.text ?? replied?.caption ?? "").trim();
  const place = placeWords(message);
  const files = [
    ...filesOf(message, isForwarded),
    ...filesOf(replied, true),
    ...filesOf(message.external_reply, true),
  ];
  const texts = [
    ...(isForwarded && own !== "" ? [{ text: own }] : []),
    ...(place === undefined || isOwnPlace(message) ? [] : [place]),
    ...contactWords(message),
  ];
  const text = isForwarded ? "" : isOwnPlace(message) ? (place?.text ?? own) : own;
  if (text === "" && texts.length === 0 && files.length === 0) return { kind: "unreadable" };
  const cut = quote.slice(0, messageQuoteCharsMax).toWellFormed();
  const content = { text, ...(cut === "" ? {} : { quote: cut }), texts, files };
  return { kind: "content", content };
}

/** A point on the map is its sender's words; a place with a name has the words of a directory. */
const isOwnPlace = ({ location, venue, forward_origin: origin }: Message): boolean =>
  location !== undefined && venue === undefined && origin === undefined;

function placeWords({ location, venue }: Message): { readonly text: string } | undefined {
  if (location === undefined) return undefined;
  const point = `📍 ${location.latitude}, ${location.longitude}`;
  return { text: venue === undefined ? point : `${venue.title}\n${venue.address}\n${point}` };
}

function contactWords({ contact }: Message): readonly { readonly text: string }[] {
  if (contact === undefined) return [];
  const { first_name: first, last_name: last = "", phone_number: phone } = contact;
  return [{ text: `${`${first} ${last}`.trim()}\n${phone}` }];
}

type Carrier = Pick<
  Message | ExternalReplyInfo,
  "document" | "photo" | "voice" | "video_note" | "audio"
>;

/** Telegram says nothing of a round video's kind: it is always this. */
const roundVideo = { file_name: "video.mp4", mime_type: "video/mp4" };

function filesOf(carrier: Carrier | undefined, isForeign: boolean): FileRef[] {
  if (carrier === undefined) return [];
  const { document, photo, voice, video_note: round, audio } = carrier;
  const said = isForeign ? "recording" : "speech";
  const picture = photo === undefined ? undefined : chosenSize(photo);
  return [
    ...(document === undefined ? [] : [documentRef(document)]),
    ...(picture === undefined ? [] : [fileRef("picture", picture)]),
    ...(voice === undefined ? [] : [fileRef(said, voice)]),
    ...(round === undefined ? [] : [fileRef(said, { ...round, ...roundVideo })]),
    ...(audio === undefined ? [] : [fileRef("recording", audio)]),
  ];
}

/** A picture may be sent as a file. */
function documentRef(document: NonNullable<Carrier["document"]>): FileRef {
  const isDocument = mediaTypeOf(document.file_name ?? "") !== undefined;
  const isPicture = /^image\/(?:jpeg|png|webp)$/u.test(document.mime_type ?? "");
  return fileRef(!isDocument && isPicture ? "picture" : "document", document);
}

interface TelegramFile {
  readonly file_id: string;
  readonly file_size?: number;
  readonly file_name?: string;
  readonly mime_type?: string;
  readonly duration?: number;
}

function fileRef(use: FileRef["use"], file: TelegramFile): FileRef {
  const { file_id: id, file_size: bytes, file_name: named, mime_type: mediaType } = file;
  const name = named?.slice(0, attachmentNameCharsMax).toWellFormed();
  return {
    use,
    id,
    ...(bytes === undefined ? {} : { bytes }),
    ...(file.duration === undefined ? {} : { seconds: file.duration }),
    ...(name === undefined || name === "" ? {} : { name }),
    ...(mediaType === undefined ? {} : { mediaType }),
  };
}

/** Of the sizes that Telegram keeps of a photo, the largest that a model makes use of; else the smallest. */
export function chosenSize(sizes: readonly PhotoSize[]): PhotoSize | undefined {
  const bySide = sizes.toSorted((left, right) => sideOf(left) - sideOf(right));
  return bySide.findLast((size) => sideOf(size) <= pictureSideMax) ?? bySide[0];
}

const sideOf = ({ width, height }: PhotoSize): number => Math.max(width, height);
