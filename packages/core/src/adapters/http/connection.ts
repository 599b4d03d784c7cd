import type { Socket } from "node:net";
import type { Principal } from "../../ports/http.ts";
import type { Exchange } from "./exchange.ts";

/** An open connection, and the at most two requests on it that are not answered yet. */
export class Connection {
  readonly socket: Socket;
  /** Whom a request without a token speaks for. */
  readonly unnamed: Principal;
  current: Exchange | undefined;
  /** Came before the current one was answered; it runs afterwards. */
  waiting: Exchange | undefined;
  hasAsked = false;
  isHalfClosed = false;
  /** Grows from one idle connection to the next: the lowest has been idle for longest. */
  idleSince: number;

  constructor(socket: Socket, unnamed: Principal, idleSince: number) {
    this.socket = socket;
    this.unnamed = unnamed;
    this.idleSince = idleSince;
  }

  /**
   * How readily the connection is closed to make room for a new one, 0 first; `undefined` when it is not. Nothing is
   * lost with one that never asked, little with one that asks nothing now. A request that has not wholly arrived and an
   * answer that is not taken are how a hostile client would hold its place, so they give way too, except the owner's.
   */
  get rankToClose(): 0 | 1 | 2 | undefined {
    const { current, socket } = this;
    if (current === undefined) return this.hasAsked ? 1 : 0;
    if (current.isOwners) return undefined;
    return current.received && socket.writableLength === 0 ? undefined : 2;
  }
}
