/**
 * Who runs next. One turn of a conversation at a time, in order; conversations beside each other up to the number of
 * slots; between principals strictly in turn, so that one who sends a thousand messages delays another by at most
 * one. Every queue is bounded, and a full one answers busy at once.
 *
 * A turn is `waiting` in its conversation's queue until `next` hands it out, then `running` until `finish`. Its slot
 * stands for the model server's time: `release` gives it back while the answer is still on its way to disk.
 */

export interface Turn {
  readonly id: string;
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
    const share = this.#shares.get(turn.principal) ?? {
      waiting: 0,
      conversations: new Map<string, Turn[]>(),
    };
    if (share.waiting >= this.#limits.principalMax) return { kind: "busy", full: "principal" };
    const queue = share.conversations.get(turn.conversation) ?? [];
    if (queue.length >= this.#limits.conversationMax) return { kind: "busy", full: "conversation" };
    const ahead = queue.length + (this.#busyConversations.has(turn.conversation) ? 1 : 0);
    queue.push(turn);
    share.conversations.set(turn.conversation, queue);
    share.waiting += 1;
    this.#shares.set(turn.principal, share);
    this.#waiting += 1;
    return { kind: "queued", ahead };
  }

  /** The turn to start now, or none: each of the `slots` is taken or every waiting conversation is busy. */
  next(slots: number): Turn | undefined {
    if (this.#slotHolders.size >= slots) return undefined;
    for (const [principal, share] of this.#shares) {
      for (const [conversation, queue] of share.conversations) {
        const turn = queue[0];
        if (turn === undefined || this.#busyConversations.has(conversation)) continue;
        this.#takeOut(principal, share, conversation, queue, turn);
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

  /** Takes a waiting turn out of its queue. False when it is not waiting. */
  remove(turn: Turn): boolean {
    const share = this.#shares.get(turn.principal);
    const queue = share?.conversations.get(turn.conversation);
    const found = queue?.find((waiting) => waiting.id === turn.id);
    if (share === undefined || queue === undefined || found === undefined) return false;
    this.#takeOut(turn.principal, share, turn.conversation, queue, found);
    return true;
  }

  /** Removes the turn and moves its conversation and its principal to the end of their rounds. */
  #takeOut(principal: string, share: Share, conversation: string, queue: Turn[], turn: Turn): void {
    queue.splice(queue.indexOf(turn), 1);
    share.waiting -= 1;
    this.#waiting -= 1;
    share.conversations.delete(conversation);
    if (queue.length > 0) share.conversations.set(conversation, queue);
    this.#shares.delete(principal);
    if (share.waiting > 0) this.#shares.set(principal, share);
  }
}
