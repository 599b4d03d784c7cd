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
  /**
   * Cuts as `cut` does: the first call it strikes after 0 bytes, the next after 1, and anew after `bytes` calls. Where an
   * answer was too short, or its caller gone, a later one is cut.
   */
  | { readonly kind: "cut_each"; readonly bytes: number }
  /** Does what was asked and answers so much later. */
  | { readonly kind: "slow"; readonly delayMs: number };

export type BotFault = BotFaultKind & BotFaultScope;

/** A fault as it strikes one call. */
export type BotStrike = Exclude<BotFaultKind, { readonly kind: "cut_each" }>;

/** The faults in force; the first that strikes a call is the call's. */
export class BotFaults {
  readonly #random: () => number;
  #faults: {
    readonly fault: BotFault;
    left: number;
    struck: number;
    /** Bytes after which an answer was to be cut and was not. */
    readonly missed: number[];
  }[] = [];
  readonly #missing = new WeakMap<BotStrike, number[]>();

  constructor(random: () => number) {
    this.#random = random;
  }

  set(faults: readonly BotFault[]): void {
    this.#faults = faults.map((fault) => ({
      fault,
      left: fault.times ?? Number.POSITIVE_INFINITY,
      struck: 0,
      missed: [],
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
      const afterBytes = each.missed.shift() ?? each.struck++ % fault.bytes;
      const strike: BotStrike = { kind: "cut", afterBytes };
      this.#missing.set(strike, each.missed);
      return strike;
    }
    return undefined;
  }

  /** A cut that was taken struck nothing. */
  miss(strike: BotStrike): void {
    if (strike.kind === "cut") this.#missing.get(strike)?.push(strike.afterBytes);
  }
}
