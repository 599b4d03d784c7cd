import type { CommandName } from "@adyton/protocol";
import { backoffDelayMs } from "@adyton/runtime/retry";
import * as z from "zod";
import type { LeakCounts } from "../../domain/exit-filter/checked-text.ts";
import type { DedupeKey, NewRecord } from "../../domain/journal/record.ts";
import type { Buttons, DeliveryState, Place } from "../../ports/channel.ts";
import { newRunId } from "../identifiers.ts";
import { isStorageFailure } from "../storage-problem.ts";
import {
  backoff,
  Delivery,
  type DeliveryOptions,
  nodeRecord,
  type Reply,
  Undeliverable,
} from "./delivery.ts";
import { noteOn, WorkStopped } from "./owed-work.ts";

// Messengers know no idempotency key: a send whose answer is lost may have arrived or not, and repeating it doubles it
// before the user's eyes. An edit may be repeated. So a reply is sent as a message without content, and gets its text
// by an edit; the journal says how far it came. Only what has no content can ever be there twice.

export interface OutboxOptions extends DeliveryOptions {
  /** A delivery that failed for a reason nobody foresaw, for the log. */
  readonly onUnexpected: (error: unknown) => void;
}

/** A reply to open: its text, the run whose end it will be, or work that comes before. */
export interface NewDelivery {
  readonly place: Place;
  readonly actor: string;
  readonly owner: string;
  readonly tier: string;
  /** The key of the conversation that it belongs to. */
  readonly conversation?: string;
  /** What it answers, where that was a command and nothing else. */
  readonly command?: CommandName;
  readonly reply:
    | { readonly kind: "text"; readonly text: string; readonly buttons?: Buttons }
    | { readonly kind: "run"; readonly run: string }
    | { readonly kind: "work"; readonly work: object };
  readonly dedupe: DedupeKey;
}

const ButtonsData = z.array(z.array(z.object({ text: z.string(), data: z.string() })));
const DeliveryData = z.object({
  chat: z.string(),
  thread: z.number().optional(),
  replyTo: z.number().optional(),
  isQuoted: z.boolean().optional(),
  text: z.string().optional(),
  buttons: ButtonsData.optional(),
  work: z.unknown().optional(),
});

/** How often a delivery is tried that fails for a reason nobody foresaw; then it is owed until the next start. */
const deliverTriesMax = 5;

export class Outbox implements AsyncDisposable {
  readonly #options: OutboxOptions;
  readonly #abort = new AbortController();
  /** The last delivery of each chat: the next one waits for it, so replies arrive in order. */
  readonly #lanes = new Map<string, Promise<void>>();
  /** Replies that wait for work, until they are delivered. */
  readonly #works = new Map<string, WaitingWork>();
  /** Deliveries whose reply may still be replaced, and what replaces it once it is on disk. */
  readonly #open = new Map<string, Promise<Reply> | undefined>();

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  /** Takes up what the last process still owed. */
  start(): void {
    const { deliveries, door } = this.#options;
    for (const delivery of deliveries.deliveries(door.name)) this.#enqueue(delivery);
  }

  /** Replies that are owed at present, one for each chat at least. */
  get chats(): number {
    return this.#lanes.size;
  }

  /** Replies of a place that wait for work; a question asked now would overtake theirs. */
  working(place: Place): number {
    return [...this.#works.values()].filter(({ lane }) => lane === laneOf(place)).length;
  }

  /** Work that the last process left undone, with the replies it is owed for. */
  *undone(): Generator<{ readonly delivery: string; readonly work: unknown }> {
    const { deliveries, door, records } = this.#options;
    for (const { id, run, seq } of deliveries.deliveries(door.name)) {
      const work = DeliveryData.safeParse(records.record(seq)?.data).data?.work;
      if (run === null && work !== undefined) yield { delivery: id, work };
    }
  }

  /** Adds to what is known of work. Resolves when it is on disk. */
  note(delivery: string, data: object, dedupe: DedupeKey): Promise<void> {
    return noteOn(this.#options, delivery, { data, dedupe });
  }

  /**
   * Records that a reply is owed, then delivers it beside everything else. Resolves with its id when the record is on
   * disk; with nothing when it was owed before.
   */
  async open(delivery: NewDelivery): Promise<string | undefined> {
    const { door, journal, clock } = this.#options;
    const { actor, dedupe } = delivery;
    const id = newRunId(clock.nowMs());
    const { run } = replyOf(delivery);
    const facts = { delivery: id, channel: door.name, run, ...commandOf(delivery) };
    const record: NewRecord = { ...owedRecord(delivery), type: "delivery.opened", facts };
    const outcome = await journal.append({ records: [record], dedupe });
    if (outcome.kind === "duplicate") return undefined;
    const { lastSeq: seq, timeMs: time } = outcome;
    this.#enqueue({ id, actor, run, seq, time, placing: -1, messages: [], notes: [] });
    return id;
  }

  /**
   * Records that another reply takes the place of one that has not ended. False, and nothing recorded, when that has ended or
   * is not owed. The run that is waited for no longer is the caller's to cancel.
   */
  async replace(
    id: string,
    delivery: Omit<NewDelivery, "dedupe"> & Partial<Pick<NewDelivery, "dedupe">>,
  ): Promise<boolean> {
    if (!this.#open.has(id)) return false;
    const { journal } = this.#options;
    const reply = replyOf(delivery);
    const facts = { delivery: id, run: reply.run, ...commandOf(delivery) };
    const record: NewRecord = { ...owedRecord(delivery), type: "delivery.replaced", facts };
    const { dedupe } = delivery;
    const group = { records: [record], ...(dedupe === undefined ? {} : { dedupe }) };
    const written = journal.append(group).then(() => reply);
    // Before it is on disk: a run that ends in this moment waits for it.
    this.#open.set(id, written);
    const before = this.#works.get(id);
    before?.stop.abort(new WorkStopped("another reply takes its place"));
    if (reply.work !== undefined) this.#works.set(id, waitingWork(delivery.place));
    try {
      await written;
    } catch (error) {
      // What was to be replaced is owed as before, so its work begins anew.
      if (before !== undefined && this.#works.get(id) === before)
        this.#works.set(id, waitingWork(before.place));
      throw error;
    }
    await before?.rest;
    return true;
  }

  /**
   * Ends the work of replies that still wait for it, and says a text in their place. Resolves with how many, when that is on
   * disk and nothing is left of the work: no file that is fetched, no run.
   */
  async stopWork(
    isMeant: (owed: DeliveryState, place: Place) => boolean,
    text: string,
  ): Promise<number> {
    const { deliveries, door, records } = this.#options;
    const stopping = deliveries.deliveries(door.name).map(async (owed) => {
      const { id, run, seq, actor } = owed;
      const work = this.#works.get(id);
      const header = records.record(seq);
      const isWaiting = run === null && work?.stop.signal.aborted === false;
      // A command is not stopped: what it does may be half done.
      if (!isWaiting || typeof header?.conversation !== "string" || !isMeant(owed, work.place))
        return false;
      const { owner, tier } = header;
      const { place } = work;
      return this.replace(id, { place, actor, owner, tier, reply: { kind: "text", text } });
    });
    const stopped = await Promise.all(stopping);
    return stopped.filter((isStopped) => isStopped).length;
  }

  /** Stops delivering; what is owed stays owed. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#abort.abort(new Error("the outbox was closed"));
    await Promise.allSettled(this.#lanes.values());
  }

  #enqueue(delivery: DeliveryState): void {
    const data = DeliveryData.safeParse(this.#options.records.record(delivery.seq)?.data);
    const lane = data.success ? laneOf(data.data) : delivery.id;
    if (data.success && delivery.run === null && data.data.work !== undefined)
      this.#works.set(delivery.id, waitingWork(data.data));
    this.#open.set(delivery.id, undefined);
    const before = this.#lanes.get(lane);
    const work = (async () => {
      await before;
      await this.#keepTrying(delivery);
    })().finally(() => {
      this.#open.delete(delivery.id);
      this.#works.delete(delivery.id);
      if (this.#lanes.get(lane) === work) this.#lanes.delete(lane);
    });
    this.#lanes.set(lane, work);
  }

  /** A disk that takes nothing heals without a new start of the node, so what is owed is tried until then. */
  async #keepTrying(delivery: DeliveryState): Promise<void> {
    const { deliveries, door, journal, clock, onUnexpected } = this.#options;
    const { signal } = this.#abort;
    // What a try has come to holds for the next one: what was sent is not sent again because it cannot be written down.
    const sent: Sent = { sending: undefined, end: undefined };
    for (let failures = 0; !signal.aborted;) {
      try {
        const owed: DeliveryState | undefined =
          failures === 0
            ? delivery
            : deliveries.deliveries(door.name).find(({ id }) => id === delivery.id);
        if (owed === undefined) return;
        sent.end ??= await this.#deliver(owed, sent);
        await journal.append({ records: sent.end });
        return;
      } catch (error) {
        if (signal.aborted) return;
        failures += 1;
        if (failures === 1) onUnexpected(error);
        if (!isStorageFailure(error) && failures >= deliverTriesMax) return;
      }
      try {
        await clock.sleep(backoffDelayMs(failures, backoff), signal);
      } catch {
        // The node stops; the next one takes it up.
        return;
      }
    }
  }

  #atWork<T>(id: string, work: (stop: AbortSignal) => Promise<T>): Promise<T> {
    const waiting = this.#works.get(id);
    const doing = work((waiting?.stop ?? new AbortController()).signal);
    if (waiting !== undefined) waiting.rest = doing.catch(() => undefined);
    return doing;
  }

  /** What replaces a reply that has ended by now. Without anything the end is final. */
  #takeReplaced(id: string): Promise<Reply> | undefined {
    const reply = this.#open.get(id);
    if (reply === undefined) this.#open.delete(id);
    else this.#open.set(id, undefined);
    return reply;
  }

  /** Delivers a reply. Resolves with the records that end it. */
  async #deliver(delivery: DeliveryState, sent: Sent): Promise<readonly NewRecord[]> {
    this.#abort.signal.throwIfAborted();
    const { id, run, seq } = delivery;
    const { data } = DeliveryData.safeParse(this.#options.records.record(seq)?.data);
    let outcome: "delivered" | "erased" | Undeliverable["outcome"] = "delivered";
    let removed: LeakCounts = {};
    if (data === undefined) outcome = "erased";
    else
      try {
        sent.sending ??= new Delivery(this.#options, delivery, {
          place: data,
          signal: this.#abort.signal,
          atWork: (work) => this.#atWork(id, work),
        });
        // What was replaced before it began is not begun.
        const first = this.#open.get(id) ?? { ...data, run };
        if (this.#open.has(id)) this.#open.set(id, undefined);
        removed = await sent.sending.complete(await first, () => this.#takeReplaced(id));
      } catch (error) {
        if (!(error instanceof Undeliverable)) throw error;
        outcome = error.outcome;
      }
    const facts = { delivery: id, outcome };
    const closed: NewRecord = { ...nodeRecord(delivery), type: "delivery.closed", facts };
    const redacted: NewRecord = {
      ...nodeRecord(delivery),
      type: "exit.redacted",
      facts: { delivery: id, run, removed },
    };
    // With one commit, so that a delivery that is taken up again is told of once.
    return Object.keys(removed).length === 0 ? [closed] : [redacted, closed];
  }
}

/** How far the tries of one delivery have come. */
interface Sent {
  sending: Delivery | undefined;
  end: readonly NewRecord[] | undefined;
}

/** Work that a reply waits for. */
interface WaitingWork {
  readonly place: Place;
  readonly lane: string;
  readonly stop: AbortController;
  /** Settles when nothing of it is under way. */
  rest: Promise<unknown>;
}

/** Of the place alone: what else stands in a record may have to be forgotten. */
const waitingWork = ({ chat, thread, replyTo, isQuoted }: Place): WaitingWork => ({
  place: { chat, thread, replyTo, isQuoted },
  lane: laneOf({ chat, thread }),
  stop: new AbortController(),
  rest: Promise.resolve(),
});

const replyOf = ({ reply }: Pick<NewDelivery, "reply">): Reply =>
  reply.kind === "run" ? { run: reply.run } : { run: null, ...reply };

const commandOf = ({ command }: Pick<NewDelivery, "command">) =>
  command === undefined ? {} : { command };

const laneOf = ({ chat, thread }: Place): string => `${chat}/${thread ?? ""}`;

/** What the record of a reply holds beside its type and its facts. */
function owedRecord(delivery: Omit<NewDelivery, "dedupe">) {
  const { place, actor, owner, tier, conversation } = delivery;
  const { text, buttons = [], work } = replyOf(delivery);
  const said = {
    ...(work === undefined ? {} : { work }),
    ...(text === undefined ? {} : { text }),
    ...(buttons.length === 0 ? {} : { buttons }),
  };
  return {
    actor,
    owner,
    tier,
    origin: "node",
    class: "message",
    // The words of others are found by their run; those of a question that is not asked yet, by this.
    ...(work === undefined || conversation === undefined ? {} : { conversation }),
    data: { ...place, ...said },
  } as const;
}
