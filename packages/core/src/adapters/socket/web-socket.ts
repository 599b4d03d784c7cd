import type { Duplex } from "node:stream";
import { closeCodes, type CloseReason } from "@adyton/protocol/envelopes";
import { socketSubprotocol } from "@adyton/protocol/messages";
import { type RawData, type WebSocket, WebSocketServer } from "ws";
import type { Speaker, Upgrade } from "../../ports/operations.ts";
import { PartialMessage } from "./partial-message.ts";
import { Session } from "./session.ts";
import type { SocketContext } from "./socket-context.ts";
import type { SocketLimits } from "./socket-limits.ts";
import type { OpenSocket } from "./socket-door.ts";
import type { Wire } from "./wire.ts";

/** Of a client's control frame (RFC 6455, section 5.2): two bytes and the mask. */
const controlHeadBytes = 6;

/** Makes WebSockets of upgraded connections. No compression: it would cost each idle socket its own memory. */
export function webSockets(limits: SocketLimits): WebSocketServer {
  const options = {
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: limits.envelopeBytesMax,
    maxFragments: limits.fragmentsMax,
    closeTimeout: limits.lingerMs,
    handleProtocols: () => socketSubprotocol,
  };
  return new WebSocketServer(options);
}

/** Resolves with the socket once its client knows; `undefined` when its request was no sound one and is refused. */
export function completeUpgrade(
  server: WebSocketServer,
  { request, socket, head }: Upgrade,
): Promise<WebSocket | undefined> {
  return new Promise((resolve) => {
    const gone = () => resolve(undefined);
    socket.once("close", gone);
    server.handleUpgrade(request, socket, head, (webSocket) => {
      socket.off("close", gone);
      resolve(webSocket);
    });
  });
}

/** A message a frame. Whether the other end is there is asked with pings, which every client answers by itself. */
export class WebSocketWire implements Wire, OpenSocket {
  readonly #context: SocketContext;
  readonly #webSocket: WebSocket;
  readonly #connection: Duplex & { readonly bytesWritten?: number };
  readonly #session: Session;
  readonly #partial: PartialMessage;
  /** Of the message that has not wholly arrived. */
  #arrivedBytes = 0;
  /** Whether the present read brought the end of a message. */
  #hasMessage = false;
  #hasHeard = true;

  constructor(
    context: SocketContext,
    {
      webSocket,
      connection,
      speaker,
    }: { webSocket: WebSocket; connection: Duplex; speaker: Speaker },
    closed: () => void,
  ) {
    const { operations, limits } = context;
    this.#context = context;
    this.#webSocket = webSocket;
    this.#connection = connection;
    this.#session = new Session(context, this, speaker);
    this.#partial = new PartialMessage(operations.bytes, limits.uncountedBytesMax);
    webSocket.on("message", (data, isBinary) => this.#message(data, isBinary));
    webSocket.on("ping", (data) => this.#control(data)).on("pong", (data) => this.#control(data));
    // The socket closes itself with the code that fits; there is nothing to add.
    webSocket.on("error", () => undefined);
    webSocket.on("close", () => {
      this.#partial.clear();
      this.#session.closed();
      closed();
    });
    // Comes after what the socket made of the same chunk.
    connection.on("data", (chunk: Buffer) => this.#arrived(chunk.length));
  }

  get waitingBytes(): number {
    return this.#webSocket.bufferedAmount;
  }

  get takenBytes(): number {
    return (this.#connection.bytesWritten ?? 0) - this.#connection.writableLength;
  }

  send(text: string): void {
    this.#webSocket.send(text);
  }

  drained(): Promise<void> {
    const connection = this.#connection;
    if (this.waitingBytes === 0 || connection.destroyed) return Promise.resolve();
    return drainOf(connection);
  }

  answered(): void {}

  close(reason: CloseReason): void {
    this.#webSocket.close(closeCodes[reason].code, reason);
  }

  beat(): void {
    if (this.#partial.isLate()) this.#session.close("slow");
    this.#session.beat();
    if (!this.#hasHeard && this.#webSocket.readyState === this.#webSocket.OPEN)
      return this.#webSocket.terminate();
    this.#hasHeard = false;
    if (this.#webSocket.readyState === this.#webSocket.OPEN) this.#webSocket.ping();
  }

  stop(): void {
    this.#session.close("stopping");
  }

  cut(): void {
    this.#webSocket.terminate();
  }

  #message(data: RawData, isBinary: boolean): void {
    this.#hasMessage = true;
    this.#partial.clear();
    if (isBinary || !Buffer.isBuffer(data)) return this.#session.close("not_text");
    this.#session.receive(data);
  }

  /** Is no part of a message: left in, the pings of a quiet client would add up to one. */
  #control(data: Buffer): void {
    this.#arrivedBytes -= controlHeadBytes + data.length;
  }

  #arrived(bytes: number): void {
    this.#hasHeard = true;
    // What a read brought after the end of a message is not counted: it is less than one read.
    this.#arrivedBytes = this.#hasMessage ? 0 : Math.max(0, this.#arrivedBytes + bytes);
    this.#hasMessage = false;
    const isSmall = this.#arrivedBytes <= this.#context.limits.uncountedBytesMax;
    if (isSmall || this.#partial.keeps(this.#arrivedBytes, this.#session.speaker)) return;
    this.#session.close("busy");
    this.cut();
  }
}

/** Resolves when nothing waits in a connection's buffer any more, or it is closed. */
export function drainOf(connection: Duplex): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (connection.writableLength > 0 && !connection.destroyed) return;
      connection.off("drain", look).off("close", settle);
      resolve();
    };
    const settle = () => {
      connection.off("drain", look);
      resolve();
    };
    connection.on("drain", look).once("close", settle);
  });
}
