import type { IncomingMessage, ServerResponse } from "node:http";
import { jsonBodyBytesMax, type Route } from "@adyton/protocol";
import * as z from "zod";
import { fitBody } from "./body-faults.ts";
import { binaryEvent, isBinaryEvent } from "./cloud-events.ts";
import { parseJsonBody } from "./json-text.ts";
import { announcesBody, checkAnnouncedBody, readBody, type TakeBytes } from "./read-body.ts";
import { type Refusal, refused } from "./refusal.ts";
import { type MediaType, mediaType } from "./request-headers.ts";

export type Received =
  | Refusal
  | { readonly kind: "received"; readonly body: unknown; readonly bytes: Buffer }
  | { readonly kind: "gone" };

type BodySpec = NonNullable<Route["body"]>;

const emptyBytes = Buffer.alloc(0);
const noBody: Received = { kind: "received", body: undefined, bytes: emptyBytes };

/** What a POST without a body of its own takes: nothing, or the empty object that some clients always send. */
export const emptyBody: BodySpec = {
  schema: z.strictObject({}),
  mediaTypes: ["application/json"],
  bytesMax: jsonBodyBytesMax,
  optional: true,
};

/**
 * Reads and checks a request's body against its route: media type, size, UTF-8, JSON, schema, in this order. `take`
 * counts the body's bytes before they are kept.
 */
export function receive(
  route: Route,
  request: IncomingMessage,
  response: ServerResponse,
  take: TakeBytes,
): Promise<Received> | Received {
  if (route.method !== "POST")
    return announcesBody(request)
      ? refused("invalid_request", { detail: `${route.method} takes no body here.` })
      : noBody;
  return receiveBody(route.body ?? emptyBody, request, response, take);
}

async function receiveBody(
  spec: BodySpec,
  request: IncomingMessage,
  response: ServerResponse,
  take: TakeBytes,
): Promise<Received> {
  const { headers } = request;
  const header = headers["content-type"];
  const type = header === undefined ? undefined : mediaType(header);
  if (header !== undefined && type === undefined)
    return refused("unsupported_media_type", { detail: "The header content-type is malformed." });
  const binary =
    spec.mediaTypes.includes("application/cloudevents+json") && isBinaryEvent(headers, type);
  const faulty =
    checkType(spec, request, type, binary) ?? checkAnnouncedBody(request, spec.bytesMax, take);
  if (faulty !== undefined) return faulty;
  if (headers.expect !== undefined) response.writeContinue();
  const outcome = await readBody(request, spec.bytesMax, take);
  if (outcome.kind !== "read") return outcome;
  const { bytes } = outcome;
  if (binary) {
    const event = binaryEvent(headers, type, bytes);
    if (event.kind === "refused") return event;
    // The attributes came in headers, so the body alone would not tell two events apart.
    return fit(spec.schema, event.value, Buffer.from(JSON.stringify(event.value)));
  }
  if (bytes.length === 0 && spec.optional === true) return fit(spec.schema, {}, bytes);
  const parsed = parseJsonBody(bytes);
  if (parsed.kind === "malformed") return refused("invalid_json", { detail: parsed.detail });
  if (parsed.kind === "unfit")
    return refused("invalid_body", { errors: [{ path: parsed.path, message: parsed.message }] });
  return wrongShape(type, parsed.value) ?? fit(spec.schema, parsed.value, bytes);
}

function checkType(
  spec: BodySpec,
  request: IncomingMessage,
  type: MediaType | undefined,
  binary: boolean,
): Refusal | undefined {
  const encoding = request.headers["content-encoding"];
  if (encoding !== undefined && encoding !== "identity")
    return refused("unsupported_media_type", { detail: "Compressed bodies are not taken." });
  if (type?.charset !== undefined && type.charset !== "utf-8" && type.charset !== "utf8")
    return refused("unsupported_media_type", { detail: "The charset must be utf-8." });
  if (binary) return undefined;
  if (type === undefined && spec.optional === true && !announcesBody(request)) return undefined;
  if (type !== undefined && spec.mediaTypes.includes(type.type)) return undefined;
  return refused("unsupported_media_type", {
    detail: `Send the body as Content-Type: ${spec.mediaTypes.join(" or ")}.`,
  });
}

/** The media types of CloudEvents say whether one event or a batch comes; the body must keep that word. */
function wrongShape(type: MediaType | undefined, value: unknown): Refusal | undefined {
  const expected =
    type?.type === "application/cloudevents+json"
      ? "object"
      : type?.type === "application/cloudevents-batch+json"
        ? "array"
        : undefined;
  if (expected === undefined || Array.isArray(value) === (expected === "array")) return undefined;
  return refused("invalid_body", {
    errors: [{ path: "", message: `must be an ${expected}, as its media type says` }],
  });
}

function fit(schema: z.ZodType, value: unknown, bytes: Buffer): Received {
  const fitted = fitBody(schema, value);
  return fitted.kind === "refused" ? fitted : { kind: "received", body: fitted.value, bytes };
}
