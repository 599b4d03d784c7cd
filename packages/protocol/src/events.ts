import * as z from "zod";
import { journalPageMax } from "./limits.ts";

/**
 * Event types: dotted names. They stand in the journal's header, which is never erased, so they must not carry
 * anybody's words.
 */
export const EventType = z
  .string()
  .min(1)
  .max(128)
  .regex(/^[A-Za-z][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)*$/, "must be a dotted name");

/** An event from outside, CloudEvents 1.0. Unknown extension attributes are kept with the payload. */
export const CloudEvent = z
  .object({
    specversion: z.literal("1.0"),
    id: z.string().min(1).max(256),
    source: z.string().min(1).max(512),
    type: EventType,
    time: z.iso.datetime({ offset: true }).optional(),
    subject: z.string().min(1).max(512).optional(),
    datacontenttype: z.string().max(128).optional(),
    dataschema: z.string().max(512).optional(),
    data: z.unknown().optional(),
    data_base64: z.base64().optional(),
    correlationid: z.string().max(256).optional(),
    causationid: z.string().max(256).optional(),
    hop: z.int().min(0).max(64).optional(),
  })
  .catchall(z.union([z.string().max(1024), z.int(), z.boolean()]))
  .refine((event) => Object.keys(event).every((name) => /^[a-z0-9_]{1,32}$/.test(name)), {
    message: "attribute names must be lower-case letters and digits",
  })
  .refine((event) => event.data === undefined || event.data_base64 === undefined, {
    message: "data and data_base64 exclude each other",
  })
  .meta({ id: "CloudEvent", description: "An event (CloudEvents 1.0)." });
export type CloudEvent = z.infer<typeof CloudEvent>;

export const EventsAccepted = z
  .strictObject({
    accepted: z.int().nonnegative(),
    duplicates: z.int().nonnegative(),
    events: z.array(
      z.strictObject({ id: z.string(), source: z.string(), seq: z.int(), duplicate: z.boolean() }),
    ),
  })
  .meta({
    id: "EventsAccepted",
    description: "What was written; it is on disk when this arrives.",
  });
export type EventsAccepted = z.infer<typeof EventsAccepted>;

/** A record of the journal as a reader sees it: a CloudEvent with the journal's own attributes. */
export const JournalEvent = z
  .strictObject({
    specversion: z.literal("1.0"),
    id: z.string(),
    source: z.string(),
    type: z.string(),
    time: z.iso.datetime(),
    subject: z.string().optional(),
    datacontenttype: z.string().optional(),
    data: z.unknown().optional(),
    facts: z
      .record(z.string(), z.unknown())
      .optional()
      .describe(
        "Ids and figures the node itself determined; they stay when the payload is erased.",
      ),
    seq: z.int().positive(),
    owner: z.string().describe("Whose it is: `node`, `owner`, or a principal's id."),
    tier: z.string(),
    conversation: z.string().optional().describe("The conversation's internal key."),
    cause: z.int().optional().describe("The record this one followed from."),
    payload: z
      .enum(["present", "erased", "withheld"])
      .describe(
        "Erased by retention or forgetting, or withheld because it belongs to somebody else.",
      ),
  })
  .meta({ id: "JournalEvent", description: "One record of the journal." });
export type JournalEvent = z.infer<typeof JournalEvent>;

export const JournalPage = z
  .strictObject({
    events: z.array(JournalEvent),
    next: z.int().nonnegative().describe("Ask again with after=NEXT."),
    more: z.boolean(),
  })
  .meta({ id: "JournalPage", description: "Some records of the journal, in order." });
export type JournalPage = z.infer<typeof JournalPage>;

export const JournalQuery = z.strictObject({
  after: z.coerce.number().int().min(0).optional().describe("Records after this sequence number."),
  last: z.coerce
    .number()
    .int()
    .min(1)
    .max(journalPageMax)
    .optional()
    .describe("The newest so many records instead."),
  type: z.string().max(128).optional().describe("Only this type, or a prefix that ends in a dot."),
  limit: z.coerce.number().int().min(1).max(journalPageMax).optional(),
});
export type JournalQuery = z.infer<typeof JournalQuery>;
