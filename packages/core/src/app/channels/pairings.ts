import { timingSafeEqual } from "node:crypto";
import {
  type Pairing,
  type PairingMade,
  pairingMsMax,
  type PairingRequest,
  pairingsMax,
  problem,
} from "@adyton/protocol";
import type { Clock } from "@adyton/runtime/clock";
import type { NewRecord } from "../../domain/journal/record.ts";
import { ProblemError } from "../../domain/problem-error.ts";
import type { Principal } from "../../ports/http.ts";
import type { JournalPort, PairingState, StatePort } from "../../ports/journal.ts";
import { keyedDigest } from "../identifiers.ts";
import { OneByOne } from "../one-by-one.ts";
import { newPairingCode, writtenCode } from "./pairing-code.ts";

export interface PairingsOptions {
  readonly journal: JournalPort;
  readonly state: Pick<StatePort, "pairings">;
  readonly key: Uint8Array;
  /** The messenger's server, for the same numbers are other people on another; `undefined` without a messenger. */
  readonly server: string | undefined;
  readonly clock: Pick<Clock, "nowMs" | "monotonicMs">;
}

const codeMsDefault = 15 * 60_000;
/** Codes one stranger may try within an hour, and strangers whose tries are counted; beyond, nobody else is heard. */
export const triesMax = 10;
export const strangersMax = 1_000;
const hourMs = 3_600_000;

/** Who is let in by a one-time code: whoever sends it first. The journal keeps it, the configuration is not touched. */
export class Pairings {
  readonly #options: PairingsOptions;
  readonly #server: string | undefined;
  readonly #changes = new OneByOne();
  #rows: readonly PairingState[] = [];
  #users = new Set<number>();
  #waiting: readonly PairingState[] = [];
  #tries = new Map<number, number>();
  /** When the present hour of tries began, by the clock that never jumps: it lasts no longer than this process. */
  #hourMs = Number.NEGATIVE_INFINITY;

  constructor(options: PairingsOptions) {
    this.#options = options;
    const { key, server } = options;
    this.#server =
      server === undefined ? undefined : keyedDigest(key, "server", server).toString("hex", 0, 16);
    this.#reload();
  }

  /** Whether a user was let in and still is. */
  has(user: number): boolean {
    return this.#users.has(user);
  }

  /** Who was let in and still is. */
  get users(): Iterable<number> {
    return this.#users;
  }

  list(): readonly Pairing[] {
    return this.#rows.map((row) => this.#describe(row));
  }

  /** Makes a code. Throws `ProblemError`: `conflict` without a messenger or for a name in use, `invalid_body`. */
  add(request: PairingRequest, by: Principal): Promise<PairingMade> {
    return this.#changes.run("pairings", () => this.#add(request, by));
  }

  async #add(request: PairingRequest, by: Principal): Promise<PairingMade> {
    const server = this.#server;
    if (server === undefined)
      throw conflict("There is no bot yet: adyton telegram setup connects one.");
    const now = this.#options.clock.nowMs();
    const live = this.#rows.filter((row) => isLive(row, now));
    if (live.length >= pairingsMax)
      throw conflict(`There are ${pairingsMax} people and codes already; revoke one.`);
    const taken = new Set(live.map(({ name }) => name));
    const name = request.name ?? freeName(taken);
    if (taken.has(name)) throw conflict(`There is ${name} already.`);
    const expiresMs =
      request.expiresAt === undefined ? now + codeMsDefault : Date.parse(request.expiresAt);
    if (expiresMs <= now || expiresMs > now + pairingMsMax) {
      const errors = [{ path: "/expiresAt", message: "must be within a day from now" }];
      throw new ProblemError(problem("invalid_body", { errors }));
    }
    const code = newPairingCode();
    const facts = { name, server, code: this.#digest(code), expiresMs };
    await this.#append({ ...recordBy(by), type: "pairing.made", facts });
    const made = this.list().find((each) => each.name === name);
    if (made === undefined) throw new Error("a pairing that was written is not there");
    return { ...made, code };
  }

  /** Takes back a code, or the person that used it, at once. Throws `ProblemError` `not_found`. Twice is as once. */
  revoke(name: string, by: Principal): Promise<Pairing> {
    return this.#changes.run("pairings", async () => {
      const found = this.list().find((each) => each.name === name);
      if (found === undefined)
        throw new ProblemError(problem("not_found", { detail: `There is no ${name}.` }));
      if (found.state === "revoked") return found;
      await this.#append({ ...recordBy(by), type: "pairing.revoked", facts: { name } });
      return this.list().find((each) => each.name === name) ?? found;
    });
  }

  /** Whether a text is a code that waits for somebody. It is not used up by this. */
  waits(text: string): boolean {
    const code = writtenCode(text);
    if (code === undefined) return false;
    const digest = this.#digest(code);
    return this.#open().some((row) => isSame(row.code, digest));
  }

  /**
   * Lets a user in whose private message is a code that waits. Answers true too for the code that let him in, which may
   * come twice. What a stranger writes costs a comparison while codes wait, and nothing else. Rejects when the journal
   * cannot be written.
   */
  async claim(user: number, text: string): Promise<boolean> {
    const code = writtenCode(text);
    if (code === undefined) return false;
    const digest = this.#digest(code);
    if (this.has(user))
      return this.#rows.some((row) => row.user === user && isSame(row.code, digest));
    if (!this.#mayTry(user)) return false;
    return await this.#changes.run("pairings", async () => {
      // Every code is compared, so that the time does not tell which of them was near.
      const fitting = this.#open().filter((row) => isSame(row.code, digest));
      const [row] = fitting;
      if (row === undefined) return false;
      const facts = { name: row.name, user };
      await this.#append({ ...byNode, type: "pairing.used", facts });
      return true;
    });
  }

  /** Strangers whose tries are remembered at present. */
  get strangers(): number {
    return this.#tries.size;
  }

  /** Counts a try. Without a code that waits nothing is compared, nor remembered. */
  #mayTry(user: number): boolean {
    const now = this.#options.clock.monotonicMs();
    if (now - this.#hourMs >= hourMs || this.#open().length === 0) {
      this.#tries = new Map();
      this.#hourMs = now;
    }
    if (this.#open().length === 0) return false;
    const tries = this.#tries.get(user) ?? 0;
    if (tries >= triesMax || (tries === 0 && this.#tries.size >= strangersMax)) return false;
    this.#tries.set(user, tries + 1);
    return true;
  }

  #open(): readonly PairingState[] {
    const now = this.#options.clock.nowMs();
    return this.#waiting.filter(({ expires }) => expires > now);
  }

  #digest(code: string): string {
    return keyedDigest(this.#options.key, "code", code).toString("hex");
  }

  async #append(record: NewRecord): Promise<void> {
    await this.#options.journal.append({ records: [record] });
    this.#reload();
  }

  #reload(): void {
    this.#rows = this.#options.state.pairings().filter(({ server }) => server === this.#server);
    const standing = this.#rows.filter(({ revoked }) => revoked === null);
    this.#users = new Set(standing.flatMap(({ user }) => user ?? []));
    this.#waiting = standing.filter(({ user }) => user === null);
  }

  #describe(row: PairingState): Pairing {
    const { name, created, expires, user, paired, revoked } = row;
    return {
      name,
      state: stateOf(row, this.#options.clock.nowMs()),
      createdAt: iso(created),
      expiresAt: iso(expires),
      ...(user === null ? {} : { user }),
      ...(paired === null ? {} : { pairedAt: iso(paired) }),
      ...(revoked === null ? {} : { revokedAt: iso(revoked) }),
    };
  }
}

function stateOf({ user, expires, revoked }: PairingState, nowMs: number): Pairing["state"] {
  if (revoked !== null) return "revoked";
  if (user !== null) return "paired";
  return expires > nowMs ? "waiting" : "expired";
}

/** A name that stands for a person or a code that waits; any other may be given again. */
const isLive = (row: PairingState, nowMs: number): boolean =>
  ["waiting", "paired"].includes(stateOf(row, nowMs));

function freeName(taken: ReadonlySet<string>): string {
  let number = 1;
  while (taken.has(`person-${number}`)) number += 1;
  return `person-${number}`;
}

const isSame = (one: string, other: string): boolean =>
  timingSafeEqual(Buffer.from(one, "hex"), Buffer.from(other, "hex"));

function recordBy(by: Principal) {
  const record = { class: "record", origin: "node" } as const;
  return { ...record, owner: by.person, actor: by.id, tier: by.tier };
}

const byNode = recordBy({ id: "node", tier: "owner", grants: [], person: "node" });

const conflict = (detail: string): ProblemError =>
  new ProblemError(problem("conflict", { detail }));
const iso = (ms: number): string => new Date(ms).toISOString();
