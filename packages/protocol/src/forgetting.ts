import * as z from "zod";
import { conversationNameCharsMax, forgetTextCharsMax } from "./limits.ts";

/** A shorter text stands everywhere. */
const textBytesMin = 4;

const moment = z.iso.datetime({ offset: true });

export const ForgetSelection = z
  .strictObject({
    document: z.string().min(1).max(64).optional().describe("A document's id, all its versions."),
    fact: z.string().min(1).max(64).optional().describe("A fact or a proposal, by its id."),
    block: z.string().min(1).max(64).optional().describe("A pinned block, by its name."),
    subject: z.string().min(1).max(512).optional().describe("Every fact about this subject."),
    run: z.string().min(1).max(64).optional().describe("A turn, by its run."),
    conversation: z
      .string()
      .min(1)
      .max(conversationNameCharsMax)
      .optional()
      .describe("A conversation of the caller, by its name, or any by its key (`cv_…`)."),
    source: z.string().min(1).max(512).optional().describe("Where documents and events came from."),
    text: z
      .string()
      .max(forgetTextCharsMax)
      .refine((text) => new TextEncoder().encode(text.trim()).length >= textBytesMin, {
        message: `must have at least ${textBytesMin} bytes in UTF-8`,
      })
      .optional()
      .describe("What was said with this text in it; case, ё/е and spaces do not count."),
    person: z.string().min(1).max(128).optional().describe("Whose words: `owner`, `token:NAME`."),
    since: moment.optional(),
    until: moment.optional(),
    everything: z.literal(true).optional().describe("All that the caller has said and added."),
  })
  .refine((selection) => Object.keys(selection).length > 0, {
    message: "must say what is to be forgotten",
  })
  .meta({
    id: "ForgetSelection",
    minProperties: 1,
    description: "What is to be forgotten: everything that all the given conditions hold for.",
  });
export type ForgetSelection = z.infer<typeof ForgetSelection>;

export const ForgetConfirmation = z
  .strictObject({ confirm: z.string().min(1).max(64).describe("The preview's `forgetId`.") })
  .meta({ id: "ForgetConfirmation", description: "Confirms a preview; it can be used once." });

const count = z.int().nonnegative();
export const ForgetCounts = z
  .strictObject({
    documents: count.describe("Documents, of which all versions go."),
    facts: count.describe("Facts and proposals of facts."),
    blocks: count.describe("Versions of pinned blocks."),
    questions: count,
    answers: count,
    steps: count.describe("Steps of traces."),
    intents: count,
    events: count.describe("Events from outside."),
    others: count.describe("Results of commands, reports, replaced versions and the like."),
  })
  .meta({ id: "ForgetCounts", description: "How many payloads, by what they are." });
export type ForgetCounts = z.infer<typeof ForgetCounts>;

export const ForgetPreview = z
  .strictObject({
    forgetId: z.string().describe("Confirms exactly this selection, once."),
    expires: moment,
    counts: ForgetCounts,
    derived: count.describe(
      "Of these, how many were not selected themselves: they follow from, or quote, what was.",
    ),
    underWay: count.describe("Turns under way that have it in view; confirming stops them."),
    elsewhere: count.describe(
      "Other things that were said or added with a passage of it. They stay; select them by `text`.",
    ),
    titles: z
      .array(z.strictObject({ seq: z.int(), type: z.string(), title: z.string() }))
      .describe("Some of what goes, oldest first; the words of other people are not shown."),
  })
  .meta({ id: "ForgetPreview", description: "What would be forgotten." });
export type ForgetPreview = z.infer<typeof ForgetPreview>;

export const HeldCopy = z
  .strictObject({
    name: z.string().describe("The folder or file in the node's home."),
    made: moment,
    readable: z.boolean().describe("False: it could not be read, so it may hold the text."),
  })
  .meta({ id: "HeldCopy", description: "A backup that still holds what was forgotten." });
export type HeldCopy = z.infer<typeof HeldCopy>;

export const ForgetReceipt = z
  .strictObject({
    forgetId: z.string(),
    forgottenAt: moment,
    deleted: ForgetCounts,
    residueBytes: z
      .int()
      .nonnegative()
      .nullable()
      .describe(
        "Bytes of the erased text, of its first 32 MiB, found in the raw files afterwards. Null: not measured, because the node was " +
          "ended in the middle and has finished since.",
      ),
    tombstone: z
      .string()
      .describe("A keyed hash of what was erased; says nothing without the key."),
    signature: z.string().describe("By the node's key, over all of the above."),
    backups: z
      .array(HeldCopy)
      .describe("Copies in the node's home that hold it still. Copies elsewhere are not known."),
    tookMs: z.number(),
  })
  .meta({ id: "ForgetReceipt", description: "What was forgotten." });
export type ForgetReceipt = z.infer<typeof ForgetReceipt>;

export const ForgetResult = z
  .union([
    ForgetPreview,
    ForgetReceipt,
    z.strictObject({ choices: z.array(z.string()) }),
    z.strictObject({ kept: z.literal(true) }),
  ])
  .meta({
    id: "ForgetResult",
    description:
      "What would be forgotten, what was, that nothing was, or what there is to choose from.",
  });
