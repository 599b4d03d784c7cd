import { randomBytes } from "node:crypto";
import type { SocketLimits } from "./socket-limits.ts";

/** What a connection that breaks leaves behind: whose it was, and how far its subscription had come. */
export interface Resumption {
  readonly word: string;
  /** The principal's id: nobody else goes on with it. */
  readonly whose: string;
  subscription: Subscription | undefined;
  /** Ends the connection that has it now; `undefined` once that is closed. */
  end: (() => void) | undefined;
  closedMs: number;
}

/** A stream of the journal, and how to ask for it again. */
export interface Subscription {
  readonly id: string;
  /** The query but for its start. */
  readonly query: Readonly<Record<string, string>>;
  /** The last record the client said it took; at first where it began. */
  acked: number;
}

/**
 * The connections that can be resumed. Nothing of the journal is kept for them: it is read again from the last record
 * on. After a restart none is known, and the client subscribes anew from the record it has.
 */
export class Resumptions {
  readonly #limits: SocketLimits;
  readonly #now: () => number;
  readonly #open = new Map<string, Resumption>();
  /** In the order in which their connections broke. */
  readonly #broken = new Map<string, Resumption>();

  constructor(limits: SocketLimits, now: () => number) {
    this.#limits = limits;
    this.#now = now;
  }

  begin(whose: string, end: () => void): Resumption {
    const word = randomBytes(18).toString("base64url");
    const begun: Resumption = { word, whose, subscription: undefined, end, closedMs: 0 };
    this.#open.set(word, begun);
    return begun;
  }

  /**
   * Goes on with what a connection left. One that is still open, as a client's other end may be that it lost, is ended
   * first. `undefined` when the word is not known, any more or to this principal.
   */
  resume(word: string, whose: string, end: () => void): Resumption | undefined {
    this.#forgetOld();
    const found = this.#open.get(word) ?? this.#broken.get(word);
    if (found === undefined || found.whose !== whose) return undefined;
    const former = found.end;
    found.end = end;
    this.#broken.delete(word);
    this.#open.set(word, found);
    former?.();
    return found;
  }

  /** The connection broke. Nothing happens when another one has taken over. */
  broke(resumption: Resumption, end: () => void): void {
    if (resumption.end !== end) return;
    const { word } = resumption;
    resumption.end = undefined;
    resumption.closedMs = this.#now();
    this.#open.delete(word);
    this.#broken.set(word, resumption);
    this.#forgetOld();
  }

  #forgetOld(): void {
    const { resumeMsMax, resumptionsMax } = this.#limits;
    for (const [word, { closedMs }] of this.#broken) {
      if (this.#broken.size <= resumptionsMax && this.#now() - closedMs <= resumeMsMax) return;
      this.#broken.delete(word);
    }
  }
}
