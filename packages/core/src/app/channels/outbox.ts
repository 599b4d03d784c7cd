import type { Clock } from "@adyton/runtime/clock";
import { backoffDelayMs } from "@adyton/runtime/retry";
import * as z from "zod";
import { formatMarkdown } from "../../domain/channels/format.ts";
import { splitText } from "../../domain/channels/split-text.ts";
import type { CheckedText, LeakCounts } from "../../domain/exit-filter/checked-text.ts";
import type { DedupeKey, NewRecord } from "../../domain/journal/record.ts";
import type {
  Buttons,
  CallOutcome,
  ChannelDoor,
  DeliveriesPort,
  DeliveryState,
  Place,
} from "../../ports/channel.ts";
import type { JournalPort, RecordsPort } from "../../ports/journal.ts";
import { newRunId } from "../identifiers.ts";
import { storageProblem } from "../storage-problem.ts";
import { EditGrid } from "./edit-grid.ts";
import type { ExitCheck } from "./exit-check.ts";
import { GrownAnswer, type ShowOutcome } from "./grown-answer.ts";

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
  /**
   * The text of a run's end, in the words for its caller; until then, each time that it has grown, the text so far. Resolves
   * when it has ended; rejects with the signal's reason.
   */
  readonly endOf: (run: FollowedRun, signal: AbortSignal) => Promise<string>;
  readonly clock: Clock;
  /** A delivery that failed for a reason nobody foresaw, for the log. */
  readonly onUnexpected: (error: unknown) => void;
}

/** A run that somebody waits for. */
export interface FollowedRun {
  readonly run: string;
  readonly actor: string;
  readonly onGrown: (text: string) => void;
}

/** A reply to open: either its text, or the run whose end it will be. */
export interface NewDelivery {
  readonly place: Place;
  readonly actor: string;
  readonly owner: string;
  readonly tier: string;
  readonly reply:
    | { readonly kind: "text"; readonly text: string; readonly buttons?: Buttons }
    | { readonly kind: "run"; readonly run: string };
  readonly dedupe: DedupeKey;
}

const ButtonsData = z.array(z.array(z.object({ text: z.string(), data: z.string() })));
const DeliveryData = z.object({
  chat: z.string(),
  thread: z.number().optional(),
  replyTo: z.number().optional(),
  text: z.string().optional(),
  buttons: ButtonsData.optional(),
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
    const { text, buttons = [] } = reply.kind === "text" ? reply : {};
    const data = {
      ...place,
      ...(text === undefined ? {} : { text }),
      ...(buttons.length === 0 ? {} : { buttons }),
    };
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
        removed = await sending.complete(data);
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
  /** By part, what it shows while the answer grows. */
  readonly #looks = new Map<number, string>();
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
  async complete({
    text: known,
    buttons = [],
  }: Pick<z.infer<typeof DeliveryData>, "text" | "buttons">): Promise<LeakCounts> {
    const { door, clock, exit } = this.#options;
    await this.#ensurePlaced(0);
    const said =
      known === undefined ? formatMarkdown(await this.#endOfRun()) : { text: known, styles: [] };
    // The whole text, without its marks: what is cut in two or written as `10.**0**.0.7` is one word to its reader.
    const { checked, counts } = await exit.check(said);
    const pieces = this.#split(checked);
    for (const [part, piece] of pieces.entries())
      await this.#fill(part, piece, part === pieces.length - 1 ? buttons : []);
    await this.#removeFrom(Math.max(1, pieces.length));
    if (clock.nowMs() - this.#state.time < pingAfterMs || known !== undefined) return counts;
    await door.ping(this.#place, [...this.#messages.values()].at(-1) ?? 0, this.#signal);
    return counts;
  }

  #split(checked: CheckedText): readonly CheckedText[] {
    return checked.split((text) => splitText(text, this.#options.door.textUnitsMax));
  }

  async #endOfRun(): Promise<string> {
    const { run, actor } = this.#state;
    if (run === null) return "";
    const { door, clock, endOf } = this.#options;
    const over = new AbortController();
    const writing = this.#showWriting(AbortSignal.any([this.#signal, over.signal]));
    const grid = new EditGrid({ clock, everyMs: door.editEveryMs(this.#place) });
    const growing = new GrownAnswer(grid, (text) => this.#showGrown(run, text));
    try {
      return await endOf({ run, actor, onGrown: growing.take }, this.#signal);
    } finally {
      over.abort();
      await writing;
      await growing.end(this.#signal);
    }
  }

  /** Shows an answer as far as it has come: one message of it at a time, the last one with the button that stops it. */
  async #showGrown(run: string, text: string): Promise<ShowOutcome> {
    const { door, exit } = this.#options;
    const pieces = this.#split(await exit.checkGrowing(formatMarkdown(text)));
    const last = Math.max(0, pieces.length - 1);
    for (let part = 0; part <= last; part += 1) {
      const said = pieces[part];
      const buttons = part === last ? [[door.stopButton(run)]] : [];
      const look = JSON.stringify([said?.text, said?.styles, buttons]);
      if (this.#looks.get(part) === look) continue;
      await this.#ensurePlaced(part);
      const message = this.#messages.get(part) ?? 0;
      const filled = await door.fill(this.#place, message, { said, buttons }, this.#signal);
      if (filled.kind === "later") return filled;
      if (filled.kind === "gone" || filled.kind === "refused") return { kind: "ended" };
      // It may still arrive, and must not do so after the whole answer.
      if (filled.kind === "unknown") await this.#options.clock.sleep(unknownWaitMs, this.#signal);
      else this.#looks.set(part, look);
      return { kind: "shown" };
    }
    return { kind: "unchanged" };
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

  async #fill(part: number, said: CheckedText, buttons: Buttons): Promise<void> {
    for (;;) {
      await this.#ensurePlaced(part);
      const message = this.#messages.get(part) ?? 0;
      const filled = await this.#insist(() =>
        this.#options.door.fill(this.#place, message, { said, buttons }, this.#signal),
      );
      if (filled.kind === "done") return;
      // Somebody deleted the message in the meantime; its text is still owed.
      this.#messages.delete(part);
      this.#placing = part - 1;
    }
  }

  /** Takes away the messages of what an answer had before it was taken back, or replaced by a problem. */
  async #removeFrom(part: number): Promise<void> {
    for (const [at, message] of this.#messages)
      if (at >= part)
        await this.#insist(() => this.#options.door.remove(this.#place, message, this.#signal));
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
