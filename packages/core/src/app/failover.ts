import { type Clock, systemClock } from "@adyton/runtime/clock";
import { backoffDelayMs, type Random } from "@adyton/runtime/retry";
import type { Backend, BackendRole, ChatOutcome, Patience } from "../ports/backend.ts";
import type { BackendPool } from "./backend-pool.ts";

/**
 * One question to the model servers, until one of them answers it.
 *
 * A server that fails is left for another at once; nobody notices while nothing of its answer was shown. When part was
 * shown, the watcher is told to start over just before the first piece from elsewhere comes, so that no answer is ever
 * glued of two models' halves. When all have failed, those that may do better later are asked again, in rounds. If no
 * whole answer comes of it, the longest part that arrived is the answer, cut.
 *
 * A node with one server asks just that one, which then retries by itself and keeps what it has shown.
 */
export interface FailoverRequest {
  readonly conversation: string;
  /** Which servers are asked; those for chats unless told otherwise. */
  readonly role?: BackendRole;
  /** The names of the servers that may answer; absent, all. */
  readonly servers?: ReadonlySet<string> | undefined;
  /** The budget of the turn: it ends every try, and every wait between them. */
  readonly signal: AbortSignal;
  /** Present when somebody watches the answer grow. */
  readonly onDelta?: ((text: string) => void) | undefined;
  /** What was shown so far is void; the answer begins anew. */
  readonly onRestart: () => void;
  readonly clock?: Clock;
  readonly random?: Random;
}

export interface Attempt {
  readonly patience: Patience;
  readonly onDelta?: (text: string) => void;
}

/** Asks one server. `made` is whatever the caller wants back beside the answer. */
export type AskServer<T> = (
  backend: Backend,
  attempt: Attempt,
) => Promise<{ readonly outcome: ChatOutcome; readonly made: T }>;

export interface Served<T> {
  readonly outcome: ChatOutcome;
  readonly made: T;
  readonly backend: Backend;
  /** How often the question was put again, to another server or in another round. */
  readonly failovers: number;
  /** Milliseconds from the last that came of a failed server to the first of the one that answered. */
  readonly stalledMs: number;
}

/** Rounds over all servers, the first included. */
export const roundsMax = 3;
/** From the first try until the last round may begin. */
const roundsMsMax = 20_000;
/** The delay before a further round; drawn with full jitter. */
const roundBackoff = { baseMs: 500, capMs: 5_000 };

/** Asks until there is an answer or nobody is left. `undefined`: nobody could be asked before the signal's end. */
export async function askServers<T>(
  pool: BackendPool,
  request: FailoverRequest,
  ask: AskServer<T>,
): Promise<Served<T> | undefined> {
  const question = new Question(pool, request, ask);
  return await question.run();
}

class Question<T> {
  readonly #pool: BackendPool;
  readonly #request: FailoverRequest;
  readonly #ask: AskServer<T>;
  readonly #clock: Clock;
  /** What the watcher sees now, and whether it is of a server that failed. */
  #shown = "";
  #isVoid = false;
  #tries = 0;
  #heardMs: number;
  #stalledMs = 0;
  #isStalled = false;
  #best: { readonly text: string; readonly served: Omit<Served<T>, Figures> } | undefined;
  #failure: Omit<Served<T>, Figures> | undefined;

  constructor(pool: BackendPool, request: FailoverRequest, ask: AskServer<T>) {
    this.#pool = pool;
    this.#request = request;
    this.#ask = ask;
    this.#clock = request.clock ?? systemClock;
    this.#heardMs = this.#clock.monotonicMs();
  }

  async run(): Promise<Served<T> | undefined> {
    const startedMs = this.#clock.monotonicMs();
    const { signal, random } = this.#request;
    let hopeless = this.#allBut(new Set(this.#names()));
    for (let round = 1; ; round += 1) {
      const { answer, later } = await this.#round(round, hopeless);
      if (answer !== undefined) return this.#served(answer);
      if (signal.aborted || later.size === 0 || round === roundsMax) break;
      const backoffMs = backoffDelayMs(round, roundBackoff, random);
      const delayMs = Math.max(backoffMs, soonestMs(later));
      if (this.#clock.monotonicMs() - startedMs + delayMs > roundsMsMax) break;
      // Only the abort rejects a sleep.
      await this.#clock.sleep(delayMs, signal).catch(() => undefined);
      hopeless = this.#allBut(new Set(later.keys()));
    }
    return this.#lastResort();
  }

  /** Asks everyone once, except the hopeless. `later` has those that may do better another time, and what they said. */
  async #round(
    round: number,
    hopeless: ReadonlySet<string>,
  ): Promise<{ readonly answer?: Omit<Served<T>, Figures>; readonly later: Later }> {
    const later = new Map<string, ChatOutcome>();
    const tried = new Set(hopeless);
    for (;;) {
      using lease = await this.#pool.lease({
        role: this.#role,
        conversation: this.#request.conversation,
        without: tried,
        signal: this.#request.signal,
      });
      if (lease === undefined) return { later };
      const { backend } = lease;
      tried.add(backend.name);
      const { outcome, made } = await this.#try(backend, this.#patience(round, tried));
      const got = { outcome, made, backend };
      const isCancelled = outcome.kind === "failed" && outcome.reason === "cancelled";
      if (isWhole(outcome) || isCancelled) return { answer: got, later };
      this.#pool.failed.add(backend.name);
      if (this.#isAlone) return { answer: got, later };
      if (isWorthAnotherTry(outcome)) later.set(backend.name, outcome);
      this.#leave(got);
    }
  }

  get #role(): BackendRole {
    return this.#request.role ?? "chat";
  }

  get #servers() {
    return this.#pool.of(this.#role);
  }

  get #isAlone(): boolean {
    return this.#names().length === 1;
  }

  /** Those that may answer. */
  #names(): readonly string[] {
    const { servers } = this.#request;
    const all = this.#servers.map(({ name }) => name);
    return servers === undefined ? all : all.filter((name) => servers.has(name));
  }

  #allBut(names: ReadonlySet<string>): Set<string> {
    const all = this.#servers.map(({ name }) => name);
    return new Set(all.filter((name) => !names.has(name)));
  }

  /** A silent server is left early only for one that works: a long prompt is silent on any of them. */
  #patience(round: number, tried: ReadonlySet<string>): Patience {
    if (this.#isAlone) return "retries";
    const isOtherReady = this.#servers.some(
      ({ backend }) => !tried.has(backend.name) && backend.health().status !== "degraded",
    );
    return round === 1 && isOtherReady ? "brief" : "once";
  }

  async #try(backend: Backend, patience: Patience) {
    const { onDelta } = this.#request;
    this.#tries += 1;
    if (!this.#isStalled) this.#heardMs = this.#clock.monotonicMs();
    const asked = await this.#ask(backend, {
      patience,
      ...(onDelta === undefined ? {} : { onDelta: (text: string) => this.#show(text, onDelta) }),
    });
    if (asked.outcome.kind === "answered") this.#heard();
    return asked;
  }

  #show(text: string, onDelta: (text: string) => void): void {
    this.#heard();
    if (this.#isVoid) {
      this.#isVoid = false;
      this.#shown = "";
      this.#request.onRestart();
    }
    this.#shown += text;
    onDelta(text);
  }

  #heard(): void {
    const nowMs = this.#clock.monotonicMs();
    if (this.#isStalled) this.#stalledMs += nowMs - this.#heardMs;
    this.#isStalled = false;
    this.#heardMs = nowMs;
  }

  /** Notes what came of a server that failed. */
  #leave(got: Omit<Served<T>, Figures>): void {
    const { outcome } = got;
    this.#isStalled = true;
    this.#isVoid = this.#shown !== "";
    if (outcome.kind === "answered") {
      if (outcome.text.length > (this.#best?.text.length ?? 0))
        this.#best = { text: outcome.text, served: got };
      return;
    }
    // What a server says about the request tells more than that another is away.
    const isVague = outcome.reason === "unavailable" || outcome.reason === "timed_out";
    if (!isVague || this.#failure === undefined || isUnclear(this.#failure.outcome))
      this.#failure = got;
  }

  /** Part of an answer is more than none; it is shown again when something else was shown since. */
  #lastResort(): Served<T> | undefined {
    const { onDelta, onRestart, signal } = this.#request;
    if (this.#best === undefined || signal.aborted)
      return this.#failure === undefined ? undefined : this.#served(this.#failure);
    const { text, served } = this.#best;
    if (onDelta !== undefined && this.#shown !== text) {
      onRestart();
      onDelta(text);
    }
    return this.#served(served);
  }

  #served(got: Omit<Served<T>, Figures>): Served<T> {
    const stalledMs = Math.round(this.#stalledMs);
    if (stalledMs > 0) this.#pool.stalledMs.add(got.backend.name, stalledMs);
    return { ...got, failovers: this.#tries - 1, stalledMs };
  }
}

type Figures = "failovers" | "stalledMs";
type Later = ReadonlyMap<string, ChatOutcome>;

/** When the first of them wants to be asked again. */
function soonestMs(later: Later): number {
  const wishes = [...later.values()].map((outcome) =>
    outcome.kind === "failed" ? (outcome.retryAfterMs ?? 0) : 0,
  );
  return Math.min(...wishes);
}

const isWhole = (outcome: ChatOutcome): boolean =>
  outcome.kind === "answered" && outcome.isBroken !== true;

const isUnclear = (outcome: ChatOutcome): boolean =>
  outcome.kind === "failed" && (outcome.reason === "unavailable" || outcome.reason === "timed_out");

/** Whether the same question may fare better at the same server in a while: garbage passes, a refusal does not. */
const isWorthAnotherTry = (outcome: ChatOutcome): boolean =>
  outcome.kind === "answered" || outcome.reason === "invalid" || isUnclear(outcome);
