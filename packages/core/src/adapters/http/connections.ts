import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { ProblemCode } from "@adyton/protocol";
import type { Principal } from "../../ports/http.ts";
import { admitUpgrade } from "./admission.ts";
import { Connection } from "./connection.ts";
import type { Edge } from "./edge.ts";
import { acceptFaultLogMs } from "./edge-limits.ts";
import { Exchange } from "./exchange.ts";
import { refusalHeaders } from "./answer.ts";
import { type Refusal, refused } from "./refusal.ts";

/** Parser errors with an answer of their own; every other one is `invalid_request`. */
const codeOfError: Readonly<Record<string, ProblemCode>> = {
  HPE_HEADER_OVERFLOW: "headers_too_large",
  HPE_CHUNK_EXTENSIONS_OVERFLOW: "payload_too_large",
  ERR_HTTP_REQUEST_TIMEOUT: "request_timeout",
};

/**
 * The open connections of a node and what happens on them: exchanges, faults below HTTP, and the end. Node answers
 * faulty requests by itself in words of its own; here they get the problems of the contract, as long as the answer
 * cannot be taken for another request's.
 */
export class Connections {
  readonly #edge: Edge;
  readonly #open = new Map<Duplex, Connection>();
  readonly #answered = new WeakSet<Duplex>();
  /** Connections of another door, by whom a request without a token speaks for there. */
  readonly #adopted = new WeakMap<Duplex, Principal>();
  #idleTurns = 0;
  #quietUntilMs = 0;
  #emptied: (() => void) | undefined;

  constructor(edge: Edge) {
    this.#edge = edge;
  }

  get count(): number {
    return this.#open.size;
  }

  attach(server: Server): void {
    const serve = (request: IncomingMessage, response: ServerResponse) =>
      this.#serve(request, response);
    server.on("connection", (socket: Socket) => this.#opened(socket));
    server.on("request", serve).on("checkContinue", serve).on("checkExpectation", serve);
    server.on("clientError", (error: NodeJS.ErrnoException, socket) => this.#faulty(error, socket));
    server.on("upgrade", (request, socket, head) => this.#upgrade(request, socket, head));
    server.on("connect", (_request, socket) => this.#tunnel(socket));
    server.timeout = this.#edge.limits.stalledAnswerMs;
    server.on("timeout", (socket: Socket) => this.#stalled(socket));
    // Before that, an error says that the server cannot listen, which is its starter's to report.
    server.on("listening", () => server.on("error", (error) => this.#cannotAccept(error)));
  }

  /** Serves HTTP on a connection that another door accepted, as whoever that door says. */
  adopt(server: Server, socket: Socket, unnamed: Principal): void {
    this.#adopted.set(socket, unnamed);
    server.emit("connection", socket);
  }

  /**
   * Resolves when every connection is closed: idle ones at once, those with an exchange when it is done, at the latest
   * after `closeMs`, when the rest is cut.
   */
  async close(): Promise<void> {
    for (const { current, socket } of this.#open.values())
      if (current === undefined) socket.destroy();
      else current.stopping();
    if (this.#open.size === 0) return;
    const deadline = setTimeout(() => {
      for (const { current, socket } of this.#open.values()) {
        current?.leave();
        socket.destroy();
      }
    }, this.#edge.limits.closeMs);
    await new Promise<void>((resolve) => (this.#emptied = resolve));
    clearTimeout(deadline);
  }

  /** The system has no file or memory left for a new connection. Those that are open go on. */
  #cannotAccept(error: NodeJS.ErrnoException): void {
    const nowMs = performance.now();
    if (nowMs < this.#quietUntilMs) return;
    this.#quietUntilMs = nowMs + acceptFaultLogMs;
    this.#edge.log({
      level: "error",
      message: "a connection could not be accepted",
      fields: { code: error.code ?? "unknown" },
    });
  }

  #opened(socket: Socket): void {
    const { connectionsMax, silentConnectionMs } = this.#edge.limits;
    if (this.#open.size >= connectionsMax && !this.#makeRoom()) {
      socket.destroy();
      return;
    }
    const unnamed = this.#adopted.get(socket) ?? this.#edge.local;
    const connection = new Connection(socket, unnamed, ++this.#idleTurns);
    this.#open.set(socket, connection);
    const silence = setTimeout(() => {
      if (socket.bytesRead === 0) socket.destroy();
    }, silentConnectionMs);
    socket.on("end", () => {
      connection.isHalfClosed = true;
      connection.current?.halfClosed();
    });
    socket.on("close", () => {
      clearTimeout(silence);
      this.#forget(socket);
    });
  }

  #forget(socket: Duplex): void {
    this.#open.delete(socket);
    if (this.#open.size === 0) this.#emptied?.();
  }

  /** Closes the connection that is missed least, so that nobody can keep others out by holding connections. */
  #makeRoom(): boolean {
    let least: Connection | undefined;
    let leastRank = Infinity;
    for (const connection of this.#open.values()) {
      const rank = connection.rankToClose ?? Infinity;
      if (rank > leastRank || rank === Infinity) continue;
      if (rank === leastRank && least !== undefined && least.idleSince < connection.idleSince)
        continue;
      least = connection;
      leastRank = rank;
    }
    if (least === undefined) return false;
    least.socket.destroy();
    this.#forget(least.socket);
    return true;
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const connection = this.#open.get(request.socket);
    if (connection === undefined || request.socket.destroyed) return cutAhead(request.socket);
    const exchange = new Exchange(this.#edge, { request, response, unnamed: connection.unnamed });
    // Writing to a client that just left fails; that it is gone is told by the event that follows.
    response.on("error", () => {});
    connection.hasAsked = true;
    if (connection.current === undefined) this.#run(connection, exchange);
    else if (connection.waiting === undefined) connection.waiting = exchange;
    else cutAhead(request.socket);
  }

  #run(connection: Connection, exchange: Exchange): void {
    connection.current = exchange;
    exchange.response.on("close", () => this.#answeredOn(connection, exchange));
    if (connection.isHalfClosed) exchange.halfClosed();
    void exchange.run();
  }

  #answeredOn(connection: Connection, exchange: Exchange): void {
    const { socket, waiting } = connection;
    connection.current = undefined;
    connection.waiting = undefined;
    connection.idleSince = ++this.#idleTurns;
    exchange.closed();
    // An answer that was under way when the server stopped could still have promised to keep the connection.
    if (this.#edge.stopping) socket.destroySoon();
    else if (waiting !== undefined && socket.writable) this.#run(connection, waiting);
  }

  /** Nothing was read or written for a time: the connection is idle, its answer is not taken, or a handler is at work. */
  #stalled(socket: Socket): void {
    const isAtWork = this.#open.get(socket)?.current !== undefined;
    if (!isAtWork || socket.writableLength > 0) socket.destroy();
  }

  /** A connection that goes on in messages is no HTTP connection any more, and not counted among them. */
  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const connection = this.#open.get(socket);
    const take = this.#edge.takeUpgrade;
    if (connection === undefined || connection.current !== undefined || take === undefined)
      return void socket.destroy();
    const admitted = admitUpgrade(this.#edge, request, connection.unnamed);
    if (admitted.kind === "refused") return this.#refuseRaw(socket, admitted);
    if (!this.#edge.sockets.take(admitted.speaker.principal, 1))
      return this.#refuseRaw(socket, refused("busy", { detail: "Too many sockets are open." }));
    this.#forget(socket);
    take({ request, socket, head, speaker: admitted.speaker });
  }

  #tunnel(socket: Duplex): void {
    if (this.#open.get(socket)?.current === undefined) this.#answerRaw(socket, "invalid_request");
    else socket.destroy();
  }

  #faulty(error: NodeJS.ErrnoException, socket: Duplex): void {
    const current = this.#open.get(socket)?.current;
    const isUnderWay = current !== undefined && (current.received || current.response.headersSent);
    current?.leave();
    if (isUnderWay || error.code === "ECONNRESET" || !socket.writable) socket.destroy();
    else this.#answerRaw(socket, codeOfError[error.code ?? ""] ?? "invalid_request");
  }

  /** Answers where there is no response object, closes the sending side, and cuts the rest after `lingerMs`. */
  #answerRaw(socket: Duplex, code: ProblemCode): void {
    this.#refuseRaw(socket, refused(code));
  }

  #refuseRaw(socket: Duplex, refusal: Refusal): void {
    if (this.#answered.has(socket)) return;
    this.#answered.add(socket);
    socket.on("error", () => socket.destroy());
    socket.end(rawAnswer(refusal));
    const cut = setTimeout(() => socket.destroy(), this.#edge.limits.lingerMs);
    socket.on("close", () => clearTimeout(cut)).resume();
  }
}

/**
 * Cuts a connection in the middle of what one read brought in. Node would go on making a request and a response of each
 * of the thousands that can stand in it, and keep them all until the socket is closed, which is after every other read
 * of the same round. Taking the parser's own listener away stops that; Node has no documented way.
 */
function cutAhead(socket: Socket): void {
  socket.destroy();
  const { parser } = socket as Socket & { readonly parser?: { onIncoming: unknown } | null };
  if (parser?.onIncoming !== undefined) parser.onIncoming = () => 0;
}

function rawAnswer(refusal: Refusal): string {
  const body = JSON.stringify(refusal.problem);
  const headers = {
    ...refusalHeaders(refusal, body),
    Date: new Date().toUTCString(),
    Connection: "close",
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  // The reason phrase says nothing to a program and may be empty (RFC 9112, section 4).
  return `HTTP/1.1 ${refusal.problem.status} \r\n${lines.join("")}\r\n${body}`;
}
