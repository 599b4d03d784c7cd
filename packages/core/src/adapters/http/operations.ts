import assert from "node:assert/strict";
import { type Problem, problem, type Route } from "@adyton/protocol";
import type { Call, Reply, StreamSink } from "../../ports/http.ts";
import type { JsonRead, OperationRequest, Operations } from "../../ports/operations.ts";
import { fitBody } from "./body-faults.ts";
import { CheckedCall } from "./checked-call.ts";
import type { Edge } from "./edge.ts";
import { failureOf } from "./failure.ts";
import { checkAccess } from "./gate.ts";
import { parseJsonBody } from "./json-text.ts";
import { fingerprint, malformedKey } from "./make-call.ts";
import { parseParams, parseQueryFields } from "./query.ts";
import { tooLarge } from "./read-body.ts";
import { emptyBody } from "./receive.ts";
import type { Refusal } from "./refusal.ts";
import { checkEvent, checkProblem, checkReply } from "./reply-check.ts";
import { isIdempotencyKey } from "./request-headers.ts";
import { takeStreamPlace, wantsStream } from "./stream-place.ts";

/**
 * The operations of the table for doors that are no HTTP server: the same checks in the same order as an exchange's,
 * less those that are HTTP's own, and the same handlers.
 */
export function operationsOf(edge: Edge): Operations {
  return {
    perform: (request) => perform(edge, request),
    readJson,
    bytes: edge.bodyBytes,
    sockets: edge.sockets,
  };
}

function readJson(bytes: Buffer): JsonRead {
  const parsed = parseJsonBody(bytes);
  if (parsed.kind === "parsed") return parsed;
  if (parsed.kind === "malformed")
    return refusal(problem("invalid_json", { detail: parsed.detail }));
  const { path, message } = parsed;
  return refusal(problem("invalid_body", { errors: [{ path, message }] }));
}

const refusal = (given: Problem) => ({ kind: "problem", problem: given }) as const;

async function perform(edge: Edge, request: OperationRequest): Promise<Reply> {
  const { principal } = request.speaker;
  const route = edge.routes.byId(request.route);
  assert.ok(route, `there is no route ${request.route}`);
  if (edge.stopping) return refusal(problem("stopping"));
  const made = makeCall(route, request);
  if (made.kind === "refused") return refusal(made.problem);
  const isStream = wantsStream(route, made.call);
  const busy = isStream ? takeStreamPlace(edge, principal) : undefined;
  if (busy !== undefined) return refusal(busy.problem);
  const leave = (): void => edge.streams.give(principal, 1);
  try {
    const handler = edge.handlers.get(route.id);
    assert.ok(handler, `the route ${route.id} has no handler`);
    const reply = await handler(made.call);
    if (reply.kind === "stream") {
      const late = isStream ? undefined : takeStreamPlace(edge, principal);
      return late === undefined ? streaming(edge, route, reply, leave) : refusal(late.problem);
    }
    if (edge.checkResponses) check(route, reply);
    if (isStream) leave();
    return reply;
  } catch (error) {
    if (isStream) leave();
    if (request.signal.aborted) return refusal(problem("cancelled"));
    return refusal(failureOf(edge, error, route));
  }
}

function makeCall(
  route: Route,
  request: OperationRequest,
): Refusal | { readonly kind: "call"; readonly call: Call } {
  const { speaker, rest, idempotencyKey, lastEventId, preferAsyncAfterMs } = request;
  const forbidden = checkAccess(route.access, speaker, "the token of a hello");
  if (forbidden !== undefined) return forbidden;
  const params = parseParams(route, request.params);
  if (params.kind === "refused") return params;
  const query = parseQueryFields(route, Object.entries(request.query));
  if (query.kind === "refused") return query;
  const stray = fitBody(emptyBody.schema, rest);
  if (stray.kind === "refused") return stray;
  const body = checkBody(route, request);
  if (body.kind === "refused") return body;
  if (idempotencyKey !== undefined && !isIdempotencyKey(idempotencyKey))
    return malformedKey("An idempotencyKey");
  const call = new CheckedCall({
    principal: speaker.principal,
    params: params.value,
    query: query.value,
    body: body.value,
    wantsStream: request.wantsStream,
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
    ...(lastEventId === undefined ? {} : { lastEventId }),
    ...(preferAsyncAfterMs === undefined ? {} : { preferAsyncAfterMs }),
    makeFingerprint: () => {
      const said = Buffer.from(JSON.stringify(request.body ?? {}));
      return fingerprint(route, params.value, query.value, said);
    },
    makeSignal: () => request.signal,
  });
  return { kind: "call", call };
}

function checkBody(
  route: Route,
  { body, bytes }: OperationRequest,
): Refusal | { readonly kind: "fits"; readonly value: unknown } {
  if (route.body === undefined) return { kind: "fits", value: undefined };
  const { schema, bytesMax } = route.body;
  // What came is never smaller than its body.
  if (bytes > bytesMax && Buffer.byteLength(JSON.stringify(body) ?? "") > bytesMax)
    return tooLarge(bytesMax);
  return fitBody(schema, body);
}

type StreamReply = Extract<Reply, { readonly kind: "stream" }>;

/** What a stream's writer throws becomes its last event, as it does over HTTP. */
function streaming(edge: Edge, route: Route, reply: StreamReply, leave: () => void): StreamReply {
  const write = async (sink: StreamSink): Promise<void> => {
    const checked: StreamSink = !edge.checkResponses
      ? sink
      : {
          signal: sink.signal,
          drained: () => sink.drained(),
          send: (event) => {
            checkEvent(route, event.event, event.data);
            return sink.send(event);
          },
        };
    try {
      await reply.write(checked);
    } catch (error) {
      sink.send({ event: "problem", data: failureOf(edge, error, route) });
    } finally {
      leave();
    }
  };
  return { ...reply, write };
}

function check(route: Route, reply: Exclude<Reply, StreamReply>): void {
  if (reply.kind === "problem") checkProblem(route, reply.problem);
  if (reply.kind === "json")
    checkReply(route, reply.status ?? route.status, JSON.stringify(reply.body), reply.headers);
}
