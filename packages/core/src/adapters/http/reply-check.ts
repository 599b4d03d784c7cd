import {
  bodyProblems,
  commonProblems,
  type Problem,
  type ProblemCode,
  type Route,
  Run,
} from "@adyton/protocol";
import { CodedError } from "@adyton/runtime/coded-error";

/** A handler's answer that the published specification does not allow: a fault of ours, found by tests. */
class ReplyMismatch extends CodedError<"body" | "problem" | "event"> {}

/** Throws `ReplyMismatch` unless `text` is what the route is said to answer with this status. */
export function checkReply(
  route: Route,
  status: number,
  text: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  const schema = route.async === true && status === 202 ? Run : route.response.schema;
  const parsed = schema.safeParse(JSON.parse(text));
  if (status === 202 && route.async === true && headers["Location"] === undefined)
    throw new ReplyMismatch("body", `${route.id}: 202 without Location`);
  if (!parsed.success) throw new ReplyMismatch("body", `${route.id}: ${parsed.error.message}`);
}

/** Throws `ReplyMismatch` unless the route's list of problems has this one. */
export function checkProblem(route: Route, { code }: Problem): void {
  const listed: readonly ProblemCode[] = [...route.problems, ...commonProblems];
  if (!listed.includes(code) && !(route.method === "POST" && bodyProblems.includes(code)))
    throw new ReplyMismatch(
      "problem",
      `${route.id}: the problem ${code} is not in the route's list`,
    );
}

/** Throws `ReplyMismatch` unless the route's stream may have this event. */
export function checkEvent(route: Route, name: string | undefined, data: unknown): void {
  const schema = route.events?.[name ?? "message"];
  if (schema === undefined)
    throw new ReplyMismatch("event", `${route.id}: no event ${name ?? "message"}`);
  const parsed = schema.safeParse(JSON.parse(JSON.stringify(data)));
  if (!parsed.success) throw new ReplyMismatch("event", `${route.id}: ${parsed.error.message}`);
}
