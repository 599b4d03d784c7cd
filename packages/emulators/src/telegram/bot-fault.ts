/** Where and how often a fault strikes; each narrows it. */
interface BotFaultScope {
  /** Only these methods; without it all of them. */
  readonly methods?: readonly string[];
  /** Strikes each call with this probability, drawn from the emulator's seed. */
  readonly share?: number;
  /** How many calls it strikes; without it all. */
  readonly times?: number;
}

type BotFaultKind =
  /** Answers an error and does nothing. `retryAfterS` is what a 429 tells to wait. */
  | { readonly kind: "status"; readonly status: number; readonly retryAfterS?: number }
  /** Answers a web page with this status, as a proxy in between does. */
  | { readonly kind: "html"; readonly status: number }
  /** Takes the request and never answers; nothing was done. */
  | { readonly kind: "hang" }
  /** Breaks the connection; nothing was done. */
  | { readonly kind: "refuse" }
  /** Does what was asked and breaks the connection before the first byte of the answer. */
  | { readonly kind: "lost_reply" }
  /** Does what was asked and breaks the connection after so many bytes of the answer, its head included. */
  | { readonly kind: "cut"; readonly afterBytes: number }
  /** Cuts as `cut` does: the first call it strikes after 0 bytes, the next after 1, and anew after `bytes` calls. */
  | { readonly kind: "cut_each"; readonly bytes: number }
  /** Does what was asked and answers so much later. */
  | { readonly kind: "slow"; readonly delayMs: number };

export type BotFault = BotFaultKind & BotFaultScope;

/** A fault as it strikes one call. */
export type BotStrike = Exclude<BotFaultKind, { readonly kind: "cut_each" }>;

/** The faults in force; the first that strikes a call is the call's. */
export class BotFaults {
  readonly #random: () => number;
  #faults: { readonly fault: BotFault; left: number; struck: number }[] = [];

  constructor(random: () => number) {
    this.#random = random;
  }

  set(faults: readonly BotFault[]): void {
    this.#faults = faults.map((fault) => ({
      fault,
      left: fault.times ?? Number.POSITIVE_INFINITY,
      struck: 0,
    }));
  }

  /** The fault for a call, or undefined; what is given counts as used. */
  take(method: string): BotStrike | undefined {
    for (const each of this.#faults) {
      const { methods, share = 1 } = each.fault;
      if (each.left <= 0 || (methods !== undefined && !methods.includes(method))) continue;
      if (share < 1 && this.#random() >= share) continue;
      each.left -= 1;
      const { fault } = each;
      if (fault.kind !== "cut_each") return fault;
      return { kind: "cut", afterBytes: each.struck++ % fault.bytes };
    }
    return undefined;
  }
}
