/**
 * Who runs next. One turn of a conversation at a time, in order; conversations beside each other up to the number of
 * slots; principals in rounds. Every queue is bounded, and a full one answers busy at once.
 *
 * A turn is `waiting` in its conversation's queue until `next` hands it out, then `running` until `finish`. Its slot
 * stands for the model server's time: `release` gives it back while the answer is still on its way to disk.
 *
 * The bound on waiting: a turn is *startable* when it is the first of its conversation and the conversation is not
 * busy. While a principal has a startable turn, each other principal starts at most one turn before it. For `next`
 * takes the frontmost principal that has one, and whoever starts goes behind all who wait, as does whoever is new;
 * nothing else moves anybody back. The same holds between the conversations of one principal.
 */

export interface Turn {
  readonly id: string;
  /** Belongs to one principal: two principals never share a conversation's key. */
  readonly conversation: string;
  readonly principal: string;
}

export interface LaneLimits {
  readonly conversationMax: number;
  readonly principalMax: number;
  readonly nodeMax: number;
}

export type Admission =
  | { readonly kind: "queued"; readonly ahead: number }
  | { readonly kind: "busy"; readonly full: "conversation" | "principal" | "node" };

/** The waiting turns of one principal: its conversations in the order in which they are served. */
interface Share {
  waiting: number;
  readonly conversations: Map<string, Turn[]>;
}

export class Lanes {
  readonly #limits: LaneLimits;
  /** Insertion order is the order of service: who was served goes to the end. */
  readonly #shares = new Map<string, Share>();
  readonly #running = new Map<string, Turn>();
  readonly #busyConversations = new Set<string>();
  readonly #slotHolders = new Set<string>();
  #waiting = 0;

  constructor(limits: LaneLimits) {
    this.#limits = limits;
  }

  get waiting(): number {
    return this.#waiting;
  }

  get running(): number {
    return this.#running.size;
  }

  /** Takes a turn into its conversation's queue, or says which queue is full. */
  enqueue(turn: Turn): Admission {
    if (this.#waiting >= this.#limits.nodeMax) return { kind: "busy", full: "node" };
    const share = this.#shareOf(turn.principal);
    if (share.waiting >= this.#limits.principalMax) return { kind: "busy", full: "principal" };
    const queue = share.conversations.get(turn.conversation) ?? [];
    if (queue.length >= this.#limits.conversationMax) return { kind: "busy", full: "conversation" };
    const ahead = queue.length + (this.#busyConversations.has(turn.conversation) ? 1 : 0);
    this.#add(turn, share, queue);
    return { kind: "queued", ahead };
  }

  /** Takes a turn in that was admitted before, by a process that has ended: no limit refuses it a second time. */
  readmit(turn: Turn): void {
    const share = this.#shareOf(turn.principal);
    this.#add(turn, share, share.conversations.get(turn.conversation) ?? []);
  }

  /** The turn to start now, or none: each of the `slots` is taken or every waiting conversation is busy. */
  next(slots: number): Turn | undefined {
    if (this.#slotHolders.size >= slots) return undefined;
    for (const share of this.#shares.values()) {
      for (const [conversation, queue] of share.conversations) {
        const turn = queue[0];
        if (turn === undefined || this.#busyConversations.has(conversation)) continue;
        this.#takeOut(turn, share, queue, 0);
        this.#moveBack(turn, share, queue);
        this.#running.set(turn.id, turn);
        this.#slotHolders.add(turn.id);
        this.#busyConversations.add(conversation);
        return turn;
      }
    }
    return undefined;
  }

  /** Gives a running turn's slot back; its conversation stays busy. */
  release(id: string): void {
    this.#slotHolders.delete(id);
  }

  /** Ends a running turn; its conversation's next may start. */
  finish(id: string): void {
    const turn = this.#running.get(id);
    if (turn === undefined) return;
    this.#running.delete(id);
    this.#slotHolders.delete(id);
    this.#busyConversations.delete(turn.conversation);
  }

  /** Takes a waiting turn out of its queue; nobody's place changes. False when it is not waiting. */
  remove(turn: Turn): boolean {
    const share = this.#shares.get(turn.principal);
    const queue = share?.conversations.get(turn.conversation);
    const index = queue?.findIndex((waiting) => waiting.id === turn.id) ?? -1;
    if (share === undefined || queue === undefined || index < 0) return false;
    this.#takeOut(turn, share, queue, index);
    return true;
  }

  #shareOf(principal: string): Share {
    return this.#shares.get(principal) ?? { waiting: 0, conversations: new Map() };
  }

  #add(turn: Turn, share: Share, queue: Turn[]): void {
    queue.push(turn);
    share.conversations.set(turn.conversation, queue);
    share.waiting += 1;
    this.#shares.set(turn.principal, share);
    this.#waiting += 1;
  }

  #takeOut({ principal, conversation }: Turn, share: Share, queue: Turn[], index: number): void {
    queue.splice(index, 1);
    share.waiting -= 1;
    this.#waiting -= 1;
    if (queue.length === 0) share.conversations.delete(conversation);
    if (share.waiting === 0) this.#shares.delete(principal);
  }

  /** Moves a conversation and its principal, as far as they still wait, to the end of their rounds. */
  #moveBack({ principal, conversation }: Turn, share: Share, queue: Turn[]): void {
    if (queue.length > 0) {
      share.conversations.delete(conversation);
      share.conversations.set(conversation, queue);
    }
    if (share.waiting > 0) {
      this.#shares.delete(principal);
      this.#shares.set(principal, share);
    }
  }
}
