import {
  Grant,
  problem,
  Tier,
  type Token,
  type TokenMade,
  type TokenRequest,
  tokensMax,
} from "@adyton/protocol";
import * as z from "zod";
import { ProblemError } from "../domain/problem-error.ts";
import type { Principal } from "../ports/http.ts";
import type { JournalPort, StatePort, TokenState } from "../ports/journal.ts";
import { OneByOne } from "./one-by-one.ts";
import { newSecret, secretHash } from "./secrets.ts";

export interface TokensOptions {
  readonly journal: JournalPort;
  readonly state: StatePort;
  /** SHA-256, in hex, of the owner's token. */
  readonly ownerTokenHash: string;
  /** The principal of a messenger's user, by its id; `undefined` for every other id. */
  readonly ofChannel?: (id: string) => Principal | undefined;
  readonly now: () => number;
}

/** A token's last use is written down at most so often. */
const useNotedEveryMs = 60_000;
/** Milliseconds a timer holds at most (Node.js, `setTimeout`); a later expiry is looked at again then. */
const timerMsMax = 2 ** 31 - 1;
const Grants = z.array(Grant);

/** The caller that holds the owner's token. */
export const owner: Principal = { id: "owner", tier: "owner", grants: ["admin"], person: "owner" };
/** Every caller without a token. */
export const local: Principal = { id: "local", tier: "local", grants: ["say"], person: "local" };

/** The tokens: made, listed, revoked, and recognised on each request. */
export class Tokens {
  readonly #options: TokensOptions;
  /**
   * By hash. A lookup may take a time that depends on how much of two hashes agrees, and a caller cannot choose the hash
   * of what it sends, so time tells it nothing of a secret.
   */
  #byHash = new Map<string, TokenState>();
  #byId = new Map<string, TokenState>();
  /** Called after each change of the tokens. */
  readonly #watchers = new Set<() => void>();
  readonly #changes = new OneByOne();
  readonly #notedMs = new Map<string, number>();

  constructor(options: TokensOptions) {
    this.#options = options;
    this.#reload();
  }

  /** Who a bearer is; `undefined` when the token is unknown, expired or revoked. */
  authenticate(bearer: string): Principal | undefined {
    const hash = secretHash(bearer);
    if (hash === this.#options.ownerTokenHash) return owner;
    const token = this.#byHash.get(hash);
    const now = this.#options.now();
    if (token === undefined || !isLive(token, now)) return undefined;
    this.#noteUse(token.name, now);
    return principalOf(token);
  }

  /** The principal of an id found in the journal; `undefined` when its token is no longer valid. */
  principal(id: string): Principal | undefined {
    if (id === owner.id) return owner;
    if (id === local.id) return local;
    const token = this.#byId.get(id);
    if (token === undefined) return this.#options.ofChannel?.(id);
    return isLive(token, this.#options.now()) ? principalOf(token) : undefined;
  }

  /**
   * Calls the listener once when the caller's token is not valid any more: when it is revoked, or at its expiry.
   * Returns how to stop; until then a timer may wait.
   */
  onEnd(id: string, listener: () => void): () => void {
    let timer: NodeJS.Timeout | undefined;
    const stop = (): void => {
      clearTimeout(timer);
      this.#watchers.delete(look);
    };
    const look = (): void => {
      clearTimeout(timer);
      if (this.principal(id) === undefined) {
        stop();
        return listener();
      }
      const expires = this.#byId.get(id)?.expires ?? null;
      if (expires === null) return;
      const leftMs = Math.max(1, expires - this.#options.now());
      timer = setTimeout(look, Math.min(leftMs, timerMsMax)).unref();
    };
    this.#watchers.add(look);
    look();
    return stop;
  }

  list(): readonly Token[] {
    return this.#options.state.tokens().map((token) => this.#describe(token));
  }

  /** Makes a token. Throws `ProblemError`: `conflict` when the name is taken, `invalid_body` for an expiry that is over. */
  add(request: TokenRequest, by: Principal): Promise<TokenMade> {
    return this.#changes.run("tokens", () => this.#add(request, by));
  }

  async #add(request: TokenRequest, by: Principal): Promise<TokenMade> {
    const existing = this.#options.state.tokens();
    if (existing.some((token) => token.name === request.name)) {
      throw conflict(
        `There is a token ${request.name} already; a revoked token's name is not used again.`,
      );
    }
    const now = this.#options.now();
    if (existing.filter((token) => isLive(token, now)).length >= tokensMax)
      throw conflict(`There are ${tokensMax} valid tokens already; revoke one that is not used.`);
    const secret = newSecret();
    const expiresMs = request.expiresAt === undefined ? null : Date.parse(request.expiresAt);
    if (expiresMs !== null && expiresMs <= now) {
      const errors = [{ path: "/expiresAt", message: "must be in the future" }];
      throw new ProblemError(problem("invalid_body", { errors }));
    }
    await this.#options.journal.append({
      records: [
        {
          ...recordBy(by),
          origin: "node",
          type: "token.added",
          facts: {
            name: request.name,
            hash: secretHash(secret),
            tier: tierOf(request),
            may: [...request.may],
            person: request.person,
            expiresMs,
          },
        },
      ],
    });
    this.#reload();
    const made = this.list().find((token) => token.name === request.name);
    if (made === undefined) throw new Error("a token that was written is not there");
    return { ...made, secret };
  }

  /** Revokes a token at once. Throws `ProblemError` `not_found`. Revoking twice is the same as once. */
  async revoke(name: string, by: Principal): Promise<Token> {
    const found = this.list().find((token) => token.name === name);
    if (found === undefined)
      throw new ProblemError(problem("not_found", { detail: `There is no token ${name}.` }));
    if (found.revokedAt !== undefined) return found;
    await this.#options.journal.append({
      records: [{ ...recordBy(by), origin: "node", type: "token.revoked", facts: { name } }],
    });
    this.#reload();
    return this.list().find((token) => token.name === name) ?? found;
  }

  #reload(): void {
    const tokens = this.#options.state.tokens();
    this.#byHash = new Map(tokens.map((token) => [token.hash, token]));
    this.#byId = new Map(tokens.map((token) => [idOf(token), token]));
    for (const look of this.#watchers) look();
  }

  #noteUse(name: string, now: number): void {
    if (now - (this.#notedMs.get(name) ?? 0) < useNotedEveryMs) return;
    this.#notedMs.set(name, now);
    this.#options.journal.noteTokenUse(name, now);
  }

  #describe(token: TokenState): Token {
    const usedMs = Math.max(token.used ?? 0, this.#notedMs.get(token.name) ?? 0);
    return {
      name: token.name,
      tier: Tier.parse(token.tier),
      may: Grants.parse(JSON.parse(token.may)),
      person: token.person === 1,
      createdAt: iso(token.created),
      ...(token.expires === null ? {} : { expiresAt: iso(token.expires) }),
      ...(usedMs === 0 ? {} : { lastUsedAt: iso(usedMs) }),
      ...(token.revoked === null ? {} : { revokedAt: iso(token.revoked) }),
    };
  }
}

const idOf = ({ name }: TokenState): string => `token:${name}`;

const isLive = ({ revoked, expires }: TokenState, nowMs: number): boolean =>
  revoked === null && (expires === null || expires > nowMs);

function principalOf(token: TokenState): Principal {
  const id = idOf(token);
  return {
    id,
    tier: Tier.parse(token.tier),
    grants: Grants.parse(JSON.parse(token.may)),
    person: token.person === 1 ? id : "owner",
  };
}

/** A token's tier follows from its grants: what hands in events, and at most proposes, is external, `admin` is the owner's own. */
function tierOf({ may }: TokenRequest): Tier {
  if (may.includes("admin")) return "owner";
  const feeds: readonly Grant[] = ["event", "memory:propose"];
  if (may.includes("event") && may.every((grant) => feeds.includes(grant))) return "external";
  return may.includes("rules") || may.includes("memory:write") ? "operator" : "member";
}

function recordBy(by: Principal) {
  return { class: "record", owner: by.person, actor: by.id, tier: by.tier } as const;
}

function conflict(detail: string): ProblemError {
  return new ProblemError(problem("conflict", { detail }));
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
