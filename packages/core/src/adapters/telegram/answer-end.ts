import { type Bilingual, MessageAnswer } from "@adyton/protocol";
import * as z from "zod";
import { channelWords } from "./channel-words.ts";

/** What the bot reads of an answer. */
export const Answer = z.object({
  text: z.string(),
  finish: MessageAnswer.shape.finish,
  /** Of a command that was asked for. */
  data: z.unknown().optional(),
});

/** What is said under an answer that is not whole. Without it half an answer looks like all of it. */
export function remarkOn(
  finish: MessageAnswer["finish"],
  language: keyof Bilingual,
): string | undefined {
  return finish === "cut" || finish === "length" ? channelWords[finish][language] : undefined;
}
