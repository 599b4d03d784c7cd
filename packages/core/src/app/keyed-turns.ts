import { MessageAnswer } from "@adyton/protocol";
import type { DedupeKey } from "../domain/journal/record.ts";
import type { Call } from "../ports/http.ts";
import { type Idempotency, mismatch } from "./idempotency.ts";
import type { LiveRun, Submission } from "./live-run.ts";
import type { Turns } from "./turns.ts";

export interface KeyedTurnsOptions {
  readonly turns: Turns;
  readonly idempotency: Idempotency;
  /** Settles once the turns that the last process left unfinished are taken care of. */
  readonly recovered: Promise<void>;
}

/** A keyed request under way, so that a repetition joins the first instead of asking the model again. */
interface Joined {
  readonly run: LiveRun;
  readonly fingerprint: Uint8Array;
  callers: number;
}

/** A turn as its request has it, before the caller and the key are added. */
export type AskedTurn = Omit<Submission, "principal" | "dedupe" | "keyClaimed">;

export type AdmittedTurn =
  | { readonly kind: "replayed"; readonly answer: MessageAnswer }
  | {
      readonly kind: "run";
      readonly run: LiveRun;
      /** This caller waits no longer; once said, further times change nothing. */
      readonly leave: () => void;
    };

/** The way of a request into its turn: it starts one, joins the same one under way, or finds the answer it has already. */
export class KeyedTurns {
  readonly #options: KeyedTurnsOptions;
  readonly #joined = new Map<string, Joined>();

  constructor(options: KeyedTurnsOptions) {
    this.#options = options;
  }

  /**
   * `asked` may be worked out only once the key is known to be fresh: a repetition joins or is answered as the first was.
   * Throws what `Turns.submit` and `asked` do, and `idempotency_mismatch` or `erased` for a key that was used before.
   */
  async admit(call: Call, asked: AskedTurn | (() => AskedTurn)): Promise<AdmittedTurn> {
    const { idempotency } = this.#options;
    const dedupe = idempotency.keyOf(call);
    if (dedupe === undefined) return this.#start(call, asked, undefined, false);
    await this.#settled(dedupe);
    const same = this.#joined.get(nameOf(dedupe));
    if (same !== undefined) {
      if (Buffer.compare(same.fingerprint, dedupe.fingerprint) !== 0) throw mismatch();
      same.callers += 1;
      return { kind: "run", run: same.run, leave: this.#leaving(same) };
    }
    const known = idempotency.look(dedupe);
    if (known.kind === "answered")
      return { kind: "replayed", answer: MessageAnswer.parse(known.record.data) };
    const begunRun = known.kind === "begun" ? known.run : undefined;
    const begun = begunRun === undefined ? undefined : this.#options.turns.live(begunRun);
    if (begun !== undefined && begun.state !== "ended")
      return { kind: "run", run: begun, leave: () => undefined };
    return this.#start(call, asked, dedupe, known.kind === "begun");
  }

  #start(
    call: Call,
    asked: AskedTurn | (() => AskedTurn),
    dedupe: DedupeKey | undefined,
    keyClaimed: boolean,
  ): AdmittedTurn {
    const { principal } = call;
    const submission = typeof asked === "function" ? asked() : asked;
    const run = this.#options.turns.submit({ ...submission, principal, dedupe, keyClaimed });
    const entry = { run, fingerprint: dedupe?.fingerprint ?? new Uint8Array(), callers: 1 };
    if (dedupe !== undefined) {
      const name = nameOf(dedupe);
      this.#joined.set(name, entry);
      void run.end.then(() => this.#joined.delete(name));
    }
    return { kind: "run", run, leave: this.#leaving(entry) };
  }

  /** The last caller that goes away takes its turn along, unless the turn was acknowledged already. */
  #leaving(entry: Joined): () => void {
    let isGone = false;
    return () => {
      if (isGone) return;
      isGone = true;
      entry.callers -= 1;
      if (entry.callers === 0 && !entry.run.submission.detached)
        this.#options.turns.cancel(entry.run);
    };
  }

  /**
   * Waits until a key's state is plain: the turns of the last process are taken up, and an attempt whose client went
   * away has ended, so that the client that comes back gets an answer instead of its own cancellation.
   */
  async #settled(key: DedupeKey): Promise<void> {
    await this.#options.recovered;
    for (;;) {
      const run = this.#joined.get(nameOf(key))?.run;
      if (run?.stopReason !== "cancelled") return;
      await run.end;
    }
  }
}

const nameOf = ({ key }: DedupeKey): string => Buffer.from(key).toString("base64url");
