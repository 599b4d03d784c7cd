import { hash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { isResumable, type Route } from "@adyton/protocol";
import type { Call } from "../../ports/http.ts";
import type { Admitted } from "./admission.ts";
import { CheckedCall } from "./checked-call.ts";
import { parseParams, parseQuery } from "./query.ts";
import { type Refusal, refused } from "./refusal.ts";
import { asyncAfterMs, eventId, isIdempotencyKey } from "./request-headers.ts";

type Wishes = Pick<Call, "idempotencyKey" | "lastEventId" | "preferAsyncAfterMs" | "wantsStream">;

export interface RequestBody {
  readonly body: unknown;
  /** The body as it arrived: repetitions are told by it. */
  readonly bytes: Buffer;
}

/** The last checks, of parameters and of the headers that say how the answer is wanted, and the call they lead to. */
export function makeCall(
  { route, principal, params: rawParams, query: rawQuery }: Admitted,
  request: IncomingMessage,
  { body, bytes }: RequestBody,
  signal: () => AbortSignal,
): Refusal | { readonly kind: "call"; readonly call: Call } {
  const params = parseParams(route, rawParams);
  if (params.kind === "refused") return params;
  const query = parseQuery(route, rawQuery);
  if (query.kind === "refused") return query;
  const wishes = readWishes(route, request);
  if ("kind" in wishes) return wishes;
  const call = new CheckedCall({
    principal,
    params: params.value,
    query: query.value,
    body,
    ...wishes,
    makeFingerprint: () => fingerprint(route, params.value, query.value, bytes),
    makeSignal: signal,
  });
  return { kind: "call", call };
}

function readWishes(route: Route, { headers }: IncomingMessage): Wishes | Refusal {
  const key = route.method === "POST" ? text(headers["idempotency-key"]) : undefined;
  if (key !== undefined && !isIdempotencyKey(key)) return malformedKey("An Idempotency-Key");
  const lastEvent = isResumable(route) ? text(headers["last-event-id"]) : undefined;
  const lastEventId = lastEvent === undefined ? undefined : eventId(lastEvent);
  if (lastEvent !== undefined && lastEventId === undefined)
    return refused("invalid_request", { detail: "A Last-Event-ID is a whole number from 0 on." });
  const prefer = route.async === true ? text(headers["prefer"]) : undefined;
  const preferAsyncAfterMs = prefer === undefined ? undefined : asyncAfterMs(prefer);
  return {
    ...(key === undefined ? {} : { idempotencyKey: key }),
    ...(lastEventId === undefined ? {} : { lastEventId }),
    ...(preferAsyncAfterMs === undefined ? {} : { preferAsyncAfterMs }),
    wantsStream: headers.accept?.includes("text/event-stream") ?? false,
  };
}

export function malformedKey(what: string): Refusal {
  return refused("invalid_request", { detail: `${what} is 1 to 255 visible ASCII characters.` });
}

/** Node joins repeated headers into one text, except a few that are never asked for here. */
function text(header: string | string[] | undefined): string | undefined {
  return typeof header === "string" ? header : undefined;
}

/** The parameters belong to it too: the same empty body cancels different runs. A line feed separates the parts. */
export function fingerprint(
  route: Route,
  params: unknown,
  query: unknown,
  bytes: Buffer,
): Uint8Array {
  const head = `${route.id}\n${JSON.stringify(params)}\n${JSON.stringify(query)}\n`;
  return hash("sha256", Buffer.concat([Buffer.from(head), bytes]), "buffer");
}
