import type { Handlers } from "../../ports/http.ts";
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
