import * as z from "zod";
import { ackRecordsMax, envelopeIdCharsMax, resumeMsMax } from "./limits.ts";
import { Tier } from "./grants.ts";
import { Problem } from "./problems.ts";

/*
 * What goes over a socket besides the requests of the table of messages: the client's words about the connection
 * itself, and everything the node says. One JSON object each, in a WebSocket's text frame or on a line of its own.
 */

/** How the node closes a WebSocket. The codes below 4000 are RFC 6455's. */
export const closeCodes = {
  normal: { code: 1000, about: "The client said goodbye." },
  stopping: { code: 1001, about: "The node is stopping." },
  malformed: { code: 1002, about: "A frame breaks the rules of RFC 6455." },
  not_text: { code: 1003, about: "Messages are text; a binary frame came." },
  not_utf8: { code: 1007, about: "A message is not UTF-8." },
  too_many_fragments: {
    code: 1008,
    about: "A message came in more fragments than are taken.",
  },
  too_large: { code: 1009, about: "A message was larger than `envelopeBytesMax`." },
  busy: { code: 1013, about: "Too many bytes of messages are under way; try again later." },
  unauthorized: {
    code: 4001,
    about: "The token is unknown, expired or revoked.",
  },
  slow: {
    code: 4008,
    about: "The client did not take or acknowledge what was sent, or did not finish a message.",
  },
  resume_expired: {
    code: 4009,
    about: "What was to be resumed is not known any more, or was resumed elsewhere.",
  },
} as const satisfies Record<string, { code: number; about: string }>;
export type CloseReason = keyof typeof closeCodes;

export const EnvelopeId = z
  .string()
  .min(1)
  .max(envelopeIdCharsMax)
  .regex(/^[\x21-\x7e]+$/, "must be visible ASCII characters")
  .describe(
    "Chosen by the client; every answer carries it. Unique among what is not answered yet.",
  );

const seq = z.int().nonnegative();

/** What a client says about the connection itself. None is needed for a request. */
export const clientEnvelopes = {
  hello: z
    .strictObject({
      type: z.literal("hello"),
      token: z
        .string()
        .min(1)
        .optional()
        .describe("Speaks for this token from here on. One that is not valid closes the socket."),
      resume: z
        .string()
        .min(1)
        .max(64)
        .optional()
        .describe(
          "The word from `ready`: goes on with the subscription of a connection that broke.",
        ),
      lastSeq: seq
        .optional()
        .describe("The last record that was taken; without it, the last that was acknowledged."),
    })
    .meta({ id: "Hello", description: "Who speaks, and what is to be resumed." }),
  ack: z.strictObject({ type: z.literal("ack"), seq }).meta({
    id: "Ack",
    description:
      `Records up to this one are taken. A client that acknowledges does so at least every ${ackRecordsMax} records ` +
      "and is never sent more than it can take; one that never does is only held to reading.",
  }),
  stop: z.strictObject({ type: z.literal("stop"), id: EnvelopeId }).meta({
    id: "Stop",
    description:
      "Ends the request with this id: a stream is closed with `end`, a turn is cancelled. Nothing happens when it has ended.",
  }),
} as const;

/** What the node says. */
export const serverEnvelopes = {
  ready: z
    .strictObject({
      type: z.literal("ready"),
      tier: Tier,
      resume: z
        .string()
        .describe(
          `Names this connection's subscription for ${resumeMsMax / 60_000} minutes after it broke.`,
        ),
    })
    .meta({ id: "Ready", description: "The answer to a hello." }),
  resumed: z
    .strictObject({ type: z.literal("resumed"), tier: Tier, resume: z.string(), after: seq })
    .meta({ id: "Resumed", description: "The subscription goes on after this record." }),
  reset: z
    .strictObject({ type: z.literal("reset"), tier: Tier, resume: z.string(), last: seq })
    .meta({
      id: "Reset",
      description:
        "The journal has no such record, because an older one was restored: the subscription goes on after the last there is.",
    }),
  result: z
    .strictObject({
      type: z.literal("result"),
      id: EnvelopeId,
      status: z.int().describe("The status the operation has over HTTP."),
      data: z.unknown(),
      replayed: z
        .literal(true)
        .optional()
        .describe("The answer was given before, to the same idempotency key."),
    })
    .meta({ id: "Result", description: "The answer to a request; nothing follows." }),
  event: z
    .strictObject({
      type: z.literal("event"),
      id: EnvelopeId,
      seq: seq.optional().describe("Of a record: where a subscription goes on after."),
      event: z.string().describe("`message` for a record of the journal."),
      data: z.unknown(),
    })
    .meta({ id: "Event", description: "A part of a stream." }),
  end: z
    .strictObject({ type: z.literal("end"), id: EnvelopeId })
    .meta({ id: "End", description: "A stream is over; nothing follows." }),
  problem: z
    .strictObject({
      type: z.literal("problem"),
      id: EnvelopeId.optional().describe("Left out where no id could be read."),
      problem: Problem,
    })
    .meta({
      id: "ProblemAnswer",
      description: "A request was refused or failed; nothing follows.",
    }),
} as const;

export type ServerEnvelope = {
  [K in keyof typeof serverEnvelopes]: z.input<(typeof serverEnvelopes)[K]>;
}[keyof typeof serverEnvelopes];
