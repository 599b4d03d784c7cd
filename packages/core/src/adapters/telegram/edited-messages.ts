import { createHash } from "node:crypto";
import { type Bilingual, Run } from "@adyton/protocol";
import * as z from "zod";
import type { DeliveriesPort } from "../../ports/channel.ts";
import type { Principal } from "../../ports/http.ts";
import type { RecordsPort } from "../../ports/journal.ts";
import { readText } from "../../domain/commands/command-text.ts";
import type { BotOperations } from "./bot-operations.ts";
import { channelWords } from "./channel-words.ts";
import type { Incoming } from "./read-update.ts";

/** Messages whose words are known again; the one seen longest ago goes first. */
export const knownTextsMax = 1_000;

type Message = Incoming & { readonly kind: "message" };

export interface EditedMessagesOptions {
  readonly deliveries: DeliveriesPort;
  readonly records: RecordsPort;
  readonly operations: BotOperations;
}

const Asked = z.object({ chat: z.string(), replyTo: z.number(), work: z.unknown().optional() });

/**
 * What an edited message changes. The server also sends one when nothing of its words was: when a preview appeared, or
 * something the bot does not see.
 */
export class EditedMessages {
  readonly #options: EditedMessagesOptions;
  /** Digests of what messages said last, by place. */
  readonly #texts = new Map<string, string>();

  constructor(options: EditedMessagesOptions) {
    this.#options = options;
  }

  /** Whether a message says what it is known to say. Of a message that is not known nobody can tell. */
  isSame({ place, content }: Message): boolean {
    return this.#texts.get(keyOf(place)) === digest(content.text);
  }

  /** Remembers what a message says, once it is taken. */
  note({ place, content }: Message): void {
    const key = keyOf(place);
    this.#texts.delete(key);
    this.#texts.set(key, digest(content.text));
    const [oldest] = this.#texts.keys();
    if (this.#texts.size > knownTextsMax && oldest !== undefined) this.#texts.delete(oldest);
  }

  /** The delivery that a message is owed, and its run, when that has not begun; none while its files are fetched. */
  async waiting(
    { place }: Message,
    principal: Principal,
  ): Promise<{ readonly id: string; readonly run: string | null } | undefined> {
    const { deliveries, records, operations } = this.#options;
    const owed = deliveries.deliveries("telegram").findLast(({ actor, run, seq }) => {
      if (actor !== principal.id) return false;
      const { data } = Asked.safeParse(records.record(seq)?.data);
      const isOpen = run !== null || data?.work !== undefined;
      return isOpen && data?.chat === place.chat && data.replyTo === place.replyTo;
    });
    if (owed === undefined) return undefined;
    const { id, run } = owed;
    if (run === null) return { id, run };
    const reply = await operations.perform(principal, { route: "getRun", params: { id: run } });
    const isWaiting = reply.kind === "json" && Run.parse(reply.body).status === "queued";
    return isWaiting ? { id, run } : undefined;
  }
}

const keyOf = ({ chat, replyTo }: Message["place"]): string => `${chat}/${replyTo}`;
const digest = (text: string): string => createHash("sha256").update(text).digest("base64url");

/**
 * An edited message as a question of its own; a command is the same command. Its key is another than that of the edit: a
 * process that died may have asked under that, with other words, for the place of the first.
 */
export function saidAnew(
  edit: Incoming & { kind: "message" },
  language: keyof Bilingual,
): Incoming & { kind: "message" } {
  const { content } = edit;
  if (readText(content.text).kind !== "speech") return edit;
  const text = `${channelWords.edited[language]}\n${content.text}`;
  return { ...edit, key: `${edit.key}/anew`, content: { ...content, text } };
}
