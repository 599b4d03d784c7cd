import { systemClock } from "@adyton/runtime/clock";
import { Confirmations } from "./app/channels/confirmations.ts";
import { Pairings } from "./app/channels/pairings.ts";
import { Tokens } from "./app/tokens.ts";
import type { NodeConfig } from "./config.ts";
import { telegramPrincipal } from "./open-telegram.ts";
import type { Principal } from "./ports/http.ts";
import type { NodeKeys } from "./adapters/keys/node-keys.ts";
import type { JournalPort, StatePort } from "./ports/journal.ts";

export interface CallerParts {
  readonly config: NodeConfig;
  readonly keys: NodeKeys;
  readonly state: StatePort;
  readonly ownerTokenHash: string;
}

/** Who may speak: the holders of tokens, and through the messenger whom an owner named or let in. */
export function callersOf(
  { config, keys, state, ownerTokenHash }: CallerParts,
  journal: JournalPort,
) {
  const now = Date.now;
  const server = config.telegram?.api_root;
  const pairings = new Pairings({
    journal,
    state,
    key: keys.pairingKey,
    server,
    clock: systemClock,
  });
  const { via, owners } = config.telegram ?? {};
  const confirmable = via === "bot" ? new Set(owners) : undefined;
  const confirmations = new Confirmations({ journal, state, owners: confirmable, now });
  const people = { pairings, confirmations };
  const ofChannel = (id: string): Principal | undefined => telegramPrincipal(config, people, id);
  return {
    ...people,
    tokens: new Tokens({ journal, state, ownerTokenHash, ofChannel, now }),
  };
}
