import * as z from "zod";
import { TokenName } from "./tokens.ts";

/** A code that nobody has used is valid for so long at most. */
export const pairingMsMax = 86_400_000;

export const PairingRequest = z
  .strictObject({
    name: TokenName.optional().describe("For the owner alone; one is made when it is left out."),
    expiresAt: z.iso
      .datetime()
      .optional()
      .describe("When the code ends, within a day; in 15 minutes when it is left out."),
  })
  .meta({ id: "PairingRequest", description: "Somebody to let in by a one-time code." });
export type PairingRequest = z.infer<typeof PairingRequest>;

export const Pairing = z
  .strictObject({
    name: z.string(),
    state: z.enum(["waiting", "expired", "paired", "revoked"]),
    createdAt: z.iso.datetime(),
    expiresAt: z.iso.datetime().describe("When the code ends; who was paired by then stays."),
    user: z.int().optional().describe("The numeric id of whoever sent the code first."),
    pairedAt: z.iso.datetime().optional(),
    revokedAt: z.iso.datetime().optional(),
  })
  .meta({
    id: "Pairing",
    description: "Somebody let in by a one-time code, or a code that waits.",
  });
export type Pairing = z.infer<typeof Pairing>;

export const PairingMade = Pairing.extend({
  code: z.string().describe("Shown once; only a keyed digest of it is kept."),
}).meta({ id: "PairingMade", description: "A new pairing with its code." });
export type PairingMade = z.infer<typeof PairingMade>;

export const PairingList = z
  .strictObject({ pairings: z.array(Pairing) })
  .meta({ id: "PairingList", description: "Everybody let in by a code, and every code." });
