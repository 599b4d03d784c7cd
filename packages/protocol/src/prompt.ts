import * as z from "zod";
import {
  modeSecondsDefault,
  modeSecondsMax,
  modeTurnsDefault,
  modeTurnsMax,
  overlayTextCharsMax,
} from "./limits.ts";
import { ConversationName } from "./message.ts";
import { ScanLabel } from "./taint.ts";

/** How long something inserted lasts: whichever bound is reached first ends it. */
export const Lifetime = z
  .strictObject({
    turns: z.int().min(1).max(modeTurnsMax).default(modeTurnsDefault),
    seconds: z.int().min(1).max(modeSecondsMax).default(modeSecondsDefault),
  })
  .meta({
    id: "Lifetime",
    description: "Ends after so many turns or seconds, whichever comes first.",
  });
export type Lifetime = z.infer<typeof Lifetime>;

export const Expiry = z
  .strictObject({ turnsLeft: z.int().nonnegative(), at: z.iso.datetime() })
  .meta({ id: "Expiry", description: "When something inserted ends." });
export type Expiry = z.infer<typeof Expiry>;

export const PromptRequest = z
  .strictObject({
    text: z
      .string()
      .min(1)
      .max(overlayTextCharsMax)
      .describe("The intent, put after the core prompt."),
    conversation: ConversationName,
    lifetime: Lifetime.optional(),
  })
  .meta({ id: "PromptRequest", description: "An intent to insert into a conversation." });
export type PromptRequest = z.infer<typeof PromptRequest>;

export const Overlay = z
  .strictObject({
    overlayId: z.string(),
    conversation: z.string(),
    text: z.string(),
    expires: Expiry,
    position: z.literal("after-core-prompt"),
    warnings: z
      .array(ScanLabel)
      .optional()
      .describe("Told when it is inserted; left out where there is nothing to tell."),
  })
  .meta({ id: "Overlay", description: "An inserted intent with an expiry." });
export type Overlay = z.infer<typeof Overlay>;
