import type { Clock } from "@adyton/runtime/clock";
import { backoffDelayMs } from "@adyton/runtime/retry";
import { type FormattedText, formatMarkdown } from "../../domain/channels/format.ts";
import { splitText } from "../../domain/channels/split-text.ts";
import type { CheckedText, LeakCounts } from "../../domain/exit-filter/checked-text.ts";
import type {
  Buttons,
  CallOutcome,
  ChannelDoor,
  DeliveryState,
  Place,
} from "../../ports/channel.ts";
import { EditGrid } from "./edit-grid.ts";
import type { ExitCheck } from "./exit-check.ts";
import { GrownAnswer, type ShowOutcome } from "./grown-answer.ts";
import { type OwedWorkOptions, settleOwed, type WorkDone, WorkStopped } from "./owed-work.ts";

export interface DeliveryOptions extends OwedWorkOptions {
  readonly door: ChannelDoor;
  /** What every text passes before it leaves. */
  readonly exit: ExitCheck;
  /**
   * The text of a run's end, in the words for its caller; until then, each time that it has grown, the text so far. Resolves
   * when it has ended; rejects with the signal's reason.
   */
  readonly endOf: (run: FollowedRun, signal: AbortSignal) => Promise<RunWords>;
  /** Whether a reply may still go there, and to whoever is behind the actor's id. */
  readonly mayReach: (place: Place, actor: string) => boolean;
  readonly clock: Clock;
}

/** A run that somebody waits for. */
export interface FollowedRun {
  readonly run: string;
  readonly actor: string;
  readonly onGrown: (text: string) => void;
}

/** What is said of a run's end: a model's words, which are Markdown, and what the channel remarks on them. */
export interface RunWords {
  readonly text: string;
  readonly remark?: string | undefined;
}

/** What is owed: a text, the end of a run, or what work comes to. */
export interface Reply {
  readonly run: string | null;
  readonly text?: string | undefined;
  readonly work?: unknown;
  readonly buttons?: Buttons | undefined;
}

/** What a reply comes to. */
interface End {
  readonly said: FormattedText;
  readonly buttons: Buttons;
}

/** A message that may or may not have been sent gets so long to show itself before another takes its place. */
const unknownWaitMs = 3_000;
/** Also how soon a reply goes out once the way is free again. */
export const backoff = { baseMs: 500, capMs: 5_000 };
const laterMsMax = 3_600_000;
/** Messages of one part that may be gone before they have their text; after one more the reply counts as refused. */
export const goneMessagesMax = 5;
const writingEveryMs = 4_500;
/** A draft goes by itself after thirty seconds; it is shown again before, also when nothing was added. */
const draftEveryMs = 20_000;
/** An answer that took longer than this is announced: its reader has looked away. */
const pingAfterMs = 10_000;
/** Thrown within a delivery that will never arrive: the messenger refuses it, or nobody there may have it any more. */
export class Undeliverable extends Error {
  override readonly name = "Undeliverable";
  readonly outcome: "refused" | "not_admitted";
  constructor(outcome: Undeliverable["outcome"], message: string) {
    super(message);
    this.outcome = outcome;
  }
}

export const nodeRecord = ({ actor, seq }: DeliveryState) =>
  ({ owner: "node", actor, tier: "owner", class: "trace", origin: "node", cause: seq }) as const;

export interface DeliveryStart {
  readonly place: Place;
  readonly signal: AbortSignal;
  /** Does the work of the present reply, which is told when nobody wants it any more: another reply then takes its place. */
  readonly atWork: <T>(work: (stop: AbortSignal) => Promise<T>) => Promise<T>;
}

/** One reply on its way. */
export class Delivery {
  readonly #options: DeliveryOptions;
  readonly #state: DeliveryState;
  readonly #place: Place;
  readonly #signal: AbortSignal;
  readonly #atWork: DeliveryStart["atWork"];
  /** By part. */
  readonly #messages: Map<number, number>;
  /** Parts whose message is there and is not in the journal yet. */
  readonly #unrecorded = new Set<number>();
  /** By part, what it shows while the answer grows. */
  readonly #looks = new Map<number, string>();
  #placing: number;

  constructor(
    options: DeliveryOptions,
    state: DeliveryState,
    { place, signal, atWork }: DeliveryStart,
  ) {
    this.#options = options;
    this.#state = state;
    this.#place = place;
    this.#signal = signal;
    this.#atWork = atWork;
    this.#messages = new Map(state.messages.entries());
    this.#placing = state.placing;
  }

  /**
   * Delivers a reply, or the one that has taken its place by the time it has ended. Resolves with what the exit filter took
   * out. Throws `Undeliverable`.
   */
  async complete(first: Reply, replaced: () => Promise<Reply> | undefined): Promise<LeakCounts> {
    const { door, clock, exit } = this.#options;
    this.#mustReach();
    // A draft needs no message beneath it: that comes with the answer, and tells of it.
    const isDrafted = first.run !== null && door.hasDrafts(this.#place);
    if (!isDrafted) await this.#ensurePlaced(0);
    let reply = first;
    let end = await this.#endOf(reply);
    for (let other = replaced(); other !== undefined; other = replaced()) {
      reply = await other;
      end = await this.#endOf(reply);
    }
    // The whole text, without its marks: what is cut in two or written as `10.**0**.0.7` is one word to its reader.
    const { checked, counts } = await exit.check(end.said);
    const pieces = this.#split(checked);
    for (const [part, piece] of pieces.entries())
      await this.#fill(part, piece, part === pieces.length - 1 ? end.buttons : []).catch(
        (error: unknown) => this.#ownUp(part, error),
      );
    await this.#removeFrom(Math.max(1, pieces.length));
    const isLate = clock.nowMs() - this.#state.time >= pingAfterMs;
    if (isLate && !isDrafted && reply.text === undefined) await this.#announce();
    return counts;
  }

  /** Sends the announcement when the messenger lets it; whether it arrives is worth no second one. */
  async #announce(): Promise<void> {
    const { door, clock } = this.#options;
    const message = [...this.#messages.values()].at(-1) ?? 0;
    for (;;) {
      this.#mustReach();
      const outcome = await door.ping(this.#place, message, this.#signal);
      if (outcome.kind !== "later") return;
      await clock.sleep(Math.min(outcome.afterMs, laterMsMax), this.#signal);
    }
  }

  #split(checked: CheckedText): readonly CheckedText[] {
    return checked.split((text) => splitText(text, this.#options.door.textUnitsMax));
  }

  async #endOf(reply: Reply): Promise<End> {
    const { text, buttons = [] } = reply;
    if (text !== undefined) return { said: { text, styles: [] }, buttons };
    const signal = this.#signal;
    const owed = await this.#whileWriting(() =>
      this.#atWork((stop) =>
        settleOwed(this.#options, this.#state, reply, { signal, stop }).catch(unlessStopped),
      ),
    );
    if (owed.kind === "text")
      return { said: { text: owed.text, styles: [] }, buttons: owed.buttons ?? [] };
    const { text: words, remark } = await this.#endOfRun(owed);
    const said = formatMarkdown(`${owed.lead}${words}`);
    if (remark === undefined) return { said, buttons: [] };
    // Behind the styles: a block of code that is cut off never ends, and would take the remark in.
    return { said: { ...said, text: `${said.text}\n\n${remark}` }, buttons: [] };
  }

  async #endOfRun({ run, lead }: { readonly run: string; readonly lead: string }) {
    const { actor } = this.#state;
    const { door, clock, endOf } = this.#options;
    const grid = new EditGrid({ clock, everyMs: door.editEveryMs(this.#place) });
    const growing = new GrownAnswer(grid, (text) =>
      door.hasDrafts(this.#place) ? this.#showDraft(run, text) : this.#showGrown(run, text),
    );
    const onGrown = (text: string): void => growing.take(text === "" ? "" : `${lead}${text}`);
    try {
      return await this.#whileWriting(() => endOf({ run, actor, onGrown }, this.#signal));
    } finally {
      await growing.end(this.#signal);
    }
  }

  async #whileWriting<T>(work: () => Promise<T>): Promise<T> {
    const over = new AbortController();
    const writing = this.#showWriting(AbortSignal.any([this.#signal, over.signal]));
    try {
      return await work();
    } finally {
      over.abort();
      await writing;
    }
  }

  /** Shows an answer as far as it has come: one message of it at a time, the last one with the button that stops it. */
  async #showGrown(run: string, text: string): Promise<ShowOutcome> {
    const { door, exit } = this.#options;
    this.#mustReach();
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

  /** Shows the end of an answer as far as it has come. */
  async #showDraft(run: string, text: string): Promise<ShowOutcome> {
    const { door, exit, clock } = this.#options;
    this.#mustReach();
    const said = this.#split(await exit.checkGrowing(formatMarkdown(text))).at(-1);
    const age = Math.floor(clock.monotonicMs() / draftEveryMs);
    const look = JSON.stringify([said?.text, said?.styles, age]);
    if (this.#looks.get(0) === look) return { kind: "unchanged" };
    const drafted = await door.draft(this.#place, { run, said }, this.#signal);
    if (drafted.kind === "later") return drafted;
    if (drafted.kind === "gone" || drafted.kind === "refused") return { kind: "ended" };
    this.#looks.set(0, look);
    return { kind: "shown" };
  }

  async #showWriting(signal: AbortSignal): Promise<void> {
    const { door, clock } = this.#options;
    try {
      while (!signal.aborted) {
        this.#mustReach();
        await door.showWriting(this.#place, signal);
        await clock.sleep(writingEveryMs, signal);
      }
    } catch {
      // The answer has come, the node stops, or nobody there is to see anything any more.
    }
  }

  /** Has the message of a part sent, and the journal know of it before it says anything. */
  async #ensurePlaced(part: number): Promise<void> {
    if (!this.#messages.has(part)) this.#messages.set(part, await this.#placed(part));
    if (!this.#unrecorded.has(part)) return;
    const facts = { delivery: this.#state.id, part, message: this.#messages.get(part) ?? 0 };
    await this.#options.journal.append({
      records: [{ ...nodeRecord(this.#state), type: "delivery.placed", facts }],
    });
    this.#unrecorded.delete(part);
  }

  /** Sends the message of a part. */
  async #placed(part: number): Promise<number> {
    const { door, journal, clock } = this.#options;
    if (this.#placing < part) {
      const facts = { delivery: this.#state.id, part };
      await journal.append({
        records: [{ ...nodeRecord(this.#state), type: "delivery.placing", facts }],
      });
      this.#placing = part;
    } else await clock.sleep(unknownWaitMs, this.#signal); // The last process died between asking and knowing.
    const placed = await this.#insist(() => door.place(this.#place, this.#signal));
    if (placed.kind !== "done")
      throw new Undeliverable("refused", "there is nothing to place it in");
    this.#unrecorded.add(part);
    return placed.message;
  }

  async #fill(part: number, said: CheckedText, buttons: Buttons): Promise<void> {
    for (let gone = 0; gone <= goneMessagesMax; gone += 1) {
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
    throw new Undeliverable("refused", "one message after another is gone");
  }

  /** Where a text is refused its message says so, and nothing of the answer is left behind it. Throws the error all the same. */
  async #ownUp(part: number, error: unknown): Promise<never> {
    if (error instanceof Undeliverable && error.outcome === "refused")
      // Where nothing is taken at all there is nobody to tell.
      await this.#sayRefused(part).catch(unlessUndeliverable);
    throw error;
  }

  async #sayRefused(part: number): Promise<void> {
    const { door, exit } = this.#options;
    await this.#removeFrom(part + 1);
    const message = this.#messages.get(part);
    if (message === undefined) return;
    const { checked: said } = await exit.check({ text: door.refusedWords, styles: [] });
    await this.#insist(() => door.fill(this.#place, message, { said, buttons: [] }, this.#signal));
  }

  /** Takes away the messages of what an answer had before it was taken back, or replaced by a problem. */
  async #removeFrom(part: number): Promise<void> {
    for (const [at, message] of this.#messages)
      if (at >= part)
        await this.#insist(() => this.#options.door.remove(this.#place, message, this.#signal));
  }

  /** Throws `Undeliverable` once nobody there may have the reply: before each call, because people are sent away at any time. */
  #mustReach(): void {
    if (this.#options.mayReach(this.#place, this.#state.actor)) return;
    throw new Undeliverable("not_admitted", "nobody there may have it any more");
  }

  /** Calls until the messenger has said yes or no. */
  async #insist(
    call: () => Promise<CallOutcome>,
  ): Promise<CallOutcome & { readonly kind: "done" | "gone" }> {
    const { clock } = this.#options;
    for (let attempt = 1; ; attempt += 1) {
      this.#signal.throwIfAborted();
      this.#mustReach();
      const outcome = await call();
      switch (outcome.kind) {
        case "done":
        case "gone":
          return outcome;
        case "refused":
          throw new Undeliverable("refused", outcome.reason);
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

/** Work that was stopped comes to nothing: what takes its place is known. */
function unlessStopped(error: unknown): WorkDone {
  if (error instanceof WorkStopped) return { kind: "text", text: "" };
  throw error;
}

function unlessUndeliverable(error: unknown): void {
  if (!(error instanceof Undeliverable)) throw error;
}
