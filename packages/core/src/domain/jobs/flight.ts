/**
 * The life of one job in the node that issued it. Nothing else is trusted to remember it.
 *
 *     unsent ──sent──► queued ──began──► running ──outcome──► done
 *        ▲               │ gone, ignored   │ worker silent, or gave it back
 *        └───────────────┴─────────────────┘   with the next fence
 *
 * Each issue has the next number, its fence. What comes under another fence is of a run that was given up: it is not
 * heard. So an outcome counts once, although two workers may have worked on the job.
 */
export type FlightState =
  | { readonly kind: "unsent" }
  | { readonly kind: "sending" }
  | {
      readonly kind: "queued";
      /** Since when Redis does not know it: while it is being taken, and when it is lost. `undefined` while it is there. */
      readonly missingMs: number | undefined;
      /** Since when nobody took it although somebody had room; `undefined` while all are busy. */
      readonly ignoredMs: number | undefined;
    }
  | { readonly kind: "running"; readonly worker: string; readonly heardMs: number }
  | { readonly kind: "done" };

export class Flight {
  readonly number: number;
  readonly issuedMs: number;
  state: FlightState = { kind: "unsent" };
  fence = 1;
  /** Workers that took it and did not bring it to an end. */
  losses = 0;
  #nextReply = 0;

  constructor(number: number, issuedMs: number) {
    this.number = number;
    this.issuedMs = issuedMs;
  }

  /** The place of a reply in its run: the next one, one that was heard already, or one after a gap. */
  hear(number: number): "next" | "old" | "gap" {
    if (number < this.#nextReply) return "old";
    const place = number === this.#nextReply ? "next" : "gap";
    this.#nextReply = number + 1;
    return place;
  }

  /** Its run is given up: it is issued again. */
  again(isLoss: boolean): void {
    if (isLoss) this.losses += 1;
    this.fence += 1;
    this.#nextReply = 0;
    this.state = { kind: "unsent" };
  }
}
