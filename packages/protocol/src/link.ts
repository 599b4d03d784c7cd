import * as z from "zod";
import { linkFilePathPattern, linkVersion } from "./link-limits.ts";

/**
 * The frames of the link between a node and its relay in the layout `bot`. A frame is one binary message of a WebSocket:
 * two bytes with the length of the header, the header as JSON, and the rest as it is. The node has no token of the bot:
 * it names the method, the relay adds the token.
 *
 * The relay begins with a challenge. Each side proves that it has the key by a digest over both nonces; to a wrong proof
 * there is no answer. After that, frames with a number (`seq`) are delivered once and in order for as long as the session
 * lasts, over as many connections as it takes.
 */

const nonce = z.string().regex(/^[0-9a-f]{64}$/);
const proof = nonce.describe("HMAC-SHA-256 under the link's key.");
const session = z.string().regex(/^[0-9a-f]{32}$/);
const number = z.int().min(0).max(Number.MAX_SAFE_INTEGER);
const seq = number.min(1).describe("Counts the numbered frames of one direction of a session.");
const received = number.describe("The last number that has arrived.");
const call = number.describe("Tells the calls of a session apart.");
const isLast = z.boolean().describe("Whether the answer ends with this frame.");

export const LinkFrame = z
  .discriminatedUnion("type", [
    z.strictObject({ type: z.literal("challenge"), version: z.literal(linkVersion), nonce }),
    z.strictObject({
      type: z.literal("hello"),
      version: z.literal(linkVersion),
      nonce,
      session: session.nullable().describe("The session to go on with."),
      received,
      proof,
    }),
    z.strictObject({
      type: z.literal("welcome"),
      session,
      isResumed: z.boolean(),
      received,
      proof,
    }),
    /** Another node has taken the link. */
    z.strictObject({ type: z.literal("replaced") }),
    /** Also the sign of life. */
    z.strictObject({ type: z.literal("ack"), received }),
    z.strictObject({
      type: z.literal("call"),
      seq,
      call,
      method: z.string().regex(/^[A-Za-z]{1,64}$/),
      contentType: z.string().max(256).describe("Of the body, which follows the header."),
    }),
    z.strictObject({
      type: z.literal("file"),
      seq,
      call,
      path: z.string().regex(linkFilePathPattern),
    }),
    z.strictObject({ type: z.literal("cancel"), seq, call }),
    z.strictObject({
      type: z.literal("result"),
      seq,
      call,
      status: z.int().min(100).max(599),
      isLast,
    }),
    z.strictObject({ type: z.literal("more"), seq, call, isLast }),
    z.strictObject({
      type: z.literal("failed"),
      seq,
      call,
      code: z
        .string()
        .regex(/^[A-Z][A-Z0-9_]{0,63}$/)
        .describe("A code of the system or of the relay. The call may have had its effect."),
    }),
  ])
  .meta({ id: "LinkFrame", description: "The header of a frame between a node and its relay." });
export type LinkFrame = z.infer<typeof LinkFrame>;
