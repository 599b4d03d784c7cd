import {
  type Confirmation,
  confirmationMsMax,
  type ConfirmationRequest,
  problem,
} from "@adyton/protocol";
import type { NewRecord } from "../../domain/journal/record.ts";
import { ProblemError } from "../../domain/problem-error.ts";
import type { Principal } from "../../ports/http.ts";
import type { ConfirmationState, JournalPort, StatePort } from "../../ports/journal.ts";
import { OneByOne } from "../one-by-one.ts";

export interface ConfirmationsOptions {
  readonly journal: JournalPort;
  readonly state: Pick<StatePort, "confirmations">;
  /** The bot's owners where a relay runs it; `undefined` where confirming means nothing. */
  readonly owners: ReadonlySet<number> | undefined;
  readonly now: () => number;
}

const confirmationMsDefault = 12 * 3_600_000;

/**
 * Owners whose messages count as theirs although a relay runs the bot: whoever has taken over such a relay could write in
 * their name. It is said on the node's own machine, ends by itself, and is state of the journal.
 */
export class Confirmations {
  readonly #options: ConfirmationsOptions;
  readonly #changes = new OneByOne();
  #rows = new Map<number, ConfirmationState>();

  constructor(options: ConfirmationsOptions) {
    this.#options = options;
    this.#reload();
  }

  /** Whether a user is confirmed at this moment. */
  has(user: number): boolean {
    const { owners, now } = this.#options;
    const row = this.#rows.get(user);
    return row !== undefined && row.expires > now() && owners?.has(user) === true;
  }

  list(): readonly Confirmation[] {
    return [...this.#rows.values()].filter(({ user }) => this.has(user)).map(described);
  }

  /** Confirms an owner, or confirms one anew. Throws `ProblemError`: `conflict` for anybody else, `invalid_body`. */
  add({ user, expiresAt }: ConfirmationRequest, by: Principal): Promise<Confirmation> {
    return this.#changes.run("confirmations", async () => {
      const { owners, now } = this.#options;
      if (owners === undefined)
        throw conflict(
          "Only where a relay runs the bot (telegram.via: bot) is an owner confirmed.",
        );
      if (!owners.has(user)) throw conflict(`${user} is not among telegram.owners.`);
      const nowMs = now();
      const expiresMs =
        expiresAt === undefined ? nowMs + confirmationMsDefault : Date.parse(expiresAt);
      if (expiresMs <= nowMs || expiresMs > nowMs + confirmationMsMax) {
        const errors = [{ path: "/expiresAt", message: "must be within seven days from now" }];
        throw new ProblemError(problem("invalid_body", { errors }));
      }
      const facts = { user, expiresMs };
      const record = { ...recordBy(by), type: "confirmation.made", facts } as const;
      await this.#append(record);
      return described(this.#rows.get(user) ?? { user, created: nowMs, expires: expiresMs });
    });
  }

  /** Takes a confirmation back at once. Throws `ProblemError` `not_found`. */
  revoke(user: number, by: Principal): Promise<Confirmation> {
    return this.#changes.run("confirmations", async () => {
      const row = this.has(user) ? this.#rows.get(user) : undefined;
      if (row === undefined)
        throw new ProblemError(problem("not_found", { detail: `${user} is not confirmed.` }));
      await this.#append({ ...recordBy(by), type: "confirmation.revoked", facts: { user } });
      return described(row);
    });
  }

  async #append(record: NewRecord): Promise<void> {
    await this.#options.journal.append({ records: [record] });
    this.#reload();
  }

  #reload(): void {
    const rows = this.#options.state.confirmations();
    this.#rows = new Map(rows.map((row) => [row.user, row]));
  }
}

function described({ user, created, expires }: ConfirmationState): Confirmation {
  const [createdAt, expiresAt] = [new Date(created).toISOString(), new Date(expires).toISOString()];
  return { user, createdAt, expiresAt };
}

const recordBy = ({ id: actor, person: owner, tier }: Principal) =>
  ({ class: "record", origin: "node", owner, actor, tier }) as const;

const conflict = (detail: string): ProblemError =>
  new ProblemError(problem("conflict", { detail }));
