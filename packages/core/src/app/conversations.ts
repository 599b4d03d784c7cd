import { type Overlay, rethinkBackMax, taintFacts } from "@adyton/protocol";
import * as z from "zod";
import { joinTaints, type Taint } from "../domain/external/taint.ts";
import type { ModeSpec } from "../domain/modes/mode-spec.ts";
import { modeHolds, type Modes } from "../domain/modes/registry.ts";
import type { ChatMessage } from "../ports/backend.ts";
import type { Principal } from "../ports/http.ts";
import type {
  ConversationState,
  JournalRecord,
  OverlayState,
  RecordsPort,
  StatePort,
} from "../ports/journal.ts";
import { keyedDigest } from "./identifiers.ts";

/** Conversations whose state, and names whose keys, are held in memory; the one held for longest goes first. */
const knownMax = 4_096;
/** Characters of history held in memory over all conversations; the one not used for longest goes first. */
const historyCharsMax = 4 * 1024 * 1024;

const ReceivedData = z.object({ text: z.string() });
/** Of an answer that was thought over the model is told the answer alone, not the remark on it. */
const AnsweredData = z
  .object({ text: z.string(), recursia: z.object({ answer: z.string() }).optional() })
  .transform(({ text, recursia }) => ({ text: recursia?.answer ?? text }));
const RunFacts = z.object({ run: z.string(), taint: z.object(taintFacts).optional() });
const OverlayData = z.object({ text: z.string(), conversation: z.string() });

export interface ConversationsOptions {
  readonly records: RecordsPort;
  readonly state: StatePort;
  readonly conversationKey: Uint8Array;
  readonly modes: Modes;
  readonly historyTurns: number;
  readonly now: () => number;
}

export interface ActiveMode {
  /** The conversation's own mode; none when the node's default holds. */
  readonly mode: ModeSpec | undefined;
  readonly previous: string | null;
  readonly expires: { readonly turnsLeft: number; readonly at: string } | null;
  readonly changedBy: string | null;
}

/** The turns of a conversation while some are under way: the journal may not have counted those yet. */
interface Count {
  turns: number;
  underWay: number;
  /** One of them could not be written, so the journal counts fewer. */
  isShort: boolean;
}

/** What the journal says of a conversation. */
interface Known {
  readonly state: ConversationState | undefined;
  readonly overlays: readonly OverlayState[];
  turns: number;
}

/** A question of the conversation and what was answered. */
export interface Answered {
  readonly run: string;
  readonly question: string;
  readonly answer: string;
  /** Present where external text went into the answer. */
  readonly taint: Taint | undefined;
}

interface CachedHistory {
  readonly freshAfter: number;
  readonly messages: ChatMessage[];
  /** The taint of each turn, in their order: of two messages one. */
  readonly taints: (Taint | undefined)[];
  chars: number;
}

/**
 * What is known of a conversation: its key, mode, overlays and history, all read from the journal's state. A turn asks
 * for most of it, so what was read is held: only this process writes to the journal, and says when (`changed`, `end`).
 */
export class Conversations {
  readonly #options: ConversationsOptions;
  readonly #counts = new Map<string, Count>();
  /** Least recently used first. */
  readonly #histories = new Map<string, CachedHistory>();
  #historyChars = 0;
  readonly #known = new Map<string, Known>();
  readonly #keys = new Map<string, string>();

  constructor(options: ConversationsOptions) {
    this.#options = options;
  }

  /** The internal key of a principal's conversation: a name is the caller's words, so the journal never holds it. */
  key(principal: Principal, name: string): string {
    const named = `${principal.id}\n${name}`;
    const known = this.#keys.get(named);
    if (known !== undefined) return known;
    const digest = keyedDigest(this.#options.conversationKey, principal.id, name);
    const key = `cv_${digest.subarray(0, 16).toString("base64url")}`;
    hold(this.#keys, named, key);
    return key;
  }

  /** The conversation's row. Its count of turns may be behind; `turns` is not. */
  state(key: string): ConversationState | undefined {
    return this.#look(key).state;
  }

  /** A record that changes the conversation's mode, intents or beginning was written, or may have been. */
  changed(key: string): void {
    this.#known.delete(key);
  }

  /**
   * Turns admitted so far. Lifetimes are counted in them, so a turn counts from its admission, whether its question is
   * written down at once or together with the answer.
   */
  turns(key: string): number {
    return this.#counts.get(key)?.turns ?? this.#look(key).turns;
  }

  /** Counts a turn that is admitted now; the journal counts it when its question is written. */
  begin(key: string): void {
    this.#begin(key, this.turns(key) + 1);
  }

  /** A turn that is in the journal since an earlier process is under way again. */
  beginAgain(key: string): void {
    this.#begin(key, this.turns(key));
  }

  /** A turn is over. Without turns under way the journal's count is right; it lacks one that could not be written. */
  end(key: string, isRecorded: boolean): void {
    const count = this.#counts.get(key);
    if (count === undefined) return;
    count.underWay -= 1;
    count.isShort ||= !isRecorded;
    if (count.underWay > 0) return;
    this.#counts.delete(key);
    const known = this.#known.get(key);
    if (!count.isShort) {
      if (known !== undefined) known.turns = count.turns;
      return;
    }
    // A write that failed may have left something all the same.
    this.changed(key);
    this.#drop(key);
  }

  /** Payloads were erased: what was said is read again from what is left. */
  forgetWords(): void {
    this.#histories.clear();
    this.#historyChars = 0;
  }

  /** The mode that holds for a turn with so many turns before it; by default for the next one. */
  mode(key: string, turnsBefore = this.turns(key)): ActiveMode {
    const state = this.state(key);
    const none: ActiveMode = { mode: undefined, previous: null, expires: null, changedBy: null };
    if (state === undefined) return none;
    const stored = {
      mode: state.mode,
      turns: turnsBefore,
      modeUntilTurn: state.mode_until_turn,
      modeUntilMs: state.mode_until_time,
    };
    if (!modeHolds(stored, this.#options.now())) return none;
    return {
      mode: this.#options.modes.find(state.mode ?? ""),
      previous: state.mode_previous,
      expires: expiry(turnsBefore, state.mode_until_turn, state.mode_until_time),
      changedBy: state.mode_by,
    };
  }

  /** The intents that hold now for a turn with so many turns before it, oldest first. */
  overlays(key: string, turnsBefore = this.turns(key)): readonly Overlay[] {
    const now = this.#options.now();
    return this.#look(key).overlays.flatMap((overlay) => {
      if (turnsBefore >= overlay.until_turn || now >= overlay.until_time) return [];
      const data = OverlayData.safeParse(this.#options.records.record(overlay.seq)?.data);
      if (!data.success) return [];
      const expires = expiry(turnsBefore, overlay.until_turn, overlay.until_time);
      if (expires === null) return [];
      const { text, conversation } = data.data;
      return [
        {
          overlayId: overlay.id,
          conversation,
          text,
          expires,
          position: "after-core-prompt" as const,
        },
      ];
    });
  }

  /** The conversation so far, oldest first, since it was last started afresh. */
  history(key: string): readonly ChatMessage[] {
    return this.#history(key).messages;
  }

  /** What was said in the conversation, by turns that no external text went into. */
  untainted(key: string): readonly string[] {
    const { messages, taints } = this.#history(key);
    return messages
      .filter((_message, index) => taints[Math.floor(index / 2)] === undefined)
      .map(({ content }) => content);
  }

  /** What the history carries of external text, but for so many messages at its beginning and its end. */
  taint(key: string, { dropped = 0, without = 0 } = {}): Taint | undefined {
    const { taints } = this.#history(key);
    const kept = taints.slice(Math.ceil(dropped / 2), taints.length - without / 2);
    return kept.reduce(joinTaints, undefined);
  }

  #history(key: string): CachedHistory {
    const freshAfter = this.state(key)?.fresh_after ?? 0;
    const cached = this.#histories.get(key);
    if (cached !== undefined && cached.freshAfter === freshAfter) {
      this.#histories.delete(key);
      this.#histories.set(key, cached);
      return cached;
    }
    this.#drop(key);
    const read = this.#read(key, freshAfter);
    this.#keep(key, read);
    return read;
  }

  /** An answer of the conversation, counted back from the last, which is 1, with its question; tool calls are none. */
  answered(key: string, back: number): Answered | undefined {
    const freshAfter = this.state(key)?.fresh_after ?? 0;
    const { records } = this.#options;
    return records
      .answeredTurns(key, freshAfter, back + rethinkBackMax)
      .flatMap((answered) => this.#answered(answered) ?? [])
      .at(-back);
  }

  /** The newest answers of the conversation with their questions, oldest first. */
  newest(key: string, limit: number): readonly Answered[] {
    const freshAfter = this.state(key)?.fresh_after ?? 0;
    return this.#options.records
      .answeredTurns(key, freshAfter, limit)
      .flatMap((answered) => this.#answered(answered) ?? []);
  }

  /** The answer of a run, where the journal still has it. */
  answerOf(run: string): Answered | undefined {
    const result = this.#options.state.run(run)?.result ?? null;
    const record = result === null ? undefined : this.#options.records.record(result);
    return record === undefined ? undefined : this.#answered(record);
  }

  #answered(answered: JournalRecord): Answered | undefined {
    const { records } = this.#options;
    const received = answered.cause === null ? undefined : records.record(answered.cause);
    const question = ReceivedData.safeParse(received?.data);
    const answer = AnsweredData.safeParse(answered.data);
    const facts = RunFacts.safeParse(answered.facts);
    // A model that only called tools said nothing; what was erased is not part of the conversation any more.
    if (!question.success || !answer.success || !facts.success || answer.data.text === "")
      return undefined;
    const { run, taint } = facts.data;
    return { run, question: question.data.text, answer: answer.data.text, taint };
  }

  /** Adds an answered turn to a history in memory; the journal has it already. */
  remember(key: string, question: string, answer: string, taint?: Taint): void {
    const cached = this.#histories.get(key);
    if (cached === undefined || answer === "") return;
    cached.messages.push(
      { role: "user", content: question },
      { role: "assistant", content: answer },
    );
    cached.taints.push(taint);
    const surplus = cached.taints.length - this.#options.historyTurns;
    if (surplus > 0) {
      cached.messages.splice(0, surplus * 2);
      cached.taints.splice(0, surplus);
    }
    this.#historyChars -= cached.chars;
    cached.chars = countChars(cached.messages);
    this.#historyChars += cached.chars;
    this.#shrink();
  }

  #begin(key: string, turns: number): void {
    const { underWay = 0, isShort = false } = this.#counts.get(key) ?? {};
    this.#counts.set(key, { turns, underWay: underWay + 1, isShort });
  }

  #look(key: string): Known {
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const state = this.#options.state.conversation(key);
    const overlays = this.#options.state.overlays(key);
    const read = { state, overlays, turns: state?.turns ?? 0 };
    hold(this.#known, key, read);
    return read;
  }

  #read(key: string, freshAfter: number): CachedHistory {
    const { records, historyTurns } = this.#options;
    const turns = records
      .answeredTurns(key, freshAfter, historyTurns)
      .flatMap((record) => this.#answered(record) ?? []);
    const messages = turns.flatMap(({ question, answer }): ChatMessage[] => [
      { role: "user", content: question },
      { role: "assistant", content: answer },
    ]);
    const taints = turns.map(({ taint }) => taint);
    return { freshAfter, messages, taints, chars: countChars(messages) };
  }

  #keep(key: string, history: CachedHistory): void {
    this.#histories.set(key, history);
    this.#historyChars += history.chars;
    this.#shrink();
  }

  #drop(key: string): void {
    const cached = this.#histories.get(key);
    if (cached === undefined) return;
    this.#histories.delete(key);
    this.#historyChars -= cached.chars;
  }

  #shrink(): void {
    for (const key of this.#histories.keys()) {
      if (this.#historyChars <= historyCharsMax) return;
      this.#drop(key);
    }
  }
}

function hold<T>(held: Map<string, T>, key: string, value: T): void {
  const [oldest] = held.size < knownMax ? [] : held.keys();
  if (oldest !== undefined) held.delete(oldest);
  held.set(key, value);
}

function countChars(messages: readonly ChatMessage[]): number {
  // A constant for each message keeps a million empty ones from counting as nothing.
  return messages.reduce((sum, message) => sum + message.content.length + 100, 0);
}

function expiry(
  turns: number,
  untilTurn: number | null,
  untilMs: number | null,
): { turnsLeft: number; at: string } | null {
  if (untilTurn === null || untilMs === null) return null;
  return { turnsLeft: Math.max(0, untilTurn - turns), at: new Date(untilMs).toISOString() };
}
