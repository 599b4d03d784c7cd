import type { FormattedText } from "../../domain/channels/format.ts";
import { CheckedText, type LeakCounts } from "../../domain/exit-filter/checked-text.ts";
import { LeakFinder, type LeakRules } from "../../domain/exit-filter/leak-finder.ts";
import { leakKinds, type OwnIdentity } from "../../domain/exit-filter/own-identity.ts";
import type { Counters } from "../metrics.ts";

export interface ExitCheckOptions {
  /** What tells where this node runs; read again from time to time, for addresses change. */
  readonly identity: () => Promise<OwnIdentity>;
  /** The secrets in it: another list once there is one more, and what was read before holds no longer. */
  readonly known: () => readonly string[];
  readonly rules: LeakRules;
  readonly language: "en" | "ru";
  /** Counts what was taken out, by kind. */
  readonly removed: Counters;
  readonly nowMs: () => number;
}

/** So long what was read of the machine holds. */
const identityMsMax = 60_000;

/** The exit filter of a node: every text that a channel sends passes it. */
export class ExitCheck {
  readonly #options: ExitCheckOptions;
  #finder: Promise<LeakFinder>;
  #readMs: number;
  #known: readonly string[];

  /** Begins to read what tells where the node runs; the first text waits for it. */
  constructor(options: ExitCheckOptions) {
    this.#options = options;
    this.#readMs = options.nowMs();
    this.#known = options.known();
    this.#finder = this.#read();
    // A failure is the first text's to meet; nobody has waited for it before.
    this.#finder.catch(() => undefined);
  }

  /** The text without what may not leave, and what that was. Rejects while it cannot be told what may not. */
  async check(said: FormattedText): Promise<{
    readonly checked: CheckedText;
    readonly counts: LeakCounts;
  }> {
    const { language, removed } = this.#options;
    const finder = await this.#current();
    const outcome = CheckedText.check(said, (text) => finder.find(text), language);
    for (const kind of leakKinds) {
      const count = outcome.counts[kind];
      if (count !== undefined) removed.add(kind, count);
    }
    return outcome;
  }

  /** What can be shown of a text that still grows. Nothing is counted: the whole text is checked when it is there. */
  async checkGrowing(said: FormattedText): Promise<CheckedText> {
    return CheckedText.checkGrowing(said, await this.#current(), this.#options.language);
  }

  #current(): Promise<LeakFinder> {
    const { nowMs, known } = this.#options;
    if (known() !== this.#known || nowMs() - this.#readMs >= identityMsMax) {
      this.#known = known();
      this.#readMs = nowMs();
      this.#finder = this.#read();
    }
    return this.#finder;
  }

  async #read(): Promise<LeakFinder> {
    return new LeakFinder(await this.#options.identity(), this.#options.rules);
  }
}
