import type { Principal } from "../../ports/http.ts";

/** How much of something there is, and how much of it each kind of caller may hold at once. All in one unit. */
export interface ShareBounds {
  readonly all: number;
  /** Kept free for the owner: what all other callers hold together is at most `all` less this. */
  readonly ownerReserve: number;
  readonly perTokenMax: number;
  /** All callers without a token together; they cannot be told apart. */
  readonly localMax: number;
}

/** Counts what the callers hold, so that none of them can keep the others out, and nobody the owner. */
export class Shares {
  readonly #bounds: ShareBounds;
  /** By the principal's id; the owner is not among them. */
  readonly #heldBy = new Map<string, number>();
  #heldByOwner = 0;
  #heldByOthers = 0;

  constructor(bounds: ShareBounds) {
    this.#bounds = bounds;
  }

  get held(): number {
    return this.#heldByOwner + this.#heldByOthers;
  }

  /** False when it would be more than the caller's share, or more than is left; then nothing is taken. */
  take({ id, tier }: Principal, amount: number): boolean {
    const { all, ownerReserve, perTokenMax, localMax } = this.#bounds;
    if (this.held + amount > all) return false;
    if (tier === "owner") {
      this.#heldByOwner += amount;
      return true;
    }
    const others = this.#heldByOthers + amount;
    const own = (this.#heldBy.get(id) ?? 0) + amount;
    if (others > all - ownerReserve || own > (tier === "local" ? localMax : perTokenMax))
      return false;
    this.#heldByOthers = others;
    this.#heldBy.set(id, own);
    return true;
  }

  give({ id, tier }: Principal, amount: number): void {
    if (tier === "owner") {
      this.#heldByOwner -= amount;
      return;
    }
    this.#heldByOthers -= amount;
    const own = (this.#heldBy.get(id) ?? 0) - amount;
    if (own > 0) this.#heldBy.set(id, own);
    else this.#heldBy.delete(id);
  }
}
