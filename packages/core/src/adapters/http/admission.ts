import type { IncomingMessage } from "node:http";
import { open, type Route, targetCharsMax } from "@adyton/protocol";
import { socketPath, socketSubprotocol } from "@adyton/protocol/messages";
import type { Principal } from "../../ports/http.ts";
import type { Speaker } from "../../ports/operations.ts";
import type { Edge } from "./edge.ts";
import { checkCaller, checkSender } from "./gate.ts";
import { type Refusal, refused } from "./refusal.ts";

/** A request that may be made, by its address and its caller; of its body and parameters nothing is known yet. */
export interface Admitted {
  readonly kind: "admitted";
  readonly route: Route;
  readonly params: Readonly<Record<string, string>>;
  readonly query: string;
  readonly principal: Principal;
}

/** Everything that can be refused by a request's first lines, the cheapest and most general first. */
export function admit(
  edge: Edge,
  request: IncomingMessage,
  unnamed: Principal,
): Admitted | Refusal {
  const target = request.url ?? "";
  const unfit = checkArrival(edge, request);
  if (unfit !== undefined) return unfit;
  if (!target.startsWith("/"))
    return refused("invalid_request", { detail: "The address must be a path." });
  const { expect } = request.headers;
  if (expect !== undefined && expect.toLowerCase() !== "100-continue")
    return refused("invalid_request", { detail: "The only expectation met is 100-continue." });
  const queryAt = target.indexOf("?");
  const match = edge.routes.match(
    request.method ?? "",
    queryAt === -1 ? target : target.slice(0, queryAt),
  );
  if (match.kind === "unknown_path") return refused("not_found", socketHint(target));
  if (match.kind === "malformed_path")
    return refused("invalid_request", { detail: "The path is not percent-encoded UTF-8." });
  if (match.kind === "wrong_method")
    return refused("method_not_allowed", {}, { Allow: match.allow });
  const { route, params } = match;
  const caller = checkCaller(request, route.access, unnamed, edge.authenticate);
  if (caller.kind === "refused") return caller;
  const query = queryAt === -1 ? "" : target.slice(queryAt + 1);
  return { kind: "admitted", route, params, query, principal: caller.principal };
}

/** The same of a request to speak in messages from here on: a WebSocket's first one. */
export function admitUpgrade(
  edge: Edge,
  request: IncomingMessage,
  unnamed: Principal,
): { readonly kind: "admitted"; readonly speaker: Speaker } | Refusal {
  const unfit = checkArrival(edge, request);
  if (unfit !== undefined) return unfit;
  const offered = request.headers["sec-websocket-protocol"]?.split(",") ?? [];
  if (!offered.some((name) => name.trim() === socketSubprotocol))
    return refused("invalid_request", {
      detail: `The WebSocket must offer the subprotocol ${socketSubprotocol}.`,
    });
  const caller = checkCaller(request, open, unnamed, edge.authenticate);
  if (caller.kind === "refused") return caller;
  const byToken = request.headers.authorization !== undefined;
  return { kind: "admitted", speaker: { principal: caller.principal, byToken } };
}

/** Whether a request asks for the WebSocket; what else is called an upgrade is served as if it were none. */
export function asksForSocket({ url, headers }: IncomingMessage): boolean {
  const path = url?.split("?", 1)[0];
  return path === socketPath && headers.upgrade?.toLowerCase() === "websocket";
}

function socketHint(target: string): { readonly detail?: string } {
  if (!target.startsWith(socketPath)) return {};
  return { detail: `This address takes WebSockets with the subprotocol ${socketSubprotocol}.` };
}

function checkArrival(edge: Edge, request: IncomingMessage): Refusal | undefined {
  if ((request.url ?? "").length > targetCharsMax)
    return refused("target_too_long", {
      detail: `An address may have ${targetCharsMax} characters.`,
    });
  return checkSender(request, edge.ownHosts) ?? (edge.stopping ? refused("stopping") : undefined);
}
