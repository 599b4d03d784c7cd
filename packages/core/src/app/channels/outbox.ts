import type { Clock } from "@adyton/runtime/clock";
import { backoffDelayMs } from "@adyton/runtime/retry";
import * as z from "zod";
import { formatMarkdown } from "../../domain/channels/format.ts";
import { splitText } from "../../domain/channels/split-text.ts";
import type { CheckedText, LeakCounts } from "../../domain/exit-filter/checked-text.ts";
import type { DedupeKey, NewRecord } from "../../domain/journal/record.ts";
import type {
  CallOutcome,
  ChannelDoor,
  DeliveriesPort,
  DeliveryState,
  Place,
} from "../../ports/channel.ts";
import type { JournalPort, RecordsPort } from "../../ports/journal.ts";
import { newRunId } from "../identifiers.ts";
import { storageProblem } from "../storage-problem.ts";
import type { ExitCheck } from "./exit-check.ts";

// Messengers know no idempotency key: a send whose answer is lost may have arrived or not, and repeating it doubles it
// before the user's eyes. An edit may be repeated. So a reply is sent as a message without content, and gets its text
// by an edit; the journal says how far it came. Only what has no content can ever be there twice.

export interface OutboxOptions {
  readonly door: ChannelDoor;
  readonly journal: JournalPort;
  readonly records: RecordsPort;
  readonly deliveries: DeliveriesPort;
  /** What every text passes before it leaves. */
  readonly exit: ExitCheck;
  /** The text of a run's end, in the words for its caller. Resolves when it has ended; rejects with the signal's reason. */
  readonly endOf: (run: string, actor: string, signal: AbortSignal) => Promise<string>;
  readonly clock: Clock;
  /** A delivery that failed for a reason nobody foresaw, for the log. */
  readonly onUnexpected: (error: unknown) => void;
}

/** A reply to open: either its text, or the run whose end it will be. */
export interface NewDelivery {
  readonly place: Place;
  readonly actor: string;
  readonly owner: string;
  readonly tier: string;
  readonly reply:
    | { readonly kind: "text"; readonly text: string }
    | { readonly kind: "run"; readonly run: string };
  readonly dedupe: DedupeKey;
}

const DeliveryData = z.object({
  chat: z.string(),
  thread: z.number().optional(),
  replyTo: z.number().optional(),
  text: z.string().optional(),
});

/** A message that may or may not have been sent gets so long to show itself before another takes its place. */
const unknownWaitMs = 3_000;
/** Also how soon a reply goes out once the way is free again. */
const backoff = { baseMs: 500, capMs: 5_000 };
const laterMsMax = 3_600_000;
const writingEveryMs = 4_500;
/** An answer that took longer than this is announced: its reader has looked away. */
const pingAfterMs = 10_000;
/** How often a delivery is tried that fails for a reason nobody foresaw; then it is owed until the next start. */
const deliverTriesMax = 5;

/** Thrown within a delivery that will never arrive. */
class Undeliverable extends Error {}

export class Outbox implements AsyncDisposable {
  readonly #options: OutboxOptions;
  readonly #abort = new AbortController();
  /** The last delivery of each chat: the next one waits for it, so replies arrive in order. */
  readonly #lanes = new Map<string, Promise<void>>();

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

  /** Records that a reply is owed, then delivers it beside everything else. Resolves when the record is on disk. */
  async open(delivery: NewDelivery): Promise<void> {
    const { door, journal, clock } = this.#options;
    const { place, reply, actor, owner, tier, dedupe } = delivery;
    const id = newRunId(clock.nowMs());
    const run = reply.kind === "run" ? reply.run : null;
    const data = { ...place, ...(reply.kind === "text" ? { text: reply.text } : {}) };
    const record: NewRecord = {
      actor,
      owner,
      tier,
      origin: "node",
      class: "message",
      type: "delivery.opened",
      facts: { delivery: id, channel: door.name, run },
      data,
    };
    const outcome = await journal.append({ records: [record], dedupe });
    if (outcome.kind === "duplicate") return;
    const { lastSeq: seq, timeMs: time } = outcome;
    this.#enqueue({ id, actor, run, seq, time, placing: -1, messages: [] });
  }

  /** Stops delivering; what is owed stays owed. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#abort.abort(new Error("the outbox was closed"));
    await Promise.allSettled(this.#lanes.values());
  }

  #enqueue(delivery: DeliveryState): void {
    const data = DeliveryData.safeParse(this.#options.records.record(delivery.seq)?.data);
    const lane = data.success ? `${data.data.chat}/${data.data.thread ?? ""}` : delivery.id;
    const before = this.#lanes.get(lane);
    const work = (async () => {
      await before;
      await this.#keepTrying(delivery, data.data);
    })().finally(() => {
      if (this.#lanes.get(lane) === work) this.#lanes.delete(lane);
    });
    this.#lanes.set(lane, work);
  }

  /** A disk that takes nothing heals without a new start of the node, so what is owed is tried until then. */
  async #keepTrying(
    delivery: DeliveryState,
    data: z.infer<typeof DeliveryData> | undefined,
  ): Promise<void> {
    const { deliveries, door, clock, onUnexpected } = this.#options;
    const { signal } = this.#abort;
    let owed: DeliveryState | undefined = delivery;
    for (let failures = 1; owed !== undefined && !signal.aborted; failures += 1) {
      try {
        return await this.#deliver(owed, data);
      } catch (error) {
        if (signal.aborted) return;
        if (failures === 1) onUnexpected(error);
        if (storageProblem(error) === undefined && failures >= deliverTriesMax) return;
      }
      try {
        await clock.sleep(backoffDelayMs(failures, backoff), signal);
      } catch {
        // The node stops; the next one takes it up.
        return;
      }
      owed = deliveries.deliveries(door.name).find(({ id }) => id === delivery.id);
    }
  }

  async #deliver(
    delivery: DeliveryState,
    data: z.infer<typeof DeliveryData> | undefined,
  ): Promise<void> {
    this.#abort.signal.throwIfAborted();
    let outcome: "delivered" | "refused" | "erased" = "delivered";
    let removed: LeakCounts = {};
    if (data === undefined) outcome = "erased";
    else
      try {
        const sending = new Delivery(this.#options, delivery, data, this.#abort.signal);
        removed = await sending.complete(data.text);
      } catch (error) {
        if (!(error instanceof Undeliverable)) throw error;
        outcome = "refused";
      }
    const { id, run } = delivery;
    const facts = { delivery: id, outcome };
    const closed: NewRecord = { ...node(delivery), type: "delivery.closed", facts };
    const redacted: NewRecord = {
      ...node(delivery),
      type: "exit.redacted",
      facts: { delivery: id, run, removed },
    };
    // With one commit, so that a delivery that is taken up again is told of once.
    const records = Object.keys(removed).length === 0 ? [closed] : [redacted, closed];
    await this.#options.journal.append({ records });
  }
}

const node = ({ actor, seq }: DeliveryState) =>
  ({ owner: "node", actor, tier: "owner", class: "trace", origin: "node", cause: seq }) as const;

/** One reply on its way. */
class Delivery {
  readonly #options: OutboxOptions;
  readonly #state: DeliveryState;
  readonly #place: Place;
  readonly #signal: AbortSignal;
  /** By part. */
  readonly #messages: Map<number, number>;
  #placing: number;

  constructor(options: OutboxOptions, state: DeliveryState, place: Place, signal: AbortSignal) {
    this.#options = options;
    this.#state = state;
    this.#place = place;
    this.#signal = signal;
    this.#messages = new Map(state.messages.entries());
    this.#placing = state.placing;
  }

  /** Resolves with what the exit filter took out. */
  async complete(known: string | undefined): Promise<LeakCounts> {
    const { door, clock, exit } = this.#options;
    await this.#ensurePlaced(0);
    const said =
      known === undefined ? formatMarkdown(await this.#endOfRun()) : { text: known, styles: [] };
    const split = (text: string): readonly string[] => splitText(text, door.textUnitsMax);
    // The whole text, without its marks: what is cut in two or written as `10.**0**.0.7` is one word to its reader.
    const { checked, counts } = await exit.check(said);
    for (const [part, piece] of checked.split(split).entries()) await this.#fill(part, piece);
    if (clock.nowMs() - this.#state.time < pingAfterMs || known !== undefined) return counts;
    await door.ping(this.#place, [...this.#messages.values()].at(-1) ?? 0, this.#signal);
    return counts;
  }

  async #endOfRun(): Promise<string> {
    const { run, actor } = this.#state;
    if (run === null) return "";
    const over = new AbortController();
    const writing = this.#showWriting(AbortSignal.any([this.#signal, over.signal]));
    try {
      return await this.#options.endOf(run, actor, this.#signal);
    } finally {
      over.abort();
      await writing;
    }
  }

  async #showWriting(signal: AbortSignal): Promise<void> {
    const { door, clock } = this.#options;
    try {
      while (!signal.aborted) {
        await door.showWriting(this.#place, signal);
        await clock.sleep(writingEveryMs, signal);
      }
    } catch {
      // Only the signal ends it: the answer has come, or the node stops.
    }
  }

  /** Sends the message of a part, unless the journal says that it is there. */
  async #ensurePlaced(part: number): Promise<void> {
    if (this.#messages.has(part)) return;
    const { door, journal, clock } = this.#options;
    const facts = { delivery: this.#state.id, part };
    if (this.#placing < part) {
      await journal.append({
        records: [{ ...node(this.#state), type: "delivery.placing", facts }],
      });
      this.#placing = part;
    } else await clock.sleep(unknownWaitMs, this.#signal); // The last process died between asking and knowing.
    const placed = await this.#insist(() => door.place(this.#place, this.#signal));
    if (placed.kind !== "done") throw new Undeliverable("there is nothing to place it in");
    const { message } = placed;
    await journal.append({
      records: [{ ...node(this.#state), type: "delivery.placed", facts: { ...facts, message } }],
    });
    this.#messages.set(part, message);
  }

  async #fill(part: number, said: CheckedText): Promise<void> {
    for (;;) {
      await this.#ensurePlaced(part);
      const message = this.#messages.get(part) ?? 0;
      const filled = await this.#insist(() =>
        this.#options.door.fill(this.#place, message, said, this.#signal),
      );
      if (filled.kind === "done") return;
      // Somebody deleted the message in the meantime; its text is still owed.
      this.#messages.delete(part);
      this.#placing = part - 1;
    }
  }

  /** Calls until the messenger has said yes or no. */
  async #insist(
    call: () => Promise<CallOutcome>,
  ): Promise<CallOutcome & { readonly kind: "done" | "gone" }> {
    const { clock } = this.#options;
    for (let attempt = 1; ; attempt += 1) {
      this.#signal.throwIfAborted();
      const outcome = await call();
      switch (outcome.kind) {
        case "done":
        case "gone":
          return outcome;
        case "refused":
          throw new Undeliverable(outcome.reason);
        case "later":
          await clock.sleep(Math.min(outcome.afterMs, laterMsMax), this.#signal);
          break;
        case "unknown": {
          const delayMs = backoffDelayMs(attempt, backoff);
          await clock.sleep(Math.max(delayMs, unknownWaitMs), this.#signal);
        }
      }
    }
  }
}
