import type { IncomingMessage } from "node:http";
import { type Access, accessCovers, speaksOpenAi } from "@adyton/protocol";
import type { Authenticate, Principal } from "../../ports/http.ts";
import type { Speaker } from "../../ports/operations.ts";
import { bearerCharsMax } from "./edge-limits.ts";
import { type Refusal, refused } from "./refusal.ts";
import { repeatedHeader } from "./request-headers.ts";

/**
 * Who may knock, and as whom. The node listens where every browser on the machine can reach it, so before anything
 * else a request must name one of the node's own addresses (a rebound DNS name does not) and must not come from a web
 * page of another origin. There are no CORS headers: what a page may not do, it may not do with leave either.
 */

const loopbackNames = ["localhost", "127.0.0.1", "[::1]"];

/** The values of `Host` a server on these addresses answers to, in lower case. */
export function ownHosts(hosts: readonly string[], port: number): ReadonlySet<string> {
  const names = new Set([
    ...loopbackNames,
    ...hosts.map((host) => (host.includes(":") ? `[${host}]` : host).toLowerCase()),
  ]);
  return new Set([...names].flatMap((name) => [name, `${name}:${port}`]));
}

/** The first fault of a request's address and origin; `undefined` when it may go on. */
export function checkSender(
  request: IncomingMessage,
  own: ReadonlySet<string>,
): Refusal | undefined {
  const repeated = repeatedHeader(request);
  if (repeated !== undefined)
    return refused("invalid_request", { detail: `The header ${repeated} is repeated.` });
  const { host, origin } = request.headers;
  if (host === undefined)
    return refused("invalid_request", { detail: "The header host is missing." });
  const name = host.toLowerCase();
  if (!own.has(name)) return refused("foreign_host");
  if (origin !== undefined && origin.toLowerCase() !== `http://${name}`)
    return refused("foreign_origin");
  const site = request.headers["sec-fetch-site"];
  if (site === undefined || site === "none" || site === "same-origin") return undefined;
  return refused("foreign_origin");
}

export type CallerOutcome = Refusal | { readonly kind: "known"; readonly principal: Principal };

/**
 * The caller a request speaks for, when its grants cover the route. Without a token it is `local`; a token that is
 * malformed or unknown is refused even on open routes, so that a typing error never passes for a weaker caller. OpenAI's
 * clients cannot do without a bearer and send whatever they were given: what does not even look like a token of the
 * node is passed over there.
 */
export function checkCaller(
  request: IncomingMessage,
  access: Access,
  local: Principal,
  authenticate: Authenticate,
): CallerOutcome {
  const { authorization } = request.headers;
  let principal = local;
  let byToken = false;
  if (authorization !== undefined) {
    const bearer = /^bearer +([A-Za-z0-9._~+/-]+=*)$/i.exec(authorization)?.[1];
    const isSound = bearer !== undefined && bearer.length <= bearerCharsMax;
    const known = isSound ? authenticate(bearer) : undefined;
    if (known === undefined && !isPassedOver(request.url, authorization))
      return isSound
        ? unauthorized("The token is unknown, expired or revoked.", "invalid_token")
        : unauthorized("The header must read: Authorization: Bearer TOKEN.", "invalid_request");
    principal = known ?? local;
    byToken = known !== undefined;
  }
  const speaker = { principal, byToken };
  return (
    checkAccess(access, speaker, "Authorization: Bearer TOKEN") ?? { kind: "known", principal }
  );
}

/** The refusal of a caller whose grants do not cover an operation. `sentAs` says how this door takes a token. */
export function checkAccess(
  access: Access,
  { principal, byToken }: Speaker,
  sentAs: string,
): Refusal | undefined {
  if (access.kind === "open") return undefined;
  const { grant } = access;
  const tokenIsMissing = !byToken && access.kind === "token" && principal.tier === "local";
  if (!tokenIsMissing && accessCovers(access, principal.grants)) return undefined;
  if (!byToken)
    return unauthorized(
      `This needs a token with the grant ${grant}: make one with “adyton token add NAME --may ${grant}” ` +
        `and send it as ${sentAs}.`,
    );
  return refused("forbidden", { detail: `The token lacks the grant ${grant}.` });
}

/** Whether an authorization that is no token's is passed over, as if there were none. */
function isPassedOver(url: string | undefined, authorization: string): boolean {
  return speaksOpenAi(url ?? "") && !/^bearer +adyton_/i.test(authorization);
}

function unauthorized(detail: string, error?: string): Refusal {
  const challenge = `Bearer realm="adyton"${error === undefined ? "" : `, error="${error}"`}`;
  return refused("unauthorized", { detail }, { "WWW-Authenticate": challenge });
}
