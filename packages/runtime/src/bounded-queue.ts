/** What became of a pushed item. `position` counts from 1: how many items leave before it, plus itself. */
export type PushOutcome =
  | { readonly kind: "queued"; readonly position: number }
  | { readonly kind: "full"; readonly capacity: number };

export type SlidingPushOutcome<T> =
  | { readonly kind: "queued"; readonly position: number }
  | { readonly kind: "dropped_oldest"; readonly dropped: T };

/** First in, first out, never over `capacity`; both ends cost constant time. */
export class BoundedQueue<T> {
  readonly capacity: number;
  readonly #slots = new Map<number, { readonly item: T }>();
  #head = 0;
  #tail = 0;

  /** Throws `RangeError` unless `capacity` is a whole number of at least 1. */
  constructor(capacity: number) {
    if (!Number.isSafeInteger(capacity) || capacity < 1)
      throw new RangeError("a queue's capacity is a whole number of at least 1");
    this.capacity = capacity;
  }

  get size(): number {
    return this.#tail - this.#head;
  }

  /** Refuses at the limit; the queue is then unchanged. */
  push(item: T): PushOutcome {
    if (this.size >= this.capacity) return { kind: "full", capacity: this.capacity };
    this.#append(item);
    return { kind: "queued", position: this.size };
  }

  /** Makes room at the limit by giving back the oldest item. */
  pushSliding(item: T): SlidingPushOutcome<T> {
    const oldest = this.size < this.capacity ? undefined : this.#slots.get(this.#head);
    if (oldest !== undefined) this.shift();
    this.#append(item);
    return oldest === undefined
      ? { kind: "queued", position: this.size }
      : { kind: "dropped_oldest", dropped: oldest.item };
  }

  /** The oldest item, or `undefined` when the queue is empty. */
  shift(): T | undefined {
    if (this.size === 0) return undefined;
    const item = this.peek();
    this.#slots.delete(this.#head);
    this.#head += 1;
    return item;
  }

  peek(): T | undefined {
    return this.#slots.get(this.#head)?.item;
  }

  clear(): void {
    this.#slots.clear();
    this.#head = this.#tail;
  }

  *[Symbol.iterator](): IterableIterator<T> {
    for (const { item } of this.#slots.values()) yield item;
  }

  #append(item: T): void {
    this.#slots.set(this.#tail, { item });
    this.#tail += 1;
  }
}
