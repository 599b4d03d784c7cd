import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { type Problem, problem, type ProblemCode } from "@adyton/protocol";
import type { Edge } from "./edge.ts";
import { Exchange } from "./exchange.ts";
import { refusalHeaders } from "./answer.ts";

/** Parser errors with an answer of their own; every other one is `invalid_request`. */
const codeOfError: Readonly<Record<string, ProblemCode>> = {
  HPE_HEADER_OVERFLOW: "headers_too_large",
  HPE_CHUNK_EXTENSIONS_OVERFLOW: "payload_too_large",
  ERR_HTTP_REQUEST_TIMEOUT: "request_timeout",
};

/**
 * The open connections of a server and what happens on them: exchanges, faults below HTTP, and the end. Node answers
 * faulty requests by itself in words of its own; here they get the problems of the contract, as long as the answer
 * cannot be taken for another request's.
 */
export class Connections {
  readonly #edge: Edge;
  readonly #sockets = new Set<Socket>();
  readonly #exchanges = new Set<Exchange>();
  readonly #answered = new WeakSet<Duplex>();
  #emptied: (() => void) | undefined;

  constructor(edge: Edge) {
    this.#edge = edge;
  }

  get count(): number {
    return this.#sockets.size;
  }

  attach(server: Server): void {
    const serve = (request: IncomingMessage, response: ServerResponse) =>
      this.#serve(request, response);
    server.on("connection", (socket: Socket) => this.#opened(socket));
    server.on("request", serve).on("checkContinue", serve).on("checkExpectation", serve);
    server.on("clientError", (error: NodeJS.ErrnoException, socket) => this.#faulty(error, socket));
    server.on("connect", (_request, socket) => this.#answerRaw(socket, "invalid_request"));
  }

  /**
   * Resolves when every connection is closed: idle ones at once, those with an exchange when it is done, at the latest
   * after `closeMs`, when the rest is cut.
   */
  async close(): Promise<void> {
    const busy = new Set<Socket>();
    for (const exchange of this.#exchanges) {
      busy.add(exchange.request.socket);
      exchange.stopping();
    }
    for (const socket of this.#sockets) if (!busy.has(socket)) socket.destroy();
    if (this.#sockets.size === 0) return;
    const deadline = setTimeout(() => {
      for (const exchange of this.#exchanges) exchange.leave();
      for (const socket of this.#sockets) socket.destroy();
    }, this.#edge.limits.closeMs);
    await new Promise<void>((resolve) => (this.#emptied = resolve));
    clearTimeout(deadline);
  }

  #opened(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on("end", () => {
      for (const exchange of this.#exchanges)
        if (exchange.request.socket === socket) exchange.halfClosed();
    });
    socket.on("close", () => {
      this.#sockets.delete(socket);
      if (this.#sockets.size === 0) this.#emptied?.();
    });
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const exchange = new Exchange(this.#edge, request, response);
    this.#exchanges.add(exchange);
    // Writing to a client that just left fails; that it is gone is told by the event that follows.
    response.on("error", () => {});
    response.on("close", () => {
      this.#exchanges.delete(exchange);
      exchange.closed();
      // An answer that was under way when the server stopped could still have promised to keep the connection.
      if (this.#edge.stopping) request.socket.destroySoon();
    });
    void exchange.run();
  }

  #faulty(error: NodeJS.ErrnoException, socket: Duplex): void {
    let underWay = false;
    for (const exchange of this.#exchanges) {
      if (exchange.request.socket !== socket) continue;
      underWay ||= exchange.received || exchange.response.headersSent;
      exchange.leave();
    }
    if (underWay || error.code === "ECONNRESET" || !socket.writable) socket.destroy();
    else this.#answerRaw(socket, codeOfError[error.code ?? ""] ?? "invalid_request");
  }

  /** Answers where there is no response object, closes the sending side, and cuts the rest after `lingerMs`. */
  #answerRaw(socket: Duplex, code: ProblemCode): void {
    if (this.#answered.has(socket)) return;
    this.#answered.add(socket);
    socket.on("error", () => socket.destroy());
    socket.end(rawAnswer(problem(code)));
    const cut = setTimeout(() => socket.destroy(), this.#edge.limits.lingerMs);
    socket.on("close", () => clearTimeout(cut)).resume();
  }
}

function rawAnswer(refusal: Problem): string {
  const body = JSON.stringify(refusal);
  const headers = {
    ...refusalHeaders({ kind: "refused", problem: refusal }, body),
    Date: new Date().toUTCString(),
    Connection: "close",
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  // The reason phrase says nothing to a program and may be empty (RFC 9112, section 4).
  return `HTTP/1.1 ${refusal.status} \r\n${lines.join("")}\r\n${body}`;
}
