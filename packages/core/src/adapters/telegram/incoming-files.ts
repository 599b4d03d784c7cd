import type { Bilingual, CommandName } from "@adyton/protocol";
import type { Clock } from "@adyton/runtime/clock";
import type { Outbox } from "../../app/channels/outbox.ts";
import type { OwedWork, WorkDone } from "../../app/channels/owed-work.ts";
import { readText } from "../../domain/commands/command-text.ts";
import type { DedupeKey } from "../../domain/journal/record.ts";
import type { Hear, ReadDocument } from "../../ports/file-words.ts";
import { Albums } from "./albums.ts";
import type { BotOperations } from "./bot-operations.ts";
import { channelWords } from "./channel-words.ts";
import { FileFetcher, type FetchOptions } from "./fetch-file.ts";
import { Gatherer } from "./gather.ts";
import { MessageWork } from "./message-work.ts";
import { conversationOf } from "./place.ts";
import type { Incoming } from "./read-update.ts";
import { memoryAdd, Works } from "./works.ts";

export interface IncomingFilesOptions extends FetchOptions {
  readonly readDocument: ReadDocument;
  /** Absent where no server for speech is configured. */
  readonly hear: Hear | undefined;
  readonly operations: BotOperations;
  readonly outbox: () => Outbox;
  readonly language: keyof Bilingual;
  readonly clock: Clock;
}

type IncomingMessage = Incoming & { readonly kind: "message" };

/** Messages of one chat that wait for files, and what was said behind them. */
const worksMax = 16;

/** Commands that ask the model, for up to a minute, wait for one that does, or look through all that the node has. */
const slowCommands: ReadonlySet<CommandName> = new Set([
  "echo_pulse",
  "fold_error",
  "fold_group",
  "forget",
  "mirror_self",
  "resonance",
]);

/** Messages that cannot be asked about at once: those with files, slow commands, and those that were written behind one. */
export class IncomingFiles {
  readonly #options: IncomingFilesOptions;
  readonly #albums: Albums;
  readonly #works: Works;

  constructor(options: IncomingFilesOptions) {
    const { clock } = options;
    this.#options = options;
    this.#albums = new Albums(clock);
    const gatherer = new Gatherer({ ...options, fetcher: new FileFetcher(options) });
    this.#works = new Works({ ...options, gatherer, albums: this.#albums });
  }

  /** Knows the albums again that the last process had begun. */
  resume(): void {
    for (const { delivery, work } of this.#options.outbox().undone()) {
      const { album } = MessageWork.parse(work);
      if (album !== undefined) this.#albums.opened(album, delivery);
    }
  }

  readonly isOfAlbum = (album: string): boolean => this.#albums.has(album);

  /** Adds a message to the album it is of, where that is still open. Resolves with whether, when it is on disk. */
  async joins({ album, content }: IncomingMessage, dedupe: DedupeKey): Promise<boolean> {
    if (album === undefined || !this.#albums.has(album)) return false;
    const { outbox } = this.#options;
    await this.#albums.join(album, (delivery) =>
      outbox().note(delivery, { joined: content }, dedupe),
    );
    return true;
  }

  /** What is owed for a message that has to wait; nothing for one that can be asked about at once. */
  replyTo({ place, content, key, album }: IncomingMessage) {
    const { outbox, language } = this.#options;
    const waiting = outbox().working(place);
    const read = readText(content.text);
    const isSlow = read.kind === "command" && slowCommands.has(read.command);
    const isWork = isSlow || content.files.length > 0 || memoryAdd.test(content.text);
    // What is said behind a file is asked behind it; a command is not held up by one.
    const isBehind = waiting > 0 && read.kind === "speech";
    if (!isWork && !isBehind) return undefined;
    if (waiting >= worksMax)
      return { kind: "text", text: channelWords.tooMuchWaits[language] } as const;
    const conversation = conversationOf(place);
    const work: MessageWork = { key, conversation, content };
    return { kind: "work", work: album === undefined ? work : { ...work, album } } as const;
  }

  /** A reply is owed for a message now. */
  opened({ album }: IncomingMessage, delivery: string): void {
    if (album !== undefined) this.#albums.opened(album, delivery);
  }

  /** Does what a reply waits for. Rejects with the signal's reason. */
  work(owed: OwedWork, signal: AbortSignal): Promise<WorkDone> {
    return this.#works.do(owed, signal);
  }
}
