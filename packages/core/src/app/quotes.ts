import { formatMarkdown } from "../domain/channels/format.ts";
import type { Conversations } from "./conversations.ts";

/** Characters of a quotation that the model is shown. */
export const shownQuoteCharsMax = 1_000;

/** A question behind the words it answers to, which the conversation has. */
export function withQuote(text: string, quote: string | undefined): string {
  if (quote === undefined) return text;
  const shown =
    quote.length <= shownQuoteCharsMax
      ? quote
      : `${quote.slice(0, shownQuoteCharsMax).toWellFormed()}…`;
  return `${shown.replaceAll(/^/gmu, "> ")}\n\n${text}`;
}

/**
 * Whether a quotation is of the conversation as it stands, from a turn that no text of others went into. Messengers show
 * a text without its marks, and cut it into messages.
 */
export function isOfConversation(
  conversations: Pick<Conversations, "untainted">,
  key: string,
  quote: string,
): boolean {
  const words = plain(quote);
  return conversations
    .untainted(key)
    .some(
      (said) => plain(said).includes(words) || plain(formatMarkdown(said).text).includes(words),
    );
}

const plain = (text: string): string => text.replaceAll(/\s+/gu, " ").trim();
