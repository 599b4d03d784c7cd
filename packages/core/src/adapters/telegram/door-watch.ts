import { isGroup } from "./telegram-door.ts";
import {
  lostCode,
  replacedCode,
  type TelegramFailure,
  timedOutCode,
  troubleOf,
} from "./trouble.ts";

// Whether the door works is told by completed polls: a send that succeeds says nothing of what is heard. And by sends
// that fail for long: a bot that hears and cannot speak is no better. A wait (429) is an answer: sends get through, and
// what failed before it is over. It says nothing of other chats, unless two private ones are told to wait and nobody is
// served in between: then everybody is taken to be. A group has a limit of its own (twenty messages a minute), which
// several may reach at once; in a private chat the bot writes too seldom for that. All times are of the clock that never
// jumps.

/** A poll is answered, or has failed, within this time; without either something hangs. */
const silentMsMax = 45_000;
/**
 * A poll that succeeds so soon after another program had the bot proves nothing: it takes the rest. Two nodes with one
 * relay take it from each other every half minute, by turns.
 */
const contestedMs = { byPoller: 20_000, byNode: 45_000 };

/** By these a call fails when nothing has come for a while. */
const silences: ReadonlySet<string> = new Set([timedOutCode, lostCode]);

/** One send that fails is not news: it is tried again at once. */
const muteMsMax = 15_000;
/** A send that failed and was not tried again says nothing of now. A try takes less than this, with the wait behind it. */
const triedAgainMsMax = 30_000;

export interface Closed {
  readonly sinceMs: number;
  /** Absent: nothing has failed, nothing has been heard either. */
  readonly failure: TelegramFailure | undefined;
}

/** Follows the polls of one door. It is closed until the first one has been answered. */
export class DoorWatch {
  #polledMs: number;
  #failing: Closed | undefined;
  #contestedUntilMs = Number.NEGATIVE_INFINITY;
  /** Since when every send has failed; no wait is among them. */
  #mute: Failing | undefined;
  /**
   * A chat that was told to wait, since when one has been. The next one takes its place, unless it is a private chat and
   * nobody was served since.
   */
  #waiting: (Failing & { readonly chat: string; readonly areOthersServed: boolean }) | undefined;
  /** Since when a second private chat has been told to wait, with nobody served since the first was. */
  #allWaiting: Failing | undefined;

  constructor(nowMs: number) {
    this.#polledMs = nowMs;
    this.#failing = { sinceMs: nowMs, failure: undefined };
  }

  /** A poll was answered. */
  polled(nowMs: number): void {
    this.#polledMs = nowMs;
    if (nowMs >= this.#contestedUntilMs) this.#failing = undefined;
  }

  failed(nowMs: number, failure: TelegramFailure): void {
    if (troubleOf(failure) === "poller") this.#contestedUntilMs = nowMs + contestedMs.byPoller;
    if (failure.words === replacedCode) this.#contestedUntilMs = nowMs + contestedMs.byNode;
    // What no answer came to was closed as long as one was waited for.
    const isSilence = failure.status === 0 && silences.has(failure.words);
    const sinceMs = this.#failing?.sinceMs ?? (isSilence ? this.#polledMs : nowMs);
    this.#failing = { sinceMs, failure };
  }

  /** What a send to a chat came to. One that the server refuses for its own sake, or its reader's, has reached it. */
  sent(nowMs: number, chat: string, failure: TelegramFailure | undefined): void {
    if (failure === undefined || (failure.kind === "refused" && troubleOf(failure) !== "token")) {
      this.#mute = undefined;
      this.#allWaiting = undefined;
      if (this.#waiting?.chat === chat) this.#waiting = undefined;
      else if (this.#waiting !== undefined)
        this.#waiting = { ...this.#waiting, areOthersServed: true };
      return;
    }
    const untilMs = nowMs + triedAgainMsMax + failure.retryAfterMs;
    const since = (failing: Failing | undefined): Failing => ({
      sinceMs: current(failing, nowMs)?.sinceMs ?? nowMs,
      untilMs,
      failure,
    });
    if (failure.kind !== "limited") {
      this.#mute = since(this.#mute);
      return;
    }
    this.#mute = undefined;
    const waiting = current(this.#waiting, nowMs);
    const isFree = waiting === undefined || waiting.areOthersServed || isGroup(waiting.chat);
    if (isFree || waiting.chat === chat)
      this.#waiting = { ...since(waiting), chat, areOthersServed: false };
    else if (!isGroup(chat)) this.#allWaiting = since(this.#allWaiting);
  }

  /** Since when and why the door does not work; undefined while it does. */
  closed(nowMs: number): Closed | undefined {
    if (this.#failing !== undefined) return this.#failing;
    if (nowMs - this.#polledMs >= silentMsMax)
      return { sinceMs: this.#polledMs, failure: undefined };
    return lasting(this.#allWaiting, nowMs) ?? lasting(this.#mute, nowMs);
  }

  /** Since when some chat has been told to wait for long; undefined while none is. */
  waiting(nowMs: number): Closed | undefined {
    return lasting(this.#waiting, nowMs);
  }
}

interface Failing extends Closed {
  /** Without another failure until then it says nothing of now. */
  readonly untilMs: number;
}

const current = <T extends Failing>(failing: T | undefined, nowMs: number): T | undefined =>
  failing !== undefined && nowMs < failing.untilMs ? failing : undefined;

function lasting(failing: Failing | undefined, nowMs: number): Closed | undefined {
  const found = current(failing, nowMs);
  return found !== undefined && nowMs - found.sinceMs >= muteMsMax ? found : undefined;
}
