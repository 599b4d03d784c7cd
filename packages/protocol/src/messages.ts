import type { Route, RouteExample } from "./route.ts";
import { type RouteId, routes } from "./routes.ts";

/** The WebSocket subprotocol, and the version of this contract. */
export const socketSubprotocol = "adyton.v1+json";
export const socketPath = "/api/v1/ws";

/**
 * What may be said over a socket: each type of message is an operation of the table of routes, with the same schemas,
 * grants, limits and problems. Only the way its parts lie in one JSON object is told here.
 */
export interface MessageType {
  readonly type: string;
  readonly route: RouteId;
  /** Keys of the envelope that are called otherwise than the parameters they stand for. */
  readonly names?: Readonly<Record<string, string>>;
  /** The key that holds the body, where its own keys would meet the envelope's. Without it they lie side by side. */
  readonly bodyKey?: string;
  /** Whether the answer is the operation's stream where it could be something else too. */
  readonly stream?: true;
  /** In place of the route's examples, where those do not fit. */
  readonly examples?: readonly RouteExample[];
}

export const messageTable = [
  { type: "message", route: "sendMessage" },
  { type: "command", route: "runCommand" },
  { type: "prompt", route: "insertPrompt" },
  { type: "prompt.remove", route: "removePrompt", names: { prompt: "id" } },
  { type: "run", route: "getRun", names: { run: "id" } },
  { type: "run.follow", route: "followRun", names: { run: "id" } },
  { type: "run.cancel", route: "cancelRun", names: { run: "id" } },
  { type: "publish", route: "postEvents", bodyKey: "events" },
  { type: "journal", route: "getEvents", names: { only: "type" } },
  {
    type: "subscribe",
    route: "getEvents",
    names: { only: "type" },
    stream: true,
    examples: [
      { name: "the first record and what follows", parameters: { after: "0" }, status: 200 },
    ],
  },
  { type: "document.add", route: "addDocument" },
  { type: "documents", route: "listDocuments" },
  { type: "memory.export", route: "exportMemory", stream: true },
  { type: "memory.import", route: "importMemory" },
  { type: "search", route: "searchMemory" },
  { type: "fact.add", route: "addFact" },
  { type: "facts", route: "listFacts" },
  { type: "fact", route: "getFact", names: { fact: "id" } },
  { type: "fact.retract", route: "retractFact", names: { fact: "id" } },
  { type: "proposals", route: "listProposals" },
  { type: "proposal.accept", route: "acceptProposal", names: { proposal: "id" } },
  { type: "proposal.reject", route: "rejectProposal", names: { proposal: "id" } },
  { type: "block.save", route: "saveBlock" },
  { type: "blocks", route: "listBlocks" },
  { type: "block.versions", route: "listBlockVersions" },
  { type: "block.remove", route: "removeBlock" },
  { type: "forget", route: "previewForgetting" },
  { type: "forget.confirm", route: "forget" },
  { type: "self", route: "getSelf" },
  { type: "usage", route: "getUsage" },
  { type: "health", route: "getHealth" },
  { type: "metrics", route: "getMetrics" },
  { type: "token.add", route: "addToken" },
  { type: "tokens", route: "listTokens" },
  { type: "token.revoke", route: "revokeToken" },
  { type: "pairing.add", route: "addPairing" },
  { type: "pairings", route: "listPairings" },
  { type: "pairing.revoke", route: "revokePairing" },
  { type: "confirmation.add", route: "addConfirmation" },
  { type: "confirmations", route: "listConfirmations" },
  { type: "confirmation.revoke", route: "revokeConfirmation" },
  { type: "journal.verify", route: "verifyJournal" },
  { type: "journal.backup", route: "backupJournal" },
  { type: "spec", route: "getSpec" },
] as const satisfies readonly MessageType[];

const routeById: ReadonlyMap<string, Route> = new Map(routes.map((route) => [route.id, route]));
const types: ReadonlyMap<string, MessageType> = new Map(
  messageTable.map((each) => [each.type, each]),
);

/** The message of this type; `undefined` when there is none. */
export function messageType(type: string): MessageType | undefined {
  return types.get(type);
}

/** The operation a message asks for. Throws `TypeError` for one that is not in the table of routes. */
export function routeOf({ route: id, type }: Pick<MessageType, "route" | "type">): Route {
  const route = routeById.get(id);
  if (route === undefined) throw new TypeError(`the message ${type} names no route`);
  return route;
}

/** What says how the answer is wanted. Over HTTP the same wishes are headers. */
export interface WishKeys {
  /** `Idempotency-Key`. */
  readonly idempotencyKey: boolean;
  /** `Prefer: wait=SECONDS`; 0 is `respond-async`. */
  readonly waitSeconds: boolean;
  /** `Last-Event-ID`, of a stream that has no such parameter itself. */
  readonly after: boolean;
}

/** Which wishes an operation takes. */
export function wishKeys(route: Route): WishKeys {
  return {
    idempotencyKey: route.method === "POST",
    waitSeconds: route.async === true,
    after: route.stream === "always",
  };
}

/** The examples of a message as envelopes, with the status each is answered with on a fresh node. */
export function envelopeExamples(
  message: MessageType,
): { readonly name: string; readonly status: number; readonly envelope: object }[] {
  const route = routeOf(message);
  const keyOf = new Map(Object.entries(message.names ?? {}).map(([key, name]) => [name, key]));
  return (message.examples ?? route.examples).map(({ name, status, parameters, body }) => {
    const renamed = Object.entries(parameters ?? {}).map(([key, value]): [string, unknown] => [
      keyOf.get(key) ?? key,
      /^\d+$/.test(value) ? Number(value) : value,
    ]);
    const named: Record<string, unknown> = Object.fromEntries(renamed);
    const said = message.bodyKey === undefined ? body : { [message.bodyKey]: body };
    const envelope = {
      type: message.type,
      id: "1",
      ...named,
      ...asObject(said),
    };
    return { name, status, envelope };
  });
}

function asObject(value: unknown): object {
  return typeof value === "object" && value !== null ? value : {};
}
