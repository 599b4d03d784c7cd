import type { Bilingual } from "@adyton/protocol";
import type { Clock } from "@adyton/runtime/clock";
import type { CallbackQuery, MessageGenerationStopped, Update, User } from "grammy/types";
import type { Admitted } from "../../app/channels/channel-principals.ts";
import type { NewDelivery, Outbox } from "../../app/channels/outbox.ts";
import type { Pairings } from "../../app/channels/pairings.ts";
import { isStorageFailure } from "../../app/storage-problem.ts";
import { readText } from "../../domain/commands/command-text.ts";
import type { DedupeKey } from "../../domain/journal/record.ts";
import type { DeliveriesPort, Place } from "../../ports/channel.ts";
import type { Principal } from "../../ports/http.ts";
import type { RecordsPort } from "../../ports/journal.ts";
import { isFromAdmitted } from "./admission.ts";
import { askNode, questionOf } from "./ask-node.ts";
import type { BotOperations } from "./bot-operations.ts";
import { channelWords, languageOf } from "./channel-words.ts";
import { EditedMessages, saidAnew } from "./edited-messages.ts";
import type { IncomingFiles } from "./incoming-files.ts";
import { helpIn } from "./command-menu.ts";
import { conversationOf, speakerIn } from "./place.ts";
import type { Presses } from "./presses.ts";
import { type Incoming, mayThere, readUpdate } from "./read-update.ts";

export interface InboxOptions {
  readonly admitted: Admitted & { readonly groups: ReadonlySet<number> };
  /** Lets in whoever sends a code that waits. */
  readonly pairings: Pick<Pairings, "claim" | "waits">;
  readonly operations: BotOperations;
  readonly outbox: Pick<Outbox, "open" | "replace" | "stopWork">;
  readonly files: IncomingFiles;
  readonly presses: Presses;
  readonly records: RecordsPort;
  readonly deliveries: DeliveriesPort;
  /** The journal's key of something that comes from outside once. */
  readonly dedupeKey: (id: string) => DedupeKey;
  /** The journal's key of a principal's conversation. */
  readonly conversationKey: (principal: Principal, name: string) => string;
  /** Has every owner told, once for each key. */
  readonly tellOwners: (key: string, text: string) => Promise<void>;
  readonly language: keyof Bilingual;
  readonly clock: Clock;
}

/**
 * Takes updates: what admitted people write becomes messages of theirs, what they press an operation of theirs, and what
 * is owed for it is on disk before it counts as taken. An update that comes twice is known by its key.
 */
export class Inbox {
  readonly #options: InboxOptions;
  readonly #edited: EditedMessages;
  /** Updates from people who are not admitted. They are counted and nothing else. */
  strangers = 0;

  constructor(options: InboxOptions) {
    this.#options = options;
    this.#edited = new EditedMessages(options);
  }

  /** Takes an update; `later` is one that must come again. Throws for one that nobody can take. */
  async take(update: Update, bot: User, signal: AbortSignal): Promise<"taken" | "later"> {
    const { callback_query: query, stopped_message_generation: stopped } = update;
    if ((query ?? stopped) !== undefined && !isFromAdmitted(update, this.#options.admitted)) {
      // Strangers are not told that there is anybody.
      this.strangers += 1;
      return "taken";
    }
    if (query !== undefined) return this.#takePress(query, signal);
    if (stopped !== undefined) return this.#takeStop(stopped);
    try {
      return await this.#takeIn(update, bot);
    } catch (error) {
      if (!isStorageFailure(error)) throw error;
      return "later";
    }
  }

  async #takeIn(update: Update, bot: User): Promise<"taken" | "later"> {
    const { records, clock } = this.#options;
    if (await this.#isMove(update)) return "taken";
    const code = await this.#codeIn(update);
    const { isOfAlbum } = this.#options.files;
    const incoming = readUpdate(update, bot, { ...this.#options.admitted, isOfAlbum });
    if (incoming.kind === "stranger") this.strangers += 1;
    if (incoming.kind === "stranger" || incoming.kind === "nothing") return "taken";
    const { user, place, key } = incoming;
    const principal = this.#options.operations.principal(speakerIn(user, Number(place.chat)));
    if (principal === undefined) return "taken";
    const { id: actor, person: owner, tier } = principal;
    const dedupe = this.#options.dedupeKey(key);
    const owed = { place, actor, owner, tier, dedupe, ...this.#askedIn(incoming, principal) };
    // Asked again, a turn that failed would begin once more, and nobody would see its answer.
    const isTaken = records.known(owed.dedupe.key, clock.nowMs()) !== undefined;
    if (isTaken && incoming.kind === "message") this.#edited.note(incoming);
    if (isTaken) return "taken";
    if (incoming.kind === "message" && incoming.isEdit)
      return this.#takeEdit(incoming, principal, owed);
    if (incoming.kind === "message" && (await this.#options.files.joins(incoming, owed.dedupe))) {
      this.#edited.note(incoming);
      return "taken";
    }
    const reply =
      incoming.kind === "message" && (code !== "none" || incoming.content.text === "/start")
        ? this.#greet(code === "none" ? "greeting" : code, incoming)
        : await this.#replyTo(incoming, principal);
    if (reply.kind === "later") return "later";
    const delivery = await this.#options.outbox.open({ ...owed, reply });
    if (incoming.kind === "message") this.#edited.note(incoming);
    if (incoming.kind === "message" && reply.kind === "work" && delivery !== undefined)
      this.#options.files.opened(incoming, delivery);
    return "taken";
  }

  /** Words that were changed before their turn began take its place; later they are a turn of their own, which says so. */
  async #takeEdit(
    edit: Incoming & { kind: "message" },
    principal: Principal,
    owed: Omit<NewDelivery, "reply">,
  ): Promise<"taken" | "later"> {
    if (this.#edited.isSame(edit)) return "taken";
    const waiting = await this.#edited.waiting(edit, principal);
    const asked = waiting === undefined ? saidAnew(edit, this.#options.language) : edit;
    const reply = await this.#replyTo(asked, principal);
    if (reply.kind === "later") return "later";
    const place = { ...owed.place, isQuoted: true };
    // What could not be asked leaves the first words as they are.
    const isAsked = reply.kind !== "text" || ("data" in reply && reply.data !== undefined);
    if (
      waiting !== undefined &&
      isAsked &&
      (await this.#options.outbox.replace(waiting.id, { ...owed, reply }))
    ) {
      const { run } = waiting;
      if (run !== null && (reply.kind !== "run" || reply.run !== run))
        await this.#options.operations.perform(principal, {
          route: "cancelRun",
          params: { id: run },
        });
    } else await this.#options.outbox.open({ ...owed, place, reply });
    this.#edited.note(edit);
    return "taken";
  }

  async #takePress(query: CallbackQuery, signal: AbortSignal): Promise<"taken"> {
    const { message, from } = query;
    const principal = this.#options.operations.principal(
      speakerIn(from.id, message?.chat.id ?? from.id),
    );
    const isHere = message === undefined || mayThere(message, from.id, this.#options.admitted);
    if (principal === undefined || !isHere) this.strangers += 1;
    else await this.#options.presses.take(query, principal, signal);
    return "taken";
  }

  /** Somebody stopped the draft of an answer. A private chat has the number of whoever speaks in it. */
  async #takeStop({ chat, draft_id: draft }: MessageGenerationStopped): Promise<"taken"> {
    const principal = this.#options.operations.principal({ user: chat.id });
    if (principal !== undefined)
      await this.#options.operations.stopDraft(draft, principal, this.#options.deliveries);
    return "taken";
  }

  /** Whether an update says that a group of ours has another number now. Nobody there is heard, so the owners are told. */
  async #isMove({ message }: Update): Promise<boolean> {
    const { admitted, tellOwners, language } = this.#options;
    const to = message?.migrate_to_chat_id;
    if (message === undefined || to === undefined || !admitted.groups.has(message.chat.id))
      return false;
    await tellOwners(`moved/${to}`, channelWords.groupMoved(message.chat.id, to)[language]);
    return true;
  }

  /**
   * What a one-time code in a message does: it lets its sender in, or he needs none, and then it stays good for whom it was
   * made. Elsewhere than in private it is no secret.
   */
  async #codeIn({ message }: Update): Promise<"none" | "welcome" | "needlessCode"> {
    if (message?.chat.type !== "private" || message.text === undefined) return "none";
    const { admitted, pairings } = this.#options;
    const { id } = message.from;
    const isOwner = admitted.owners.has(id);
    if ((isOwner || admitted.members.has(id)) && pairings.waits(message.text))
      return "needlessCode";
    return !isOwner && (await pairings.claim(id, message.text)) ? "welcome" : "none";
  }

  /**
   * The conversation that a message is a question of. A command is of none: it is neither stopped nor forgotten with it, and
   * is named where nothing else came along.
   */
  #askedIn(incoming: Incoming & { kind: "message" | "unreadable" }, principal: Principal) {
    if (incoming.kind === "unreadable") return {};
    const { text, texts, files } = incoming.content;
    const read = readText(text);
    if (read.kind === "command")
      return texts.length + files.length === 0 ? { command: read.command } : {};
    const { conversationKey } = this.#options;
    return { conversation: conversationKey(principal, conversationOf(incoming.place)) };
  }

  /** Ends what is fetched or read for the questions of somebody's in a place: to the node there is no turn yet. */
  #stopWork({ chat, thread }: Place, { id }: Principal): Promise<number> {
    const { outbox, language } = this.#options;
    return outbox.stopWork(
      ({ actor }, place) => actor === id && place.chat === chat && place.thread === thread,
      channelWords.stopped[language],
    );
  }

  /** What tells somebody how to begin is in the language of his app, like the menu. */
  #greet(
    words: "welcome" | "greeting" | "needlessCode",
    { appLanguage }: Incoming & { kind: "message" },
  ) {
    const language = languageOf(appLanguage, this.#options.language);
    return { kind: "text", text: channelWords[words][language] } as const;
  }

  async #replyTo(incoming: Incoming & { kind: "message" | "unreadable" }, principal: Principal) {
    const { language } = this.#options;
    if (incoming.kind === "unreadable")
      return { kind: "text", text: channelWords.unreadable[language] } as const;
    const waiting = this.#options.files.replyTo(incoming);
    if (waiting !== undefined) return waiting;
    const { place, content, key, appLanguage } = incoming;
    const conversation = conversationOf(place);
    const body = questionOf(content, { conversation, language });
    const { operations } = this.#options;
    const read = readText(body.text);
    const isStop = read.kind === "command" && read.command === "stop";
    const stopped = isStop ? await this.#stopWork(place, principal) : 0;
    const asked = await askNode(operations.perform, principal, { key, body, language });
    if (asked.kind !== "text") return asked;
    if (stopped > 0) return { ...asked, text: channelWords.stopped[language] };
    if (read.kind === "command" && read.command === "help") {
      const text = helpIn(languageOf(appLanguage, language), asked.data);
      return { ...asked, text: text ?? asked.text };
    }
    return { ...asked, buttons: await operations.buttons(body.text, asked.data, principal) };
  }
}
