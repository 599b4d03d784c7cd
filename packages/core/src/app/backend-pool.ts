import { type Candidate, chooseNext, type Credits, serving } from "../domain/backends/choice.ts";
import type { Backend, BackendRole } from "../ports/backend.ts";
import { Counters } from "./metrics.ts";
import { RecentCalls } from "./recent-calls.ts";

/** A model server with its place among the others. */
export interface PooledBackend {
  readonly backend: Backend;
  readonly roles: readonly BackendRole[];
  /** Its share of the requests; 0: only while no other works. */
  readonly weight: number;
  /** Whether its model sees pictures. */
  readonly sees?: boolean | undefined;
}

/** A server's time for one request. Disposing gives it back, and so does the request's signal. */
export interface Lease extends Disposable {
  readonly backend: Backend;
}

export interface LeaseRequest {
  readonly role: BackendRole;
  /** Goes to the server it was at last, while that one has room. */
  readonly conversation?: string | undefined;
  /** The names of those that are not asked again. */
  readonly without: ReadonlySet<string>;
  readonly signal: AbortSignal;
}

/** A server as the choice sees it. */
class Member implements PooledBackend, Candidate {
  readonly backend: Backend;
  readonly roles: readonly BackendRole[];
  readonly weight: number;
  readonly sees: boolean;
  readonly name: string;
  inFlight = 0;

  constructor({ backend, roles, weight, sees }: PooledBackend) {
    this.sees = sees === true;
    this.backend = backend;
    this.roles = roles;
    this.weight = weight;
    this.name = backend.name;
  }

  get concurrency(): number {
    return this.backend.concurrency;
  }

  get status(): Candidate["status"] {
    return this.backend.health().status;
  }
}

interface Waiting {
  readonly request: LeaseRequest;
  readonly settle: (lease: Lease | undefined) => void;
}

const nobody: readonly Member[] = [];
const noCredits: Credits = new Map();

/** Conversations whose last server is remembered; the one that was silent longest goes first. */
export const conversationsRememberedMax = 10_000;

/**
 * The node's model servers: who there is, who is busy, and who takes the next request. Nobody gets more requests at once
 * than its concurrency; who finds all busy waits in the order of coming. The lanes let no more turns run than there are
 * slots, so only those ever wait here that had to leave a failed server, or named the model of one that is busy, and folds
 * of a log.
 */
export class BackendPool {
  readonly #members: Member[] = [];
  readonly #ofRole = new Map<BackendRole, Member[]>();
  readonly #credits = new Map<BackendRole, Credits>();
  readonly #lastOf = new Map<string, string>();
  readonly #listeners = new Set<() => void>();
  #waiting: Waiting[] = [];
  /** Requests since the start, by server; those it failed, by server; milliseconds that answers stood still for it. */
  readonly asked = new Counters();
  readonly failed = new Counters();
  readonly stalledMs = new Counters();
  /** How the calls for conversations went lately, over all servers. */
  readonly recent = new RecentCalls();

  /** Takes a server in. Its name must be its own. */
  add(member: PooledBackend): void {
    const taken = new Member(member);
    this.#members.push(taken);
    for (const role of member.roles) this.#ofRole.set(role, [...this.of(role), taken]);
    member.backend.onHealthChange(() => this.#changed());
    this.#changed();
  }

  get members(): readonly PooledBackend[] {
    return this.#members;
  }

  of(role: BackendRole): readonly Member[] {
    return this.#ofRole.get(role) ?? nobody;
  }

  /** Resolves when every server was asked once what it has. Never rejects: trouble is in their health. */
  async introduced(): Promise<void> {
    await Promise.all(this.#members.map(async ({ backend }) => backend.start?.()));
  }

  /** The server that speaks for a role where one is named: the first of those that serve. */
  first(role: BackendRole): Backend | undefined {
    return serving(this.of(role))[0]?.backend;
  }

  inFlight(name: string): number {
    return this.#members.find((member) => member.name === name)?.inFlight ?? 0;
  }

  /** Turns that may run at once: what those that serve take, and what still runs elsewhere. 0 without a server for chats. */
  get slots(): number {
    const chats = this.of("chat");
    const serve = serving(chats);
    let slots = 0;
    for (const each of chats) slots += serve.includes(each) ? each.concurrency : each.inFlight;
    return slots;
  }

  /** Whether a role has a server that works, or that nobody has asked yet. */
  works(role: BackendRole): boolean {
    return this.of(role).some(({ backend }) => backend.health().status !== "degraded");
  }

  /** Called when servers, their health, and with them the slots may have changed. */
  onChange(listener: () => void): void {
    this.#listeners.add(listener);
  }

  /** A server's time, as soon as there is some; `undefined` when nobody is left to ask, or the signal is aborted. */
  async lease(request: LeaseRequest): Promise<Lease | undefined> {
    if (request.signal.aborted || this.#candidates(request).length === 0) return undefined;
    const free = this.#waiting.length === 0 ? this.#take(request) : undefined;
    if (free !== undefined) return free;
    const { promise, resolve } = Promise.withResolvers<Lease | undefined>();
    const entry: Waiting = { request, settle: resolve };
    const onAbort = (): void => {
      this.#waiting = this.#waiting.filter((each) => each !== entry);
      resolve(undefined);
    };
    request.signal.addEventListener("abort", onAbort, { once: true });
    this.#waiting.push(entry);
    this.#serveWaiting();
    const lease = await promise;
    request.signal.removeEventListener("abort", onAbort);
    return lease;
  }

  /** Gives out what is free, to whoever came first. Another role's queue does not hold up this one. */
  #serveWaiting(): void {
    if (this.#waiting.length === 0) return;
    const left: Waiting[] = [];
    for (const entry of this.#waiting) {
      const lease = this.#take(entry.request);
      if (lease === undefined) left.push(entry);
      else entry.settle(lease);
    }
    this.#waiting = left;
  }

  #take(request: LeaseRequest): Lease | undefined {
    const { role, conversation, signal } = request;
    if (signal.aborted) return undefined;
    const preferred = conversation === undefined ? undefined : this.#lastOf.get(conversation);
    const candidates = this.#candidates(request);
    const credits = this.#credits.get(role) ?? noCredits;
    const choice = chooseNext(candidates, { credits, preferred });
    this.#credits.set(role, choice.credits);
    const member = candidates.find(({ name }) => name === choice.name);
    if (member === undefined) return undefined;
    const { backend } = member;
    if (conversation !== undefined) this.#remember(conversation, member.name);
    member.inFlight += 1;
    this.asked.add(member.name);
    const giveBack = (): void => {
      member.inFlight -= 1;
      this.#serveWaiting();
    };
    signal.addEventListener("abort", giveBack, { once: true });
    return {
      backend,
      [Symbol.dispose]: () => {
        signal.removeEventListener("abort", giveBack);
        if (!signal.aborted) giveBack();
      },
    };
  }

  #remember(conversation: string, name: string): void {
    this.#lastOf.delete(conversation);
    this.#lastOf.set(conversation, name);
    const [oldest] = this.#lastOf.keys();
    if (this.#lastOf.size > conversationsRememberedMax && oldest !== undefined)
      this.#lastOf.delete(oldest);
  }

  #candidates({ role, without }: LeaseRequest): readonly Member[] {
    const all = this.of(role);
    return without.size === 0 ? all : all.filter(({ name }) => !without.has(name));
  }

  #changed(): void {
    this.#serveWaiting();
    for (const listener of this.#listeners) listener();
  }
}
