import * as z from "zod";
import { Content } from "./message-content.ts";

/** A message that is asked about once its files are there, as the journal keeps it. */
export const MessageWork = z.strictObject({
  key: z.string(),
  conversation: z.string(),
  content: Content,
  /** Telegram's id of the album it belongs to. */
  album: z.string().optional(),
});
export type MessageWork = z.infer<typeof MessageWork>;

/** What becomes known of it: a further message of its album, or what was heard in a recording. */
export const WorkNote = z.union([
  z.strictObject({ joined: Content }),
  z.strictObject({ heardIn: z.string(), words: z.string() }),
]);
export type WorkNote = z.infer<typeof WorkNote>;

/** A message with all that joined it. */
export function joined(content: Content, notes: readonly WorkNote[]): Content {
  let whole = content;
  for (const note of notes) {
    if (!("joined" in note)) continue;
    const { text, quote, texts, files } = note.joined;
    whole = {
      ...whole,
      text: whole.text === "" ? text : whole.text,
      ...(whole.quote === undefined && quote !== undefined ? { quote } : {}),
      texts: [...whole.texts, ...texts],
      files: [...whole.files, ...files],
    };
  }
  return whole;
}
