import type { Clock } from "@adyton/runtime/clock";

/** An album's messages come one by one; so long after the last of them it counts as whole. */
export const albumSettleMs = 1_000;

interface OpenAlbum {
  readonly delivery: string;
  lastMs: number;
  readonly joining: Set<Promise<void>>;
}

/** Messages that Telegram shows as one: several files, each an update of its own, which are asked about together. */
export class Albums {
  readonly #clock: Clock;
  readonly #open = new Map<string, OpenAlbum>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether a further message would still be asked about with the others. */
  has(album: string): boolean {
    return this.#open.has(album);
  }

  /** The first message of an album is owed a reply. */
  opened(album: string, delivery: string): void {
    const lastMs = this.#clock.monotonicMs();
    this.#open.set(album, { delivery, lastMs, joining: new Set() });
  }

  /** Adds a message to an open album. Resolves when `write` has put it on disk; rejects as that does. */
  async join(album: string, write: (delivery: string) => Promise<void>): Promise<void> {
    const open = this.#open.get(album);
    if (open === undefined) throw new Error("the album is not open");
    open.lastMs = this.#clock.monotonicMs();
    const joining = write(open.delivery);
    open.joining.add(joining);
    try {
      await joining;
    } finally {
      open.joining.delete(joining);
    }
  }

  /** Resolves when the album is whole, with what belongs to it on disk; what comes later is none of it. */
  async settle(album: string, signal: AbortSignal): Promise<void> {
    const startMs = this.#clock.monotonicMs();
    try {
      for (;;) {
        const lastMs = this.#open.get(album)?.lastMs ?? startMs;
        const leftMs = lastMs + albumSettleMs - this.#clock.monotonicMs();
        if (leftMs <= 0) break;
        await this.#clock.sleep(leftMs, signal);
      }
    } finally {
      const open = this.#open.get(album);
      this.#open.delete(album);
      if (open !== undefined) await Promise.allSettled(open.joining);
    }
  }
}
