import type { Socket } from "node:net";
import type { WebSocketServer } from "ws";
import type { Callers, Operations, Speaker, Upgrade } from "../../ports/operations.ts";
import { type Beating, Heartbeat } from "./heartbeat.ts";
import { Resumptions } from "./resumptions.ts";
import type { SocketContext } from "./socket-context.ts";
import { type SocketLimits, socketLimits } from "./socket-limits.ts";

/** One connection, whatever its framing. */
export interface OpenSocket extends Beating {
  /** Says that the node stops, and closes. */
  stop(): void;
  /** Closes at once. */
  cut(): void;
}

export interface SocketDoorOptions {
  readonly operations: Operations;
  readonly callers: Callers;
  readonly log: (message: string, fields: Readonly<Record<string, unknown>>) => void;
  readonly limits?: Partial<SocketLimits>;
}

/**
 * All connections that speak in messages: WebSockets, and lines on the unix socket or a loopback port. What serves them
 * is loaded with the first one: most nodes have none.
 */
export class SocketDoor implements AsyncDisposable {
  readonly #context: SocketContext;
  readonly #log: SocketDoorOptions["log"];
  readonly #heartbeat: Heartbeat;
  readonly #open = new Set<OpenSocket>();
  #server: WebSocketServer | undefined;
  #stopping: (() => void) | undefined;
  #slow = 0;

  constructor({ operations, callers, log, limits: changed }: SocketDoorOptions) {
    const limits = { ...socketLimits, ...changed };
    this.#log = log;
    this.#heartbeat = new Heartbeat(limits.heartbeatMs);
    this.#context = {
      operations,
      callers,
      limits,
      resumptions: new Resumptions(limits, () => performance.now()),
      tooSlow: () => {
        this.#slow++;
        log("a socket was closed because its client did not keep up", {});
      },
    };
  }

  get count(): number {
    return this.#open.size;
  }

  /** Sockets closed so far because their clients did not keep up. */
  get slow(): number {
    return this.#slow;
  }

  get limits(): SocketLimits {
    return this.#context.limits;
  }

  /** Goes on with a connection whose client asked for a WebSocket. */
  takeUpgrade(upgrade: Upgrade): void {
    upgrade.socket.on("error", () => upgrade.socket.destroy());
    void this.#upgrade(upgrade).catch((error: unknown) => {
      this.#log("a WebSocket could not be opened", { error });
      upgrade.socket.destroy();
    });
  }

  /** Serves lines on a connection. */
  async takeLines(socket: Socket, speaker: Speaker): Promise<void> {
    const { LinesWire } = await import("./lines.ts");
    if (socket.destroyed || this.#stopping !== undefined) return void socket.destroy();
    if (!this.#context.operations.sockets.take(speaker.principal, 1)) {
      const { problem } = await import("@adyton/protocol");
      const busy = problem("busy", { detail: "Too many sockets are open." });
      return void socket.end(`${JSON.stringify({ type: "problem", problem: busy })}\n`);
    }
    this.#opened((closed) => new LinesWire(this.#context, { socket, speaker }, closed));
  }

  /** Tells every client, and waits until all are closed: those that do not take it are cut after `lingerMs`. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#open.size === 0) return void (this.#stopping = () => undefined);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#stopping = resolve;
    for (const socket of this.#open) socket.stop();
    const cut = setTimeout(() => {
      for (const socket of this.#open) socket.cut();
    }, this.#context.limits.lingerMs);
    await promise;
    clearTimeout(cut);
  }

  async #upgrade(upgrade: Upgrade): Promise<void> {
    const { socket, speaker } = upgrade;
    const leave = () => this.#context.operations.sockets.give(speaker.principal, 1);
    const { completeUpgrade, webSockets, WebSocketWire } = await import("./web-socket.ts");
    this.#server ??= webSockets(this.#context.limits);
    if (this.#stopping !== undefined) socket.destroy();
    const webSocket = socket.destroyed ? undefined : await completeUpgrade(this.#server, upgrade);
    if (webSocket === undefined) return leave();
    const parts = { webSocket, connection: socket, speaker };
    this.#opened((closed) => new WebSocketWire(this.#context, parts, closed));
  }

  #opened(make: (closed: () => void) => OpenSocket): void {
    const wire = make(() => {
      stopBeating();
      this.#open.delete(wire);
      if (this.#open.size === 0) this.#stopping?.();
    });
    const stopBeating = this.#heartbeat.add(wire);
    this.#open.add(wire);
  }
}
