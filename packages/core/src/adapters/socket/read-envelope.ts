import { EnvelopeId } from "@adyton/protocol/envelopes";
import { type MessageType, messageType, routeOf, wishKeys } from "@adyton/protocol/messages";
import { preferWaitSecondsMax, type Problem, problem } from "@adyton/protocol";
import type { OperationRequest } from "../../ports/operations.ts";

/** A request as it lies in one envelope, taken apart into what its operation takes. */
export type Asked = Pick<
  OperationRequest,
  | "route"
  | "params"
  | "query"
  | "body"
  | "rest"
  | "idempotencyKey"
  | "lastEventId"
  | "wantsStream"
  | "preferAsyncAfterMs"
> & { readonly message: MessageType };

export type EnvelopeRead =
  | { readonly kind: "asked"; readonly id: string; readonly asked: Asked }
  | { readonly kind: "refused"; readonly id: string | undefined; readonly problem: Problem };

export type Fields = Readonly<Record<string, unknown>>;

/** A JSON object that is a message; anything else is not one. */
export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Finds the operation of a message and where its parts lie. Their values are checked by the operation's own schemas. */
export function readEnvelope({ type, id: rawId, ...fields }: Fields): EnvelopeRead {
  const parsed = EnvelopeId.safeParse(rawId);
  if (!parsed.success) {
    const message = parsed.error.issues[0]?.message ?? "is not valid";
    return { kind: "refused", id: undefined, problem: unfit("/id", message) };
  }
  const id = parsed.data;
  const message = typeof type === "string" ? messageType(type) : undefined;
  if (message === undefined) {
    const detail = "There is no message of this type; reverse-api-events.yaml lists them.";
    return { kind: "refused", id, problem: problem("not_found", { detail }) };
  }
  const asked = takeApart(message, fields);
  return "code" in asked ? { kind: "refused", id, problem: asked } : { kind: "asked", id, asked };
}

function takeApart(message: MessageType, fields: Fields): Asked | Problem {
  const route = routeOf(message);
  const wishes = wishKeys(route);
  const params: Record<string, string> = {};
  const query: Record<string, string> = {};
  const body: Record<string, unknown> = {};
  const rest: Record<string, unknown> = {};
  let whole: unknown;
  let { idempotencyKey, waitSeconds, after }: Partial<Record<string, unknown>> = {};
  for (const [key, value] of Object.entries(fields)) {
    const name = message.names?.[key] ?? key;
    const isParam = Object.hasOwn(route.params?.shape ?? {}, name);
    const isQuery = Object.hasOwn(route.query?.shape ?? {}, name);
    if (isParam || isQuery) {
      const text = parameter(value);
      if (text === undefined) return unfit(`/${key}`, "must be text or a whole number");
      (isParam ? params : query)[name] = text;
    } else if (key === "idempotencyKey" && wishes.idempotencyKey) idempotencyKey = value;
    else if (key === "waitSeconds" && wishes.waitSeconds) waitSeconds = value;
    else if (key === "after" && wishes.after) after = value;
    else if (message.bodyKey === key) whole = value;
    else if (route.body === undefined || message.bodyKey !== undefined) rest[key] = value;
    else body[key] = value;
  }
  if (idempotencyKey !== undefined && typeof idempotencyKey !== "string")
    return unfit("/idempotencyKey", "must be text");
  if (waitSeconds !== undefined && !isWhole(waitSeconds))
    return unfit("/waitSeconds", "must be a whole number from 0 on");
  if (after !== undefined && !isWhole(after))
    return unfit("/after", "must be a whole number from 0 on");
  return {
    message,
    route: message.route,
    params,
    query,
    rest,
    body: message.bodyKey === undefined ? body : whole,
    wantsStream: message.stream === true,
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
    ...(after === undefined ? {} : { lastEventId: after }),
    ...(waitSeconds === undefined
      ? {}
      : { preferAsyncAfterMs: Math.min(waitSeconds, preferWaitSecondsMax) * 1_000 }),
  };
}

/** Parameters are text in an address; here a number may be one too. */
function parameter(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  return Number.isSafeInteger(value) ? String(value) : undefined;
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function unfit(path: string, message: string): Problem {
  return problem("invalid_body", { errors: [{ path, message }] });
}
