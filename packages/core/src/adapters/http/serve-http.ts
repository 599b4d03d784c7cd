import { randomBytes } from "node:crypto";
import type { Server } from "node:http";
import type { Socket } from "node:net";
import { headersBytesMax, type Route, routes } from "@adyton/protocol";
import { http } from "@adyton/runtime/node-http";
import type { Authenticate, Handler, Handlers, Principal } from "../../ports/http.ts";
import type { Operations, Upgrade } from "../../ports/operations.ts";
import { asksForSocket } from "./admission.ts";
import { Connections } from "./connections.ts";
import type { Edge, HttpLogEntry } from "./edge.ts";
import { type EdgeLimits, edgeLimits } from "./edge-limits.ts";
import { ownHosts } from "./gate.ts";
import { listenOn, type Listening } from "./listen.ts";
import { operationsOf } from "./operations.ts";
import { RouteMatcher } from "./route-match.ts";
import { Shares } from "./shares.ts";

export interface HttpOptions {
  /** 0 takes one that is free on every host. */
  readonly port: number;
  /** Addresses, not names. */
  readonly hosts: readonly string[];
  readonly handlers: Handlers;
  readonly authenticate: Authenticate;
  /** Whom a caller without a token speaks for. */
  readonly local: Principal;
  readonly log: (entry: HttpLogEntry) => void;
  /** Names a failed request in its answer and in the log. */
  readonly requestId?: () => string;
  /** Checks every answer against the contract and answers `internal` when it does not fit: for tests. */
  readonly checkResponses?: boolean;
  readonly limits?: Partial<EdgeLimits>;
}

export interface HttpServer extends AsyncDisposable {
  readonly port: number;
  /** The origins the node answers at: `http://127.0.0.1:7860`. */
  readonly addresses: readonly string[];
  /** The hosts this machine does not have. */
  readonly missing: readonly string[];
  readonly openConnections: number;
  readonly openStreams: number;
  readonly openSockets: number;
  /** Bytes of the bodies of all requests that are not answered yet. */
  readonly bodyBytes: number;
  /** Streams closed so far because their clients did not keep up. */
  readonly slowStreams: number;
  /** The operations for doors beside this one: they share its handlers, checks and limits. */
  readonly operations: Operations;
  /** From here on a WebSocket is handed to `take`. */
  onUpgrade(take: (upgrade: Upgrade) => void): void;
  /** Serves HTTP on a connection that another door accepted; a request without a token speaks for `unnamed`. */
  adopt(socket: Socket, unnamed: Principal): void;
}

/**
 * Serves the Reverse API on node:http. The table of routes is the router; every check of a request stands before its
 * handler, and every refusal is a problem of the contract. Throws `ListenError` when it cannot listen. Disposing stops
 * accepting, ends streams and lets answers under way finish for at most `closeMs`.
 */
export async function serveHttp(options: HttpOptions): Promise<HttpServer> {
  const limits: EdgeLimits = { ...edgeLimits, ...options.limits };
  const table: readonly Route[] = routes;
  const edge: Edge = {
    routes: new RouteMatcher(table),
    handlers: new Map<string, Handler>(Object.entries(options.handlers)),
    authenticate: options.authenticate,
    local: options.local,
    limits,
    checkResponses: options.checkResponses ?? false,
    log: options.log,
    requestId: options.requestId ?? (() => randomBytes(9).toString("base64url")),
    ownHosts: new Set(),
    stopping: false,
    streams: new Shares({
      all: limits.streamsMax,
      ownerReserve: limits.streamsForOwner,
      perTokenMax: limits.streamsPerTokenMax,
      localMax: limits.streamsLocalMax,
    }),
    bodyBytes: new Shares({
      all: limits.bodyBytesMax,
      ownerReserve: limits.bodyBytesForOwner,
      perTokenMax: limits.bodyBytesPerTokenMax,
      localMax: limits.bodyBytesLocalMax,
    }),
    sockets: new Shares({
      all: limits.socketsMax,
      ownerReserve: limits.socketsForOwner,
      perTokenMax: limits.socketsPerTokenMax,
      localMax: limits.socketsLocalMax,
    }),
    slowStreams: 0,
    takeUpgrade: undefined,
  };
  const connections = new Connections(edge);
  const listening = await listenOn(
    () => makeServer(limits, connections),
    options.hosts,
    options.port,
  );
  edge.ownHosts = ownHosts(listening.hosts, listening.port);
  return running(edge, connections, listening);
}

function running(edge: Edge, connections: Connections, listening: Listening): HttpServer {
  const { port, hosts, missing, servers } = listening;
  let closing: Promise<void> | undefined;
  const close = async () => {
    edge.stopping = true;
    const closed = servers.map((server) => new Promise((resolve) => server.close(resolve)));
    await connections.close();
    await Promise.all(closed);
  };
  return {
    port,
    addresses: hosts.map((host) => `http://${host.includes(":") ? `[${host}]` : host}:${port}`),
    missing,
    get openConnections() {
      return connections.count;
    },
    get openStreams() {
      return edge.streams.held;
    },
    get openSockets() {
      return edge.sockets.held;
    },
    get bodyBytes() {
      return edge.bodyBytes.held;
    },
    get slowStreams() {
      return edge.slowStreams;
    },
    operations: operationsOf(edge),
    onUpgrade: (take) => (edge.takeUpgrade = take),
    adopt: (socket, unnamed) => {
      const [server] = servers;
      if (server !== undefined) connections.adopt(server, socket, unnamed);
    },
    [Symbol.asyncDispose]: () => (closing ??= close()),
  };
}

function makeServer(limits: EdgeLimits, connections: Connections): Server {
  const server = http.createServer({
    maxHeaderSize: headersBytesMax,
    headersTimeout: Math.min(limits.headersReceiveMsMax, limits.requestReceiveMsMax),
    requestTimeout: limits.requestReceiveMsMax,
    connectionsCheckingInterval: limits.lateCheckMs,
    keepAliveTimeout: limits.idleConnectionMs,
    // A missing Host is answered by the gate, as a problem.
    requireHostHeader: false,
    shouldUpgradeCallback: asksForSocket,
    // A flag of the process must not make the parser lenient.
    insecureHTTPParser: false,
  });
  // Node drops headers over its own count silently; the bound on bytes holds instead.
  server.maxHeadersCount = 0;
  // A client that closes its sending side still gets its answer. Node has no documented switch for it.
  Object.assign(server, { httpAllowHalfOpen: true });
  connections.attach(server);
  return server;
}
