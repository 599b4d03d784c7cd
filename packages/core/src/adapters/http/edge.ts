import type { Authenticate, Handler, Principal } from "../../ports/http.ts";
import type { Upgrade } from "../../ports/operations.ts";
import type { EdgeLimits } from "./edge-limits.ts";
import type { RouteMatcher } from "./route-match.ts";
import type { Shares } from "./shares.ts";

/** What the edge has to say to the node's log. The fields hold no text of a request. */
export interface HttpLogEntry {
  readonly level: "warn" | "error";
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** What all exchanges of a server share. */
export interface Edge {
  readonly routes: RouteMatcher;
  /** By the route's id. */
  readonly handlers: ReadonlyMap<string, Handler>;
  readonly authenticate: Authenticate;
  readonly local: Principal;
  readonly limits: EdgeLimits;
  readonly checkResponses: boolean;
  readonly log: (entry: HttpLogEntry) => void;
  readonly requestId: () => string;
  /** Known once the port is. */
  ownHosts: ReadonlySet<string>;
  stopping: boolean;
  readonly streams: Shares;
  readonly bodyBytes: Shares;
  /** Connections that were upgraded or came through another door. */
  readonly sockets: Shares;
  slowStreams: number;
  /** Goes on with a connection that speaks in messages from here on. Absent while no door does. */
  takeUpgrade: ((upgrade: Upgrade) => void) | undefined;
}
