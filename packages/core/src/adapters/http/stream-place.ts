import { alwaysStreams, type Route } from "@adyton/protocol";
import type { Call, Principal } from "../../ports/http.ts";
import type { Edge } from "./edge.ts";
import { streamRetryAfterSeconds } from "./edge-limits.ts";
import { type Refusal, refused } from "./refusal.ts";

/** A place among the streams is taken before the handler runs, so that `busy` is said before anything has happened. */
export function wantsStream(route: Route, call: Call): boolean {
  if (route.stream === undefined) return false;
  return alwaysStreams(route) || call.wantsStream || asksInBody(call.body);
}

/** Takes a place among the caller's streams, or says that there is none. */
export function takeStreamPlace(edge: Edge, principal: Principal): Refusal | undefined {
  if (edge.streams.take(principal, 1)) return undefined;
  return refused("busy", {
    detail: "Too many streams are open.",
    retryAfterSeconds: streamRetryAfterSeconds,
  });
}

function asksInBody(body: unknown): boolean {
  return typeof body === "object" && body !== null && "stream" in body && body.stream === true;
}
