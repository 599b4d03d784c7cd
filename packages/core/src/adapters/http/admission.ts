import type { IncomingMessage } from "node:http";
import { type Route, targetCharsMax } from "@adyton/protocol";
import type { Principal } from "../../ports/http.ts";
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
export function admit(edge: Edge, request: IncomingMessage): Admitted | Refusal {
  const target = request.url ?? "";
  if (target.length > targetCharsMax)
    return refused("target_too_long", {
      detail: `An address may have ${targetCharsMax} characters.`,
    });
  const foreign = checkSender(request, edge.ownHosts);
  if (foreign !== undefined) return foreign;
  if (edge.stopping) return refused("stopping");
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
  if (match.kind === "unknown_path") return refused("not_found");
  if (match.kind === "malformed_path")
    return refused("invalid_request", { detail: "The path is not percent-encoded UTF-8." });
  if (match.kind === "wrong_method")
    return refused("method_not_allowed", {}, { Allow: match.allow });
  const { route, params } = match;
  const caller = checkCaller(request, route.access, edge.local, edge.authenticate);
  if (caller.kind === "refused") return caller;
  const query = queryAt === -1 ? "" : target.slice(queryAt + 1);
  return { kind: "admitted", route, params, query, principal: caller.principal };
}
