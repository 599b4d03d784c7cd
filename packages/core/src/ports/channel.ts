import type { CheckedText } from "../domain/exit-filter/checked-text.ts";

/** Where in a channel a reply belongs. */
export interface Place {
  readonly chat: string;
  /** A topic within the chat. */
  readonly thread?: number | undefined;
  /** The message that is answered. */
  readonly replyTo?: number | undefined;
  /** Whether the answer names it where answers stand right below their questions, too: there it is an older one. */
  readonly isQuoted?: boolean | undefined;
}

/** Stands under a message; `data` comes back from whoever presses it, and holds ids alone. */
export interface Button {
  readonly text: string;
  readonly data: string;
}

/** Rows of buttons. */
export type Buttons = readonly (readonly Button[])[];

/** What is shown of a run while it goes on. */
export interface Draft {
  readonly run: string;
  readonly said: CheckedText | undefined;
}

/** What a message shows. Without a text it has no content yet. */
export interface Shown {
  readonly said: CheckedText | undefined;
  readonly buttons: Buttons;
}

/**
 * What a call to the messenger came to. `unknown`: it may have had its effect, or not. `gone`: the message to edit is
 * not there any more. `refused`: it never will.
 */
export type CallOutcome =
  | { readonly kind: "done"; readonly message: number }
  | { readonly kind: "later"; readonly afterMs: number }
  | { readonly kind: "unknown" }
  | { readonly kind: "gone" }
  | { readonly kind: "refused"; readonly reason: string };

/** A messenger as the outbox sees it. No call rejects, except with the signal's reason. */
export interface ChannelDoor {
  readonly name: string;
  /** The longest text of one message, in UTF-16 units. */
  readonly textUnitsMax: number;
  /** What a message says whose text the messenger refuses. */
  readonly refusedWords: string;
  /** Sends a message without content. */
  place(place: Place, signal: AbortSignal): Promise<CallOutcome>;
  /** Gives a message its text and its buttons in place of those it had; repeating it changes nothing. */
  fill(place: Place, message: number, shown: Shown, signal: AbortSignal): Promise<CallOutcome>;
  /** Whether answers grow there in a draft, which goes by itself, and not in their message. */
  hasDrafts(place: Place): boolean;
  /** Shows an answer as far as it has come, with a button that stops its run. Without a text it shows that there is none yet. */
  draft(place: Place, growing: Draft, signal: AbortSignal): Promise<CallOutcome>;
  /** Takes a message of the bot's away; it is done also when it was gone. */
  remove(place: Place, message: number, signal: AbortSignal): Promise<CallOutcome>;
  /** How often a message there may be given another text while its answer grows. */
  editEveryMs(place: Place): number;
  /** The button that stops a run. */
  stopButton(run: string): Button;
  /** Sends a message without content that says an answer has come: an edit notifies nobody. */
  ping(place: Place, message: number, signal: AbortSignal): Promise<CallOutcome>;
  /** Shows for a few seconds that an answer is being written. What it comes to is nobody's business. */
  showWriting(place: Place, signal: AbortSignal): Promise<void>;
}

/** A reply that is owed. */
export interface DeliveryState {
  readonly id: string;
  readonly actor: string;
  readonly run: string | null;
  readonly seq: number;
  readonly time: number;
  /** The part whose placing began last; −1 before the first. */
  readonly placing: number;
  /** The messages of its parts, in order. */
  readonly messages: readonly number[];
  /** Records of what became known of it since, oldest first. */
  readonly notes: readonly number[];
}

export interface DoorsPort {
  /** Since when a channel's door is shut, by the journal. */
  closedSince(channel: string): number | undefined;
}

export interface DeliveriesPort {
  /** What a channel owes, oldest first. */
  deliveries(channel: string): readonly DeliveryState[];
}
