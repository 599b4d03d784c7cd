import { ChatStore, type Person } from "./chat-store.ts";
import type { UploadedFile } from "./call-body.ts";
import { SendLimits, type SendPace } from "./send-limits.ts";
import { UpdateQueue } from "./update-queue.ts";

/** Everything the emulated server knows about its one bot. */
export class BotState {
  readonly now: () => number;
  readonly bot: Person;
  readonly updates: UpdateQueue;
  readonly chats: ChatStore;
  readonly limits: SendLimits;
  readonly files = new Map<string, UploadedFile>();
  /** Button presses nobody has answered yet. */
  readonly callbacks = new Set<string>();
  /** What the bot shows beside its messages, by chat. */
  readonly actions = new Map<number, { readonly action: string; readonly atMs: number }>();
  readonly drafts = new Map<number, { readonly id: number; readonly text: string }>();
  /** The command menu by language. */
  readonly commands = new Map<string, readonly unknown[]>();
  /** Where updates are said to be sent; nothing is sent there, but nobody may ask for them. */
  webhook = "";
  readonly #listeners = new Set<() => void>();

  constructor(options: {
    readonly now: () => number;
    readonly bot: Person;
    readonly firstUpdateId: number;
    readonly pace: SendPace | undefined;
  }) {
    this.now = options.now;
    this.bot = options.bot;
    this.updates = new UpdateQueue(options.now, options.firstUpdateId);
    this.chats = new ChatStore(options.now);
    this.limits = new SendLimits(options.pace);
  }

  /** Calls the listener after each change of what a person sees. Returns how to stop. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  changed(): void {
    for (const listener of this.#listeners) listener();
  }
}
