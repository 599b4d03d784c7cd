import type { Bilingual, Health } from "@adyton/protocol";
import type { Clock } from "@adyton/runtime/clock";
import { Supervisor } from "@adyton/runtime/supervisor";
import type { Update, User } from "grammy/types";
import type { Admitted } from "../../app/channels/channel-principals.ts";
import type { Pairings } from "../../app/channels/pairings.ts";
import type { ExitCheck } from "../../app/channels/exit-check.ts";
import { Outages } from "../../app/channels/outages.ts";
import { Outbox } from "../../app/channels/outbox.ts";
import type { DedupeKey } from "../../domain/journal/record.ts";
import type { DeliveriesPort, DoorsPort } from "../../ports/channel.ts";
import type { Principal } from "../../ports/http.ts";
import type { JournalPort, RecordsPort } from "../../ports/journal.ts";
import type { Operations } from "../../ports/operations.ts";
import { BotOperations } from "./bot-operations.ts";
import { channelWords } from "./channel-words.ts";
import { showMenu } from "./command-menu.ts";
import { type Closed, DoorWatch } from "./door-watch.ts";
import { outageWords } from "./outage-words.ts";
import { pollUpdates, pollWaitMs } from "./poll-loop.ts";
import { Inbox } from "./inbox.ts";
import { IncomingFiles, type IncomingFilesOptions as FilesOptions } from "./incoming-files.ts";
import { Presses } from "./presses.ts";
import type { SpooledUpdates } from "./spooled-updates.ts";
import { TelegramClient } from "./telegram-client.ts";
import { isGroup, telegramDoor } from "./telegram-door.ts";
import { type TelegramFailure, troubleWords } from "./trouble.ts";
import type { Ways, Wire } from "./wire-fetch.ts";

const channelName = "telegram";

export interface TelegramChannelOptions extends Ways, Pick<FilesOptions, "readDocument" | "hear"> {
  /** Read anew after a refusal: a token may have been changed. Throws when the file cannot be read. */
  readonly readToken: () => { reveal(): string };
  readonly apiRoot: string;
  /** In the layout `bot`, the way to the relay that makes the calls, and what has waited there. */
  readonly wire: Wire | undefined;
  readonly spool: SpooledUpdates | undefined;
  readonly admitted: Admitted & { readonly groups: ReadonlySet<number> };
  /** For the owner, who is told which relay is away. */
  readonly relayAddress: string | undefined;
  /** Whom the bot tells of its own faults: the owners, also where they may do no more than others. */
  readonly told: readonly number[];
  /** Lets in whoever sends a code that waits. */
  readonly pairings: Pick<Pairings, "claim" | "waits">;
  readonly operations: Operations;
  readonly journal: JournalPort;
  readonly records: RecordsPort;
  readonly deliveries: DeliveriesPort & DoorsPort;
  readonly exit: ExitCheck;
  /** The journal's key of something that comes from outside once. */
  readonly dedupeKey: (id: string) => DedupeKey;
  /** The journal's key of a principal's conversation. */
  readonly conversationKey: (principal: Principal, name: string) => string;
  readonly language: keyof Bilingual;
  /** Whether answers grow in drafts in private chats. */
  readonly drafts: boolean;
  readonly clock: Clock;
  readonly log: (message: string, fields: Readonly<Record<string, string | number>>) => void;
  /** The door stopped working a minute ago, or works again. */
  readonly onDoor: (status: "open" | "closed", detail: string) => void;
}

/** A door that was shut for so long is told of. */
const closedToldAfterMs = 60_000;
const lookEveryMs = 5_000;

/**
 * The bot: takes what admitted people write as messages of theirs, and delivers what comes of it. An update is
 * confirmed to Telegram once the journal has it, and is known by its key when it comes twice.
 */
export class TelegramChannel implements AsyncDisposable {
  readonly #options: TelegramChannelOptions;
  readonly #operations: BotOperations;
  readonly #outbox: Outbox;
  readonly #inbox: Inbox;
  readonly #files: IncomingFiles;
  readonly #supervisor: Supervisor;
  #client: TelegramClient;
  /** Who the bot is: asked before the first poll, so that no stranger makes the node ask. */
  #bot: User | undefined;
  readonly #watch: DoorWatch;
  readonly #outages: Outages;
  #toldClosed = false;

  constructor(options: TelegramChannelOptions) {
    this.#options = options;
    this.#client = this.#connect();
    const { journal, records, deliveries, exit, clock, language } = options;
    this.#watch = new DoorWatch(clock.monotonicMs());
    const { admitted, operations } = options;
    this.#operations = new BotOperations({ operations, admitted, language, clock });
    const client = (): TelegramClient => this.#client;
    const door = telegramDoor({
      client,
      language,
      drafts: options.drafts,
      onSent: (chat, failure) => this.#watch.sent(clock.monotonicMs(), chat, failure),
    });
    const own = { ...options, operations: this.#operations, outbox: () => this.#outbox };
    this.#files = new IncomingFiles({ ...own, client });
    this.#outbox = new Outbox({
      door,
      journal,
      records,
      deliveries,
      exit,
      endOf: (run, signal) => this.#operations.endOf(run, signal),
      work: (owed, signal) => this.#files.work(owed, signal),
      takeBack: ({ run, actor }) => this.#operations.cancel(run, actor),
      mayReach: ({ chat }, actor) =>
        this.#operations.principalOf(actor) !== undefined && isOpen(chat, admitted.groups),
      clock,
      onUnexpected: (error) =>
        options.log("a reply could not be delivered", { error: nameOf(error) }),
    });
    this.#supervisor = new Supervisor({
      onFailure: ({ name, error }) =>
        options.log("the bot's work failed", { work: name, error: nameOf(error) }),
      clock,
    });
    const supervisor = this.#supervisor;
    const presses = new Presses({ ...own, client, door, supervisor });
    const taking = { outbox: this.#outbox, files: this.#files, presses };
    const tellOwners = (key: string, text: string): Promise<void> => this.tellOwners(key, text);
    this.#inbox = new Inbox({ ...options, ...taking, tellOwners, operations: this.#operations });
    this.#outages = new Outages({
      door: channelName,
      journal,
      doors: deliveries,
      tellOwners: (outage) =>
        this.tellOwners(`outage/${outage.sinceMs}`, outageWords(outage)[language]),
    });
  }

  /** Begins to poll, and to deliver what the last process still owed. */
  start(): void {
    this.#files.resume();
    this.#outbox.start();
    this.#supervisor.loop("poll", (signal) => this.#poll(signal));
    this.#supervisor.loop("watch", (signal) => this.#tellOfDoor(signal));
  }

  /** Ends work for questions that are being forgotten: their files are not fetched, and nothing is asked of them. */
  async forgetErased(): Promise<void> {
    const { records, language } = this.#options;
    const isErased = ({ seq }: { readonly seq: number }): boolean =>
      records.record(seq)?.payload === "erased";
    await this.#outbox.stopWork(isErased, channelWords.stopped[language]);
  }

  /** Updates from people who are not admitted. */
  get strangers(): number {
    return this.#inbox.strangers;
  }

  /** Whether the door works, in a part of the health report. */
  health(): Health["parts"][number] {
    const { clock, language } = this.#options;
    const { strangers } = this;
    const nowMs = clock.monotonicMs();
    const closed = this.#watch.closed(nowMs);
    const since = (from: Closed): string => new Date(this.#wallMs(from)).toISOString();
    if (closed !== undefined) {
      const detail = this.#why(closed, this.#options.relayAddress);
      return { name: channelName, status: "degraded", detail, since: since(closed), strangers };
    }
    const waiting = this.#watch.waiting(nowMs);
    const note =
      waiting === undefined
        ? {}
        : { detail: channelWords.someChatsWait[language], since: since(waiting) };
    return { name: channelName, status: "ok", ...note, strangers };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#supervisor[Symbol.asyncDispose]();
    await this.#outbox[Symbol.asyncDispose]();
    this.#client[Symbol.dispose]();
  }

  #connect(): TelegramClient {
    const { readToken, apiRoot, relay, proxy, wire } = this.#options;
    return new TelegramClient({ token: readToken(), apiRoot, relay, proxy, wire });
  }

  async #poll(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    await this.#knowBot(signal);
    await pollUpdates(
      {
        client: () => this.#options.spool?.before(this.#client) ?? this.#client,
        take: async (update) => this.#inbox.take(update, await this.#knowBot(signal), signal),
        onGivenUp: (error, update) => this.#passOver(error, update),
        onPolled: () => this.#watch.polled(clock.monotonicMs()),
        onFailure: (failure) => this.#failed(failure),
        clock,
      },
      signal,
    );
  }

  /** A poll that hangs fails by its own time; this only tells of a door that stays shut, and that it is open again. */
  async #tellOfDoor(signal: AbortSignal): Promise<void> {
    const { clock, onDoor } = this.#options;
    for (;;) {
      await clock.sleep(lookEveryMs, signal);
      const closed = this.#watch.closed(clock.monotonicMs());
      if (closed !== undefined && clock.monotonicMs() - closed.sinceMs < closedToldAfterMs)
        continue;
      const isClosed = closed !== undefined;
      const detail = isClosed ? this.#why(closed) : "";
      if (isClosed !== this.#toldClosed) onDoor(isClosed ? "closed" : "open", detail);
      this.#toldClosed = isClosed;
      const nowMs = clock.nowMs();
      await this.#outages.note(
        isClosed
          ? { kind: "closed", sinceMs: this.#wallMs(closed), detail }
          : { kind: "open", nowMs },
      );
    }
  }

  /** Nobody else will learn of it: the sender sees a bot that is silent. */
  async #passOver(error: unknown, { update_id: id }: Update): Promise<void> {
    const { log, language } = this.#options;
    log("a message was passed over", { update: id, error: nameOf(error) });
    await this.tellOwners(`passed/${id}`, channelWords.passedOver[language]);
  }

  /** Tells every owner once for a key, through the only other door there is: this one, once it is open. */
  async tellOwners(key: string, text: string): Promise<void> {
    const { told, dedupeKey } = this.#options;
    for (const user of told) {
      const principal = this.#operations.principal({ user });
      if (principal === undefined) continue;
      const { id: actor, person: owner, tier } = principal;
      const reply = { kind: "text", text } as const;
      const dedupe = dedupeKey(`${key}/${user}`);
      await this.#outbox.open({ place: { chat: String(user) }, actor, owner, tier, reply, dedupe });
    }
  }

  /** When it was closed, by the clock on the wall. */
  #wallMs({ sinceMs }: Closed): number {
    const { clock } = this.#options;
    return Math.round(clock.nowMs() - (clock.monotonicMs() - sinceMs));
  }

  #why({ failure }: Closed, relay?: string): string {
    const trouble = failure === undefined ? undefined : troubleWords(failure, relay);
    return channelWords.closed(trouble)[this.#options.language];
  }

  #failed(failure: TelegramFailure): void {
    const { kind, status } = failure;
    this.#watch.failed(this.#options.clock.monotonicMs(), failure);
    if (kind !== "refused" || (status !== 401 && status !== 404)) return;
    try {
      const client = this.#connect();
      this.#client[Symbol.dispose]();
      this.#client = client;
      this.#bot = undefined;
    } catch {
      // The file with the token cannot be read now; the old token is tried again.
    }
  }

  /** Asks who the bot is until the messenger says so. Rejects only with the signal's reason. */
  async #knowBot(signal: AbortSignal): Promise<User> {
    for (let failures = 1; this.#bot === undefined; failures += 1) {
      const me = await this.#client.call((api, polyfill) => api.getMe(polyfill), signal);
      if (me.kind === "failed") {
        this.#failed(me.failure);
        await this.#options.clock.sleep(pollWaitMs(me.failure, failures), signal);
        continue;
      }
      this.#bot = me.value;
      // A menu that cannot be set now is set at the next start; nothing else waits for it.
      await showMenu(this.#client, signal);
    }
    return this.#bot;
  }
}

/** A private chat is its user's, who is asked for beside it. */
const isOpen = (chat: string, groups: ReadonlySet<number>): boolean =>
  !isGroup(chat) || groups.has(Number(chat));

/** An error's name alone: its message may quote what a person wrote, or an address with a token. */
const nameOf = (error: unknown): string => (error instanceof Error ? error.name : "unknown");
