import type { Handlers } from "../../ports/http.ts";
import type { Confirmations } from "../channels/confirmations.ts";
import type { Pairings } from "../channels/pairings.ts";
import { refuseKey } from "../idempotency.ts";

/** The handlers of people who are let in by a one-time code. */
export function pairingHandlers({
  pairings,
}: {
  readonly pairings: Pairings;
}): Pick<Handlers, "addPairing" | "listPairings" | "revokePairing"> {
  return {
    addPairing: async (call) => {
      refuseKey(call, "A code is shown once");
      return { kind: "json", body: await pairings.add(call.body, call.principal) };
    },
    listPairings: async () => ({ kind: "json", body: { pairings: pairings.list() } }),
    revokePairing: async (call) => ({
      kind: "json",
      body: await pairings.revoke(call.params.name, call.principal),
    }),
  };
}

/** The handlers of owners who are confirmed although a relay runs the bot. */
export function confirmationHandlers({
  confirmations,
}: {
  readonly confirmations: Confirmations;
}): Pick<Handlers, "addConfirmation" | "listConfirmations" | "revokeConfirmation"> {
  return {
    addConfirmation: async ({ body, principal }) => ({
      kind: "json",
      body: await confirmations.add(body, principal),
    }),
    listConfirmations: async () => ({
      kind: "json",
      body: { confirmations: confirmations.list() },
    }),
    revokeConfirmation: async ({ params, principal }) => ({
      kind: "json",
      body: await confirmations.revoke(Number(params.user), principal),
    }),
  };
}
