import * as z from "zod";

/** An owner is confirmed for so long at most. */
export const confirmationMsMax = 7 * 86_400_000;

const user = z.int().min(1).max(Number.MAX_SAFE_INTEGER);

export const ConfirmationRequest = z
  .strictObject({
    user: user.describe("The numeric id of an owner of the bot."),
    expiresAt: z.iso
      .datetime()
      .optional()
      .describe("When it ends, within seven days; in twelve hours when it is left out."),
  })
  .meta({
    id: "ConfirmationRequest",
    description: "An owner whose messages count as the owner's, although a relay runs the bot.",
  });
export type ConfirmationRequest = z.infer<typeof ConfirmationRequest>;

export const Confirmation = z
  .strictObject({ user, createdAt: z.iso.datetime(), expiresAt: z.iso.datetime() })
  .meta({ id: "Confirmation", description: "An owner who is confirmed, and until when." });
export type Confirmation = z.infer<typeof Confirmation>;

export const ConfirmationList = z
  .strictObject({ confirmations: z.array(Confirmation) })
  .meta({ id: "ConfirmationList", description: "The owners who are confirmed now." });
export type ConfirmationList = z.infer<typeof ConfirmationList>;

/** An id in an address. */
export const ConfirmedUser = z
  .string()
  .regex(/^[1-9]\d{0,15}$/)
  .meta({ id: "ConfirmedUser", description: "The numeric id of an owner." });
