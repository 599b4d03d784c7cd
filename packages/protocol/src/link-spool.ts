import * as z from "zod";
import {
  spoolEpochPattern,
  spoolIdPattern,
  spoolPeopleMax,
  spoolRecipientPattern,
  spoolTakenMax,
} from "./link-spool-limits.ts";

/**
 * What a node and its relay say of the spool, as the body and the answer of the link's own method `exchangeSpool`. It may be
 * repeated: what was erased stays erased, and what was not is told again. A relay without a spool does not allow it.
 */

const id = z.string().regex(spoolIdPattern);
const count = z.int().min(0).describe("Since the relay started.");

export const SpoolRequest = z
  .strictObject({
    recipient: z
      .string()
      .regex(spoolRecipientPattern)
      .describe("Seal to this age key from now on."),
    people: z
      .array(z.int().min(1).max(Number.MAX_SAFE_INTEGER))
      .max(spoolPeopleMax)
      .describe("Whose updates to keep. Those of others are counted and passed over."),
    taken: z.array(id).max(spoolTakenMax).describe("These are with the node: erase them."),
  })
  .meta({ id: "SpoolRequest", description: "What a node asks of the spool of its relay." });
export type SpoolRequest = z.infer<typeof SpoolRequest>;

export const SpoolAnswer = z
  .strictObject({
    records: z
      .array(
        z.strictObject({
          id,
          epoch: z.string().regex(spoolEpochPattern),
          file: z.base64().describe("In the format of age."),
        }),
      )
      .max(spoolTakenMax),
    left: z.int().min(0).describe("Records behind those in this answer."),
    expired: count,
    strangers: count,
  })
  .meta({ id: "SpoolAnswer", description: "The oldest records of the relay's spool." });
export type SpoolAnswer = z.infer<typeof SpoolAnswer>;
